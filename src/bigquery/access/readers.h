// Who can read a table, worked out from what the service says about access. Pure.
//
// The rule: nobody may read staging who may not read the source. What is not known to be without
// reading right counts as reading on the staging side, and what is not known to read counts as not
// reading on the source's: so an unknown role, a condition or a group is never taken for harmless,
// and a condition on the resource gives nobody a right to the source.
// Sources: "Access control with IAM", "Basic roles and permissions", "Authorized views".
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace salvor::bigquery {

// What is known of access to one table.
struct AccessFacts {
  std::string project;
  nlohmann::json access = nlohmann::json::array();  // the dataset's entries (view ACL, version 3)
  nlohmann::json table_policy =
      nlohmann::json::object();  // {"bindings": [...]}; {} if there is none
  // IAM policies by resource: "projects/p", "folders/1", "organizations/2".
  std::map<std::string, nlohmann::json> policies = {};
  // The project and all above it, nearest first, as far as it could be read.
  std::vector<std::string> ancestry = {};
  std::vector<std::string> unreadable = {};  // what could not be looked up, for people
};

// One who may read, and why.
struct Reader {
  std::string who;   // "user:a@example.com", "projectReaders of p", "view p.d.v"
  std::string from;  // "role READER of the dataset", for people
};

struct PrivacyVerdict {
  std::vector<Reader> strangers;     // may read staging, and not the source for all that is known
  std::vector<std::string> unknown;  // could not be looked up
  size_t readers = 0;                // of staging
};

// `also` are people who were proven to read the source in another way.
// kRefused at once, whatever the source says, if staging is readable by the public, by all who have
// an account, or by a whole domain.
Result<PrivacyVerdict> CompareReaders(const AccessFacts& source, const AccessFacts& staging,
                                      const std::vector<std::string>& also);

}  // namespace salvor::bigquery
