#include "bigquery/recovery/staging_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/row_counts.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

using warehouse::CopySeen;

// What a fingerprint query answered: the same rows have the same.
using Prints = std::multiset<std::vector<std::optional<std::string>>>;

bool IsAsSeen(const CopySeen& now, const CopySeen& then) {
  return now.rows == then.rows && now.bytes == then.bytes && now.modified == then.modified;
}

class CopyCheck {
 public:
  CopyCheck(const OpenedPlan& opened, const CopyName& name, const Table& copy)
      : opened_(opened), name_(name), copy_(copy) {
    for (size_t i = 0; i < opened_.planned.ids.size(); ++i) {
      if (opened_.planned.CopyOf(i) == name_.table) which_.push_back(i);
    }
  }

  // Each planned partition has as many rows as when it was verified.
  Status Count(const CopySeen* then) {
    std::mutex mutex;
    std::map<size_t, std::string> differ;
    SALVOR_OK(ForEach(which_.size(), kRequestsInFlight, [&](size_t i) -> Status {
      const size_t index = which_[i];
      const model::Tally& restore = opened_.planned.partitions[index]->restore;
      if (restore.uncounted > 0 && then == nullptr) return Done{};
      const int64_t verified = restore.uncounted > 0 ? then->rows : restore.rows;
      SALVOR_TRY(const int64_t rows,
                 CountRows(opened_.connection, name_.table, opened_.planned.ids[index]));
      if (rows == verified) return Done{};
      const std::lock_guard lock(mutex);
      differ[index] = fmt::format(
          "partition {} has {}, and had {} when it was verified",
          model::FormatKey(opened_.plan.columns, opened_.planned.partitions[index]->key),
          Plural(rows, "row"), FormatCount(verified));
      return Done{};
    }));
    if (differ.empty()) return Done{};
    constexpr size_t kMostNamed = 10;
    std::string lines;
    size_t named = 0;
    for (const auto& [index, line] : differ) {
      if (++named <= kMostNamed) lines += (lines.empty() ? "" : "; ") + line;
    }
    if (named > kMostNamed) {
      lines += fmt::format("; and {} more", FormatCount(static_cast<int64_t>(named - kMostNamed)));
    }
    return Refuse("somebody changed the private copy after persist: " + lines);
  }

  // The planned rows are what they were.
  Status CompareWithPast(const CopySeen& then) {
    const std::string changed =
        fmt::format("the private copy was changed at {}, after it had been verified",
                    FormatInstant(copy_.modified));
    auto now =
        Print({name_.table, copy_.fields}, changed + ": its rows are compared with its past");
    if (!now) return WithoutAnswer(changed, std::move(now).error());
    // What was made in a part of a millisecond is there at its end.
    auto past = Print({name_.table, copy_.fields, InstantOfMillis(then.modified + 1)}, "");
    if (!past && MayAskTheTable(past.error())) {
      past = Print({opened_.today.name, copy_.fields, name_.at}, "");
    }
    if (!past) return WithoutAnswer(changed, std::move(past).error());
    if (*now == *past) {
      opened_.connection.progress.Note(changed +
                                       ", and has the same rows in the planned partitions");
      return Done{};
    }
    return Refuse(changed +
                  ", and planned partitions hold other rows than then: " + Differing(*now, *past));
  }

 private:
  [[nodiscard]] bool MayAskTheTable(const Error& error) const {
    return !opened_.planned.table_is_gone && error.code != Code::kUnavailable &&
           error.code != Code::kRefused;
  }

