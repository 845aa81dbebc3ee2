#include "bigquery/script/script_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace salvor::bigquery {

std::string QuoteShell(std::string_view word) {
  constexpr std::string_view kPlain = "-_./=:,@%+";
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPlain.find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string BqCommand::Words(const JobRef* job) const {
  std::string words = fmt::format("bq --project_id={} --location={}", QuoteShell(pins_.job_project),
                                  QuoteShell(pins_.location));
  if (job != nullptr) words += " --job_id=" + QuoteShell(job->id);
  return words;
}

std::string BqCommand::Query(const std::string& sql, const JobRef* job,
                             std::string_view after) const {
  return fmt::format("{} query --nouse_legacy_sql <<'SQL'{}\n{}{}SQL", Words(job), after, sql,
                     sql.ends_with('\n') ? "" : "\n");
}

std::string BqCommand::Copy(const std::string& from, const std::string& to, const JobRef& job,
                            const std::string& kms_key) const {
  const std::string key =
      kms_key.empty() ? "" : " --destination_kms_key=" + QuoteShell(Printable(kms_key));
  return fmt::format("{} cp -n{} {} {}", Words(&job), key, from, to);
}

std::string Decorated(const TableName& table, const std::string& decorator) {
  return QuoteShell(
      fmt::format("{}:{}.{}{}", table.project, table.dataset, table.table, decorator));
}

void ScriptWriter::Say(const std::string& words) { Line("# " + Printable(words)); }

void ScriptWriter::Step(const std::string& words) {
  Line("");
  Say(words);
}

void ScriptWriter::Comment(const std::string& lines) {
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    Line("#   " + lines.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace salvor::bigquery
