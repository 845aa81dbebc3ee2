// Replays a segment of the log into a History: the checkpoint first, then each file after it, in
// order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/log/checkpoint.h"
#include "delta/log/disk_files.h"
#include "delta/log/history.h"
#include "delta/log/listing.h"
#include "delta/log/logged_places.h"
#include "delta/log/pipeline.h"
#include "warehouse/progress.h"

namespace salvor::delta {

struct ReplayPlan {
  std::string log_folder;
  std::string table_root;
  LogSegment segment;
  // A checkpoint in the segment that differs from the commits up to it counts from there on, as it
  // does for readers; else only whether one differs is found out.
  bool follow_checkpoints = false;
  // Rows of files whose log entries tell none are counted from their footers; else they stay as
  // they are told.
  bool count_footers = false;
  // The commit's time where it does not state one itself.
  std::function<Instant(int64_t version)> time_of;
  // Called after the base, if there is one, and after each version. May stop by an error.
  std::function<Status(int64_t version)> reached;
  // The files of the table's folders, to be told which of them the log names; may be null.
  DiskFiles* disk = nullptr;
};

class Replay {
 public:
  Replay(const TableFiles& fs, Duck& duck, warehouse::Progress& progress, PartitionValuesPool& pool,
         History& history);

  Status Run(const ReplayPlan& plan);
  // Which files a checkpoint has; nothing else is changed.
  Result<KeySum> SumOf(const std::string& log_folder, const std::string& table_root,
                       const Checkpoint& checkpoint);
  [[nodiscard]] const std::vector<LogSource>& Sources() const { return sources_; }
  // Files without numRecords that were counted from their footers.
  [[nodiscard]] int64_t CountedFromFooters() const { return counted_; }
  // Files that hold rows, although the log says that they hold none.
  [[nodiscard]] int64_t FalselyEmpty() const { return falsely_empty_; }
  // Where the files lie that were met.
  [[nodiscard]] const LoggedPlaces& Places() const { return places_; }
  // A checkpoint in the segment has other files than the commits up to it say.
  [[nodiscard]] bool CheckpointDiffers() const { return differs_; }
  // What such a checkpoint left out, counted by RemovedFile::place where the source is
  // kDroppedSource.
  [[nodiscard]] const std::vector<AddFile>& Dropped() const { return dropped_; }
  [[nodiscard]] const std::vector<std::string>& Notes() const { return notes_; }
  // The checkpoint that could not be read, if that is why Run failed.
  [[nodiscard]] const std::optional<Checkpoint>& Unreadable() const { return unreadable_; }
  // The commit that could not be read, or that readers read differently, if that is why Run failed.
  [[nodiscard]] const std::optional<int64_t>& UnreadableCommit() const {
    return unreadable_commit_;
  }

 private:
  // What one commit's rare actions said, until the commit ends.
  struct Pending {
    std::optional<CommitInfo> info;
    bool by_salvor = false;
    bool protocol = false;
    bool metadata = false;
    std::string twice;  // as in ScannedLines
  };

  Status RunBase(const ReplayPlan& plan);
  // Hands all adds of a checkpoint on, with the number of the file that they are in.
  using TakeAdds = std::function<Status(ScannedLines&, uint32_t source)>;
  Status ReadAdds(const ReplayPlan& plan, CheckpointReader& checkpoint, const TakeAdds& take);
  Status ReadParquet(const ReplayPlan& plan, const CheckpointFile& file, uint32_t source,
                     const TakeAdds& take);
  Status ReadManifest(const std::string& table_root, const std::string& path,
                      const std::function<Status(ScannedLines&)>& take);
  Status ApplyFiles(const ReplayPlan& plan);
  Status RunCommits(const ReplayPlan& plan, size_t begin, size_t end);
  Status RunCheckpoint(const ReplayPlan& plan, const LogFileToApply& entry);
  Status Follow(const ReplayPlan& plan, const LogFileToApply& entry, CheckpointReader& checkpoint,
                bool& reading);
  void DoubtNamedTwice();
  Status DropFiles(const LogFileToApply& entry, const std::vector<LiveFile>& dropped,
                   uint32_t own_source);
  Status TakeLines(const ReplayPlan& plan, ScannedLines& lines, uint32_t source);
  Status CountFooters(const ReplayPlan& plan, ScannedLines& lines);
  Status EndCommit(const ReplayPlan& plan, int64_t version);
  Status EndChange(const CommitFacts& facts);

  const TableFiles fs_;
  Duck& duck_;
  warehouse::Progress& progress_;
  PartitionValuesPool& pool_;
  History& history_;
  std::vector<LogSource> sources_;
  std::optional<nlohmann::json> protocol_;
  std::optional<nlohmann::json> metadata_;
  Pending pending_;
  LoggedPlaces places_;
  int64_t counted_ = 0;
  int64_t falsely_empty_ = 0;
  bool differs_ = false;
  std::vector<AddFile> dropped_;
  std::vector<std::string> notes_;
  std::optional<Checkpoint> unreadable_;
  std::optional<int64_t> unreadable_commit_;
  // While checkpoints are followed: which commit removed a file last.
  std::unordered_map<FileKey, int64_t, ByLowerHalf> removed_by_;
  int64_t version_ = -1;  // that is replayed
  // What the checkpoint that was read last names more than once.
  struct NamedTwice {
    std::vector<FileKey> files;
    int64_t version = 0;
    size_t sources = 0;  // what was read up to it; later ones are commits that readers take for it
  };
  NamedTwice twice_;
  bool in_base_ = false;
};

}  // namespace salvor::delta
