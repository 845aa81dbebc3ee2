// A shell script for a person's own hands, grown line by line: bq commands and comments. Every word
// is quoted for a POSIX shell, and nothing that is said can end its comment.
#pragma once

#include <string>
#include <string_view>

#include "bigquery/rest/client.h"
#include "bigquery/rest/table_name.h"
#include "model/plan.h"

namespace salvor::bigquery {

// One word of a shell line.
std::string QuoteShell(std::string_view word);

// The commands of one plan: in its project and location.
class BqCommand {
 public:
  explicit BqCommand(const model::Pins& pins) : pins_(pins) {}

  // "bq --project_id=P --location=L [--job_id=J]"
  [[nodiscard]] std::string Words(const JobRef* job) const;
  // A statement on standard input, without a line break at the end. No line of it can be the last
  // one: line breaks inside names and texts are escaped.
  // `after` goes on in the shell's line.
  [[nodiscard]] std::string Query(const std::string& sql, const JobRef* job,
                                  std::string_view after = {}) const;
  // A copy that the service refuses if the destination has rows (-n: WRITE_EMPTY). Table names with
  // their decorators, as Decorated gives them.
  [[nodiscard]] std::string Copy(const std::string& from, const std::string& to, const JobRef& job,
                                 const std::string& kms_key = {}) const;

 private:
  const model::Pins& pins_;
};

// project:dataset.table with a decorator ("$20240101", "@1700000000000"), quoted.
std::string Decorated(const TableName& table, const std::string& decorator);

class ScriptWriter {
 public:
  void Line(const std::string& line) { text_ += line + "\n"; }
  void Say(const std::string& words);
  // A blank line, and then words.
  void Step(const std::string& words);
  // A command that a person must want: each of its lines is a comment.
  void Comment(const std::string& lines);

  [[nodiscard]] std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace salvor::bigquery