  Result<Prints> Print(const RowSet& rows, const std::string& why) {
    SALVOR_TRY(const PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    std::vector<std::string> ids;
    for (const size_t index : which_) ids.push_back(opened_.planned.ids[index]);
    SALVOR_TRY(const std::string sql, FingerprintStatement(rows, copy_.fields, filter, ids));
    SALVOR_TRY(const int64_t bytes,
               EstimateOf(opened_.connection, sql, opened_.plan.pins.location));
    if (!why.empty()) {
      opened_.connection.progress.Note(fmt::format("{}, in two queries: about {} billed", why,
                                                   FormatBytes(2 * MostBilled(bytes, 1))));
    }
    SALVOR_TRY(
        const QueryAnswer answer,
        RunWithin(opened_.connection, sql, opened_.plan.pins.location, nlohmann::json::array(),
                  /*estimate=*/true));
    return Prints(answer.rows.rows.begin(), answer.rows.rows.end());
  }

  [[nodiscard]] std::string Differing(const Prints& now, const Prints& past) const {
    std::set<std::string> ids;
    const auto note = [&](const Prints& some, const Prints& others) {
      for (const auto& row : some) {
        if (!others.contains(row) && !row.empty()) ids.insert(row.front().value_or(""));
      }
    };
    note(now, past);
    note(past, now);
    std::string names;
    for (const size_t index : which_) {
      if (!ids.contains(opened_.planned.ids[index])) continue;
      names += (names.empty() ? "" : ", ") +
               model::FormatKey(opened_.plan.columns, opened_.planned.partitions[index]->key);
    }
    return names;
  }

  // Not an answer that says that they differ.
  tl::unexpected<Error> WithoutAnswer(const std::string& changed, Error error) const {
    if (error.code == Code::kUnavailable) return Fail(std::move(error));
    if (error.code == Code::kRefused) {
      error.what = changed + ", and its rows must be compared: " + error.what;
      return Fail(std::move(error));
    }
    return Refuse(changed + ", and whether its rows are the same cannot be seen: " + error.what);
  }

  [[nodiscard]] tl::unexpected<Error> Refuse(std::string what) const {
    std::optional<Instant> deadline;
    for (const size_t index : which_) {
      const auto& one = opened_.planned.partitions[index]->deadline;
      if (one) deadline = deadline ? std::min(*deadline, *one) : *one;
    }
    const bool in_time = deadline && opened_.connection.api.Now() < *deadline;
    return Fail(
        Code::kRefused, std::move(what), FormatName(name_.table),
        in_time
            ? fmt::format("Nothing was written. Look who did it. The old rows can be read until "
                          "{}: drop the copy (bq rm -t {}:{}.{}), and run salvor persist again",
                          FormatInstant(*deadline), name_.table.project, name_.table.dataset,
                          name_.table.table)
            : "Nothing was written. The old rows are beyond time travel, and this copy may be all "
              "that is left of them: keep it, look who changed what, and compare it by hand; "
              "salvor show --sql has the statements that put rows back");
  }

  const OpenedPlan& opened_;
  const CopyName& name_;
  const Table& copy_;
  std::vector<size_t> which_;
};

}  // namespace

CopySeen SeenOf(const Table& copy) {
  return {FormatName(copy.name), copy.rows, copy.bytes, MillisOf(copy.modified)};
}

Result<std::vector<CopySeen>> CheckCopies(const OpenedPlan& opened,
                                          const std::vector<CopySeen>& seen) {
  std::vector<CopySeen> now;
  bool changed = false;
  for (const CopyName& name : opened.planned.copies) {
    SALVOR_TRY(const auto copy, opened.connection.api.GetTable(name.table));
    if (!copy) continue;
    now.push_back(SeenOf(*copy));
    const auto then = std::find_if(
        seen.begin(), seen.end(), [&](const CopySeen& one) { return one.name == now.back().name; });
    if (then != seen.end() && IsAsSeen(now.back(), *then)) continue;
    CopyCheck check(opened, name, *copy);
    SALVOR_OK(check.Count(then == seen.end() ? nullptr : &*then));
    if (then == seen.end()) continue;
    SALVOR_OK(check.CompareWithPast(*then));
    changed = true;
  }
  return changed ? now : std::vector<CopySeen>();
}

}  // namespace salvor::bigquery
