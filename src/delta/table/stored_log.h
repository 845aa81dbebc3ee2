// The one implementation of Log, over the files of a _delta_log folder. Its verbs are spread over
// table_log.cc (opening, times), action_search.cc (single actions, newest first), snapshot_files.cc
// (snapshots), inventory.cc (the inventory) and compacted_commits.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delta/files/table_files.h"
#include "delta/log/disk_files.h"
#include "delta/log/history.h"
#include "delta/log/listing.h"
#include "delta/log/partition_values.h"
#include "delta/log/read_costs.h"
#include "delta/log/replay.h"
#include "delta/table/history_window.h"
#include "delta/table/retention.h"
#include "delta/table/table_log.h"

namespace salvor::delta {

class StoredLog final : public Log {
 public:
  StoredLog(TableFiles fs, const io::Clock& clock, Duck& duck, warehouse::Progress& progress,
            std::string root, Listing listing);

  [[nodiscard]] const std::string& Root() const override { return root_; }
  [[nodiscard]] int64_t Latest() const override { return listing_.latest; }
  [[nodiscard]] std::string WritingRefusal() const override { return listing_.writing_refusal; }
  Result<int64_t> EarliestReadable() override;
  Result<int64_t> Refresh() override;
  Result<Instant> CommitTime(int64_t version) override;
  Result<int64_t> VersionAsOf(Instant instant) override;
  Result<TableHead> HeadAt(int64_t version) override;
  Result<std::vector<SnapshotFiles>> FilesAt(std::vector<SnapshotRequest> requests) override;
  Result<std::vector<AddFile>> LiveOfSizes(const LiveFiles& live,
                                           const std::unordered_set<int64_t>& sizes) override;
  Result<Commit> ReadCommit(int64_t version, AddDetail detail) override;
  Result<std::optional<Txn>> FindTxn(const std::string& app_id) override;
  Result<bool> VacuumMayBeRunning() override;
  Result<Instant> OldestNeeded(int64_t version) override;
  Result<model::Inventory> Look(const warehouse::LookRequest& request) override;

 private:
  // The protocol and metaData actions in force, as far as a search has found them.
  struct HeadActions {
    std::optional<nlohmann::json> protocol;
    std::optional<nlohmann::json> metadata;
    int64_t since = -1;  // the first version that has both, as far as is known
    [[nodiscard]] bool Complete() const { return protocol && metadata; }
    // Takes what is lacking, which was there from that version on.
    void Take(const HeadActions& older, int64_t from);
  };

  // As Listing::SegmentTo, over checkpoints that can be read.
  Result<LogSegment> ReadableSegmentTo(int64_t version);
  // What that takes, without listing its files. Until the listing changes.
  Result<const ReadCost*> ReadableCostOf(int64_t version);
  const ReadCosts& Costs();
  bool DiscardCheckpoint(const Checkpoint& checkpoint, const Error& why);
  // A commit that readers never read, since a checkpoint stands in its place, may be odd: it counts
  // as lost then. False where readers read it.
  bool DiscardCommit(int64_t version, const Error& why);
  // Checkpoints of one version that say the same, or kRefused.
  Status CheckTwins(int64_t version);
  [[nodiscard]] std::string LogPath(const std::string& name) const;
  Result<HeadActions> FindHeadActions(int64_t version);
  // Null where none is known of that version.
  [[nodiscard]] const HeadActions* KnownHead(int64_t version) const;
  Status SearchFile(const LogFile& file, const std::vector<std::string_view>& marks,
                    const std::function<Result<bool>(nlohmann::json&)>& take) const;
  // The monotonic mtime of the commit, or of a checkpoint where the commit is gone.
  [[nodiscard]] std::optional<Instant> FileTime(int64_t version) const;
  [[nodiscard]] std::vector<int64_t> TimedVersions(int64_t low, int64_t high) const;
  Result<std::optional<Instant>> InCommitTime(int64_t version) const;

  // One reading of the log that answers several requests, by version.
  struct Pass {
    int64_t first = 0;  // the version that it begins with
    int64_t last = 0;
    int64_t base = -1;  // of the checkpoint that it reads first; without one -1
    std::vector<size_t> requests;
  };
  Result<std::vector<Pass>> PassesFor(const std::vector<SnapshotRequest>& requests);
  [[nodiscard]] bool MayCross(const Pass& pass, int64_t version) const;
  Status RunPass(const Pass& pass, const std::vector<SnapshotRequest>& requests,
                 std::vector<SnapshotFiles>& results, std::optional<int64_t>& unreadable);
  void KeepLive(History& history, const Replay& replay, const Pass& pass,
                const std::vector<SnapshotRequest>& requests,
                std::vector<SnapshotFiles>& results) const;
  // Nothing: look again, as `follow` and the listing are now.
  Result<std::optional<model::Inventory>> LookOnce(const warehouse::LookRequest& request,
                                                   bool& follow);
  void AddCheckpoints(int64_t first, bool every, LogSegment& segment) const;
  Result<int64_t> StartFor(Instant instant, int64_t watchable);
  Result<WindowChoice> ChooseWindow(const TableHead& head, const warehouse::LookRequest& request);
  // What Spark reads by compacted files, where it is not what the commits say.
  Status CompareCompacted(PartitionValuesPool& pool, History& history,
                          std::vector<std::string>& notes);
  Status ListLost(const Replay& replay, const std::vector<Partition*>& lived, DiskFiles& disk);
  // `disk` is null where the table was not listed. records[i] is that of lived[i].
  Status AddRemovedFiles(const Retention& retention, const DiskFiles* disk, const Replay& replay,
                         const std::vector<Partition*>& lived,
                         std::vector<model::PartitionRecord>& records);
  Status AddPartitions(const TableHead& head, const Retention& retention, DiskFiles* disk,
                       const Replay& replay, const PartitionValuesPool& pool, History& history,
                       model::Inventory& inventory);

  const TableFiles fs_;
  const io::Clock& clock_;
  Duck& duck_;
  warehouse::Progress& progress_;
  std::string root_;
  std::string log_folder_;
  Listing listing_;
  std::optional<ReadCosts> costs_;  // of the listing as it is
  std::set<std::string> probed_;    // checkpoints that could be read, by name
  std::set<int64_t> agreeing_;      // versions of checkpoints that have the files of the commits
  std::map<int64_t, HeadActions> heads_;  // complete ones, by the last version that has them
  // A version never changes: who asks for the same again (apply looks, decides, then writes) is
  // spared a second reading. Kept for named partitions only, which are few.
  std::vector<SnapshotRequest> last_requests_;
  std::vector<SnapshotFiles> last_results_;
};

}  // namespace salvor::delta
