#include "bigquery/history/overwrites.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

constexpr size_t kMostNamed = 3;

class Overwrites {
 public:
  Overwrites(const Table& table, const Timelines& timelines)
      : table_(table), timelines_(timelines), losses_(LossesOf(timelines)) {}

  // There were rows that it may have replaced, there are rows now, and none was missed meanwhile.
  [[nodiscard]] bool MayBe(const TableJob& job) const {
    if (job.BySalvor() || !job.PutsRows() || job.writes != Writes::kReplaces) return false;
    return std::any_of(timelines_.begin(), timelines_.end(), [&](const auto& one) {
      const auto& [id, timeline] = one;
      if (!job.partition.empty() && job.partition != id) return false;
      return RowsAt(timeline, MillisOf(job.started) - 1) > 0 && timeline.rbegin()->second > 0 &&
             !LostRowsTo(job, id);
    });
  }

  [[nodiscard]] std::string Name(const TableJob& job) const {
    std::string where = job.partition;
    if (const auto key = KeyOfPartition(table_, job.partition); key && !where.empty()) {
      where = model::FormatKey(PartitionColumnsOf(table_), *key);
    }
    return fmt::format("{} by {} over {} at {}", job.operation,
                       job.user.empty() ? "somebody" : job.user,
                       where.empty() ? "the whole table" : where, FormatInstant(job.ended));
  }

 private:
  [[nodiscard]] bool LostRowsTo(const TableJob& job, const std::string& id) const {
    return std::any_of(losses_.begin(), losses_.end(), [&](const Loss& loss) {
      return loss.end >= MillisOf(job.started) && loss.begin <= MillisOf(job.ended) &&
             std::find(loss.ids.begin(), loss.ids.end(), id) != loss.ids.end();
    });
  }

  const Table& table_;
  const Timelines& timelines_;
  const std::vector<Loss> losses_;
};

}  // namespace

std::string NoteOfOverwrites(const Table& table, const Timelines& timelines,
                             const TableJobs& jobs) {
  const Overwrites overwrites(table, timelines);
  std::vector<const TableJob*> found;
  for (const TableJob& job : jobs.jobs) {
    if (overwrites.MayBe(job)) found.push_back(&job);
  }
  if (found.empty()) return "";
  std::string names;
  for (size_t i = 0; i < std::min(found.size(), kMostNamed); ++i) {
    names += (names.empty() ? "" : "; ") + overwrites.Name(*found[found.size() - 1 - i]);
  }
  if (found.size() > kMostNamed) names += fmt::format("; and {} more", found.size() - kMostNamed);
  return fmt::format(
      "{} overwrote rows and left no fewer ({}): whether they are the same rows, counts do not "
      "tell. To bring back what was there, delete what is wrong, then salvor plan --as-of {} "
      "--partitions ...",
      Plural(static_cast<int64_t>(found.size()), "job"), names,
      FormatInstant(found.back()->started - Millis(1)));
}

}  // namespace salvor::bigquery
