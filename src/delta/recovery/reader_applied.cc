#include "delta/recovery/reader_applied.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "delta/commit/table_files.h"
#include "delta/recovery/applied.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using warehouse::AppliedState;

// What the operation placed: from its own commit, else from the version that it made.
Result<std::vector<AddFile>> PlacedFiles(Log& log, int64_t version, const std::string& key,
                                         const std::vector<model::PartitionKey>& keys) {
  auto commit = log.ReadCommit(version, AddDetail::kEssential);
  if (commit) return FreshAmong(std::move(commit->adds), key);
  if (commit.error().code != Code::kNotFound) return Fail(commit.error());
  SALVOR_TRY(std::vector<Holding> holdings, GatherAt(log, {{version}}, keys));
  std::vector<AddFile> placed;
  for (auto& files : holdings.front().files) {
    for (AddFile& file : FreshAmong(std::move(files), key)) placed.push_back(std::move(file));
  }
  return placed;
}

Result<int64_t> CountGone(const io::FsReader& fs, const std::string& root,
                          const std::vector<AddFile>& live) {
  SourceFiles files(fs, root);
  SALVOR_TRY(const std::vector<std::string> paths, FilesOnDisk(files, live));
  int64_t gone = 0;
  for (const std::string& path : paths) {
    SALVOR_TRY(const auto info, fs.Stat(path));
    if (!info) ++gone;
  }
  return gone;
}

// Who took restored files away.
Status TellLoss(Log& log, int64_t version, const std::vector<AddFile>& placed,
                AppliedState& state) {
  auto fate = FollowFiles(log, version, placed);
  if (!fate && fate.error().code == Code::kNotFound) {
    state.lost_since.emplace_back("commits that are gone from the log by now");
    return Done{};
  }
  if (!fate) return Fail(std::move(fate).error());
  state.live = fate->live;
  state.lost_since = fate->live ? std::move(fate->rewritten) : std::move(fate->lost);
  return Done{};
}

// One commit's changes to the planned partitions.
struct Touch {
  int64_t added = 0;
  int64_t removed = 0;
};

class PlannedChanges {
 public:
  PlannedChanges(const model::Plan& plan, Log& log, const Holding& start) : plan_(plan), log_(log) {
    const std::vector<model::PartitionKey> keys = KeysOf(plan);
    for (size_t i = 0; i < keys.size(); ++i) {
      index_.emplace(keys[i].values, i);
      for (const AddFile& file : start.files[i]) live_.emplace(KeyOfAdd(file), i);
    }
  }

  // "" if the commit touched none of them.
  Result<std::string> Tell(const Commit& commit, const TableHead& head) {
    std::map<size_t, Touch> touches;
    for (const RemoveFile& file : commit.removes) {
      const auto at = live_.find(KeyOfRemove(file));
      if (at == live_.end()) continue;
      ++touches[at->second].removed;
      live_.erase(at);
    }
    for (const AddFile& file : commit.adds) {
      const auto at = index_.find(KeyOf(head, file.partition_values).values);
      if (at == index_.end()) continue;
      ++touches[at->second].added;
      live_.emplace(KeyOfAdd(file), at->second);
    }
    if (touches.empty()) return std::string();
    return Line(commit, touches);
  }

 private:
  std::string Line(const Commit& commit, const std::map<size_t, Touch>& touches) {
    constexpr size_t kMaxListed = 3;
    const auto planned = ToRestore(plan_);
    std::string text = DescribeCommit(commit);
    size_t shown = 0;
    for (const auto& [index, touch] : touches) {
      if (shown == kMaxListed) {
        text += fmt::format(" and {} more", touches.size() - kMaxListed);
        break;
      }
      text += fmt::format("{} {} (+{} -{} files)", shown == 0 ? ":" : ",",
                          model::FormatKey(plan_.columns, planned[index]->key), touch.added,
                          touch.removed);
      ++shown;
    }
    return text;
  }

  const model::Plan& plan_;
  Log& log_;
  std::map<std::vector<std::optional<std::string>>, size_t> index_;
  std::unordered_map<FileKey, size_t, ByLowerHalf> live_;  // logical file → planned partition
};

}  // namespace

Result<std::optional<AppliedState>> FindOperation(const TableAccess& table, const model::Plan& plan,
                                                  const std::string& plan_digest,
                                                  const std::string& step) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  const std::string key = model::OperationKey(plan_digest, step);
  SALVOR_TRY(const std::optional<int64_t> version, FindVersion(table.log, key));
  if (!version) return std::nullopt;
  AppliedState state;
  state.applied.version = *version;
  // The time may be gone with the commit; the fact is not.
  const auto at = table.log.CommitTime(*version);
  if (at) state.applied.at = *at;
  const std::vector<model::PartitionKey> keys = KeysOf(plan);
  SALVOR_TRY(Holding now, GatherNow(table.log, keys, AddDetail::kEssential));
  std::vector<AddFile> live;
  for (auto& files : now.files) {
    for (AddFile& file : FreshAmong(std::move(files), key)) live.push_back(std::move(file));
  }
  SALVOR_TRY(const std::vector<AddFile> placed, PlacedFiles(table.log, *version, key, keys));
  SALVOR_TRY(state.files_gone, CountGone(table.fs, table.log.Root(), live));
  state.files = static_cast<int64_t>(placed.size());
  std::unordered_set<FileKey, ByLowerHalf> there;
  for (const AddFile& file : live) there.insert(KeyOfAdd(file));
  state.live = std::all_of(placed.begin(), placed.end(),
                           [&](const AddFile& file) { return there.contains(KeyOfAdd(file)); });
  if (!state.live) SALVOR_OK(TellLoss(table.log, *version, placed, state));
  return state;
}

Result<std::vector<std::string>> ChangesSince(const TableAccess& table, const model::Plan& plan,
                                              int64_t version) {
  SALVOR_TRY(const int64_t latest, table.log.Refresh());
  std::vector<std::string> lines;
  if (version >= latest) return lines;
  SALVOR_TRY(const std::vector<Holding> holdings, GatherAt(table.log, {{version}}, KeysOf(plan)));
  SALVOR_TRY(const TableHead head, table.log.HeadAt(latest));
  PlannedChanges changes(plan, table.log, holdings.front());
  for (int64_t next = version + 1; next <= latest; ++next) {
    SALVOR_TRY(const Commit commit, table.log.ReadCommit(next, AddDetail::kEssential));
    SALVOR_TRY(std::string line, changes.Tell(commit, head));
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace salvor::delta
