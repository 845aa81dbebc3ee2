#include "bigquery/history/later_deletions.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "base/text.h"

namespace salvor::bigquery {
namespace {

// Beyond that many of one person and kind, they are told together.
constexpr size_t kMostAlone = 10;

struct Kind {
  std::string deed;
  std::string advice;
};

bool Replaces(const TableJob& job) {
  return job.operation == "TRUNCATE_TABLE" || job.operation == "DROP_TABLE" ||
         job.operation.starts_with("CREATE_TABLE");
}

// What it did, and what to do about it; nothing if it is no deletion.
std::optional<Kind> KindOf(const TableJob& job, const std::string& again) {
  const std::string none = "found no rows, perhaps because they were lost already";
  if (Replaces(job)) return Kind{"emptied or replaced the table", "if that was lawful, " + again};
  const int64_t deleted = job.deleted_rows.value_or(0);
  const bool counted = job.deleted_rows && job.updated_rows;
  if (job.operation == "DELETE") {
    const std::string lawful = "if that was a lawful deletion, " + again;
    if (!job.deleted_rows) return Kind{"may have deleted rows", lawful};
    return Kind{deleted > 0 ? "deleted " + Plural(deleted, "row") : none, lawful};
  }
  if (!job.MayMoveRows()) return std::nullopt;
  const int64_t changed = deleted + job.updated_rows.value_or(0);
  if (job.operation == "MERGE" && counted && changed == 0) return std::nullopt;
  const std::string redacted = "if it redacted or deleted rows that come back, " + again;
  if (counted && changed == 0) return Kind{none, redacted};
  if (deleted > 0) return Kind{"deleted " + Plural(deleted, "row"), redacted};
  return Kind{"may have changed rows", redacted};
}

}  // namespace

std::vector<std::string> DeletionsToRepeat(const std::vector<TableJob>& jobs, Instant from,
                                           Instant until, const std::string& when,
                                           const std::string& advice) {
  struct Same {
    std::vector<std::string> lines;
    Instant first;
    Instant last;
    std::string advice;
  };
  std::map<std::pair<std::string, std::string>, Same> groups;
  for (const TableJob& job : jobs) {
    if (job.BySalvor() || job.ended <= from || job.ended > until) continue;
    const auto kind = KindOf(job, advice);
    if (!kind) continue;
    Same& same = groups[{job.operation, job.user}];
    if (same.lines.empty()) same.first = job.ended;
    same.last = job.ended;
    same.advice = kind->advice;
    same.lines.push_back(fmt::format("{} by {} at {} {} {}: {}", job.operation, job.user,
                                     FormatInstant(job.ended), kind->deed, when, kind->advice));
  }
  std::vector<std::string> lines;
  for (auto& [who, same] : groups) {
    if (same.lines.size() > kMostAlone) {
      same.lines = {fmt::format("{} by {} ran {} between {} and {}, {}: {}", who.first, who.second,
                                Plural(static_cast<int64_t>(same.lines.size()), "time"),
                                FormatInstant(same.first), FormatInstant(same.last), when,
                                same.advice)};
    }
    lines.insert(lines.end(), same.lines.begin(), same.lines.end());
  }
  return lines;
}

}  // namespace salvor::bigquery
