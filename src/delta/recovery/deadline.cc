#include "delta/recovery/deadline.h"

#include <map>
#include <set>
#include <unordered_map>

#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

// Walks on from the snapshot until every file's removal was seen: one commit in the usual case.
class Removals {
 public:
  explicit Removals(Log& log) : log_(log) {}

  void Expect(const FileKey& file, size_t list) { open_[file] = list; }

  // The earliest removal of each list; a missing time counts as 0, a missing commit is left open.
  Result<std::map<size_t, Instant>> Find(int64_t snapshot) {
    std::map<size_t, Instant> earliest;
    for (int64_t version = snapshot + 1; version <= log_.Latest() && !open_.empty(); ++version) {
      const auto commit = log_.ReadCommit(version, AddDetail::kEssential);
      if (!commit && commit.error().code == Code::kNotFound) continue;
      if (!commit) return Fail(commit.error());
      for (const RemoveFile& file : commit->removes) {
        const auto at = open_.find(KeyOfRemove(file));
        if (at == open_.end()) continue;
        const Instant time = InstantOfMillis(file.deletion_timestamp.value_or(0));
        const auto [known, is_new] = earliest.emplace(at->second, time);
        if (!is_new && time < known->second) known->second = time;
        open_.erase(at);
      }
    }
    return earliest;
  }

 private:
  Log& log_;
  std::unordered_map<FileKey, size_t, ByLowerHalf> open_;
};

}  // namespace

Result<std::vector<Deadline>> DeadlinesOf(Log& log, const TableHead& today, int64_t snapshot,
                                          const std::vector<const std::vector<AddFile>*>& lists,
                                          const std::vector<const std::vector<AddFile>*>& live) {
  Removals removals(log);
  std::vector<Deadline> deadlines(lists.size());
  std::vector<bool> all_live(lists.size(), true);
  for (size_t i = 0; i < lists.size(); ++i) {
    const std::set<std::string> still = LogicalFiles(*live.at(i));
    for (const AddFile& file : *lists[i]) {
      if (still.contains(file.Key())) continue;
      removals.Expect(KeyOfAdd(file), i);
      all_live[i] = false;
    }
  }
  SALVOR_TRY(const auto removed, removals.Find(snapshot));
  const Retention retention = RetentionOf(today.metadata);
  SALVOR_TRY(const Instant oldest, log.OldestNeeded(snapshot));
  for (size_t i = 0; i < lists.size(); ++i) {
    if (all_live[i]) continue;
    const auto at = removed.find(i);
    deadlines[i] =
        EarlierDeadline(retention, at == removed.end() ? std::nullopt : std::optional(at->second),
                        oldest, snapshot);
  }
  return deadlines;
}

}  // namespace salvor::delta
