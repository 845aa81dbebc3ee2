// The two files that AWS's own tools keep: ~/.aws/config and ~/.aws/credentials
// (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/environment.h"
#include "io/fs.h"

namespace salvor::objects::aws {

// Settings by name in lower case; one that is indented below another is "other.name".
using Settings = std::map<std::string, std::string>;

// Sections by their heading: "default", "profile dev", "services local". kInvalidArgument, with
// `where` and the line's number, for a line that is none; no error repeats a value.
Result<std::map<std::string, Settings>> ParseSections(std::string_view text,
                                                      const std::string& where);

class Profiles {
 public:
  // AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else the files in HOME/.aws. A file that is
  // not there is empty. Errors of reading and of ParseSections.
  static Result<Profiles> Load(const io::FsReader& files, const io::Environment& environment);

  // What both files say of it, the credentials file before the other; nothing where neither does.
  [[nodiscard]] std::optional<Settings> Find(const std::string& profile) const;
  // A setting of the section "services NAME" that the profile names: "s3.endpoint_url".
  [[nodiscard]] std::string Service(const Settings& profile, const std::string& setting) const;
  // Where they were looked for, for a person.
  [[nodiscard]] const std::string& Where() const { return where_; }

 private:
  std::map<std::string, Settings> config_;
  std::map<std::string, Settings> credentials_;
  std::string where_;
};

// A setting's value; "" where it is not there.
std::string ValueOf(const Settings& settings, const std::string& name);

}  // namespace salvor::objects::aws
