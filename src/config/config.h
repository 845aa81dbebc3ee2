// salvor.yaml as plain values. docs/configuration.md describes every key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/review.h"

namespace salvor::config {

struct BigQueryWarehouse {
  std::string project;
  std::string staging;      // "PROJECT.DATASET"; empty: to be named by --staging
  std::string location;     // what the tables' location must be; empty: whatever it is
  std::string job_project;  // where jobs run; empty: the table's project
  std::vector<std::string> jobs_projects;   // where else to look for who did it
  std::optional<int64_t> max_bytes_billed;  // of the queries of one command together
};

struct DeltaWarehouse {
  std::string root;     // tables lie in root/dataset/table; absolute, or "s3://bucket/prefix"
  std::string staging;  // absolute; empty: beside each table
  // Of a root in S3; empty: as AWS's own tools find them.
  std::string region = {};
  std::string endpoint = {};
  std::string profile = {};
};

// Exactly one of the two.
struct Warehouse {
  std::string name;
  std::optional<BigQueryWarehouse> bigquery;
  std::optional<DeltaWarehouse> delta;
};

// What is written under `review`, of the whole file or of one table.
struct ReviewRules {
  std::optional<int64_t> approvals;
  std::optional<int64_t> replace_approvals;  // of plans that take rows of today's out
  std::optional<std::vector<std::string>> distinct;
  std::optional<std::vector<std::string>> group;
};

struct TableRules {
  std::string name;  // "warehouse:dataset.table"
  std::optional<ReviewRules> review;
};

// Where the ticket of a case is opened. Which of the fields a tracker needs, `ticket` says.
struct Tickets {
  std::string kind;  // "jira", "bugzilla", "github"
  std::string url;
  std::string project;     // Jira
  std::string issue_type;  // Jira; empty: Task
  int64_t api = 3;         // Jira: 3 in the cloud, 2 on a data center
  std::string user;        // Jira's cloud: whose token it is
  std::string product;     // Bugzilla
  std::string component;   // Bugzilla
  std::string version;     // Bugzilla; empty: unspecified
  std::string repository;  // GitHub: "owner/name"
  // Exactly one of the two: a file that holds the token (absolute), or a program that prints it.
  std::string token_file;
  std::vector<std::string> token_command;
  bool redact = false;  // no partition values on the ticket
};

struct Config {
  std::string path;  // of the file; empty where there is none
  std::vector<Warehouse> warehouses;
  std::optional<ReviewRules> review;
  std::string allowed_signers;  // a file; absolute; empty: none
  std::string revoked;          // a file of revoked keys or a KRL; absolute; empty: none
  std::string ssh_keygen;       // a program; absolute; empty: the system's
  std::vector<model::Person> people;
  std::vector<TableRules> tables;
  std::optional<Tickets> tickets;
};

// The file's bytes as values; `path` is the file's, for errors and for the paths in it, which count
// from its folder. kInvalidArgument with file and line: an unknown key (with the nearest there is),
// a wrong type, a bad value, a duplicate. kUnsupported: a key whose time has not come.
Result<Config> ParseConfig(std::string_view bytes, const std::string& path);

// "warehouse:dataset.table", resolved.
struct ResolvedTable {
  std::string address;                   // a path, or "bigquery:project.dataset.table"
  std::string staging;                   // as the warehouse has it; may be empty
  const Warehouse* warehouse = nullptr;  // of the Config
};
// Nothing where the text does not begin with a configured warehouse's name and a colon.
// kInvalidArgument if it does and goes on wrongly.
Result<std::optional<ResolvedTable>> ResolveTable(const Config& config, std::string_view table);

// The same for a table by its address, as a plan names it: which warehouse it lies in.
std::optional<ResolvedTable> FindTable(const Config& config, const std::string& address);

// What today's salvor.yaml asks for before production is written to the table with this address:
// its own entry under `tables`, else `review`, else one approval by another person for what people
// share and none for what does not leave this machine (`shared`: its engine says so). A `review`
// that names no number asks for one. `takes_rows_out`: of a plan that takes rows of today's out of
// the table, which `review.replace` may ask more for. Without signers and people.
model::ReviewPolicy PolicyFor(const Config& config, const std::string& address, bool shared,
                              bool takes_rows_out = false);

}  // namespace salvor::config
