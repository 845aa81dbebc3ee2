// Replays file actions into the live files of a table, the state of each partition, and, once it is
// told to watch, the events of the window. One commit at a time; memory as live_files.h and
// partition_history.h say.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/log/doubts.h"
#include "delta/log/line_scanner.h"
#include "delta/log/live_files.h"
#include "delta/log/partition_history.h"
#include "delta/log/partition_values.h"
#include "delta/log/reader_views.h"
#include "delta/log/vectored_files.h"
#include "delta/protocol/table_head.h"
#include "model/inventory.h"

namespace salvor::delta {

// What a commit says of itself.
struct CommitFacts {
  int64_t version = 0;
  Instant at;
  std::string operation;
  std::string who;
  bool by_salvor = false;
};

struct Partition {
  model::PartitionKey key;
  PartitionHistory history;
  PartitionContents content;         // as of the last commit
  std::vector<model::Doubt> doubts;  // after AttachDoubts
  model::Damage broken;              // after FindDamage
};

class History {
 public:
  // Keeps the changes of events from that version on; nothing: of none.
  History(const PartitionValuesPool& pool, std::optional<int64_t> changes_from);

  // Within a commit, in any order: its actions, and the head if it changes it. kCorrupt where sums
  // leave 64 bits.
  // `odd` is its path's where that is not spelled plainly.
  Status Add(const FileAction& file, uint32_t source, const OddPath* odd);
  // About so many files will be added; a guess that saves time.
  void Expect(int64_t files);
  Status Remove(const FileAction& file, uint32_t source, const OddPath* odd);
  // Before Add or Remove of a file with a vector: the key of its path without one.
  void NameWhole(const FileAction& file, const FileKey& whole) { vectored_.Take(file, whole); }
  // A live file that is gone, though no remove says so. `removed` tells where it was.
  Status Drop(const LiveFile& file, RemovedFile removed);
  // Why the partition of these values is doubtful.
  void Doubt(DoubtKind kind, const FileKey& file, uint32_t values_id, LoggedDoubt doubt) {
    doubts_.Raise(kind, file, values_id, std::move(doubt));
  }
  // The head under which partition values are read from this commit on. Other partition columns
  // than before make all that was watched incomparable: watching starts again at this commit.
  void SetHead(TableHead head);
  Status EndCommit(const CommitFacts& commit);
  // From the state after the last commit on, changes are events.
  Status Watch(int64_t version);

  [[nodiscard]] const LiveSet& Live() const { return live_; }
  [[nodiscard]] Readings& ReadersViews() { return readings_; }
  // Nothing may be replayed afterwards.
  LiveFiles TakeLive(std::string table_root) {
    return {std::move(table_root), std::move(live_), std::move(readings_), {}, {}};
  }
  // At the end: puts the doubts into their partitions.
  Status AttachDoubts();
  [[nodiscard]] const TableHead& CurrentHead() const { return head_; }
  // The keys of partitionValues under each head that other partition columns have not ended: column
  // mapping that is switched off takes the columns' physical names with it.
  [[nodiscard]] const std::set<std::vector<std::string>>& KeysInTime() const { return keys_; }
  // The number of the partition that these values mean, as of the last commit. kCorrupt as KeyOf
  // says.
  Result<uint32_t> PartitionOf(uint32_t values_id);
  // Only of values that a file had since the partition columns last changed.
  [[nodiscard]] std::optional<uint32_t> KnownPartitionOf(uint32_t values_id) const;
  // In no order.
  std::deque<Partition>& Partitions() { return partitions_; }
  std::vector<model::Event>& Events() { return events_; }
  // Of the versions that began a content of a partition (partition_history.h).
  [[nodiscard]] const CommitFacts* WriterOf(int64_t version) const;
  // The version of the last change of partition columns while watching.
  [[nodiscard]] std::optional<int64_t> Repartitioned() const { return repartitioned_; }

 private:
  struct Touch {
    uint32_t values_id = 0;
    PartitionContents delta;
    int64_t files_removed = 0;
    int64_t data_removed = 0;  // of these, with dataChange
  };
  struct Removal {
    uint32_t values_id = 0;
    RemovedFile file;
    int64_t deletion_timestamp = 0;
  };
  struct PartitionDelta {
    uint32_t partition = 0;
    PartitionContents before;
    PartitionContents delta;
    int64_t files_removed = 0;
    int64_t data_removed = 0;
  };
  struct ByAge {
    const std::deque<Partition>* partitions;
    model::ColumnType type;
    bool operator()(uint32_t a, uint32_t b) const;
  };

  Touch& TouchOf(uint32_t values_id);
  Status TakeOut(const LiveFile& file, RemovedFile removed, bool data_change,
                 int64_t deletion_timestamp);
  Status Shift(Touch& touch, const LiveFile& file, int sign);
  Result<uint32_t> PartitionOfKey(model::PartitionKey key);
  Result<std::vector<PartitionDelta>> Combine();
  Status Repartition(const CommitFacts& commit);
  [[nodiscard]] model::Event RepartitionEvent(const CommitFacts& commit) const;
  [[nodiscard]] int64_t CountRows() const;
  void Record(const CommitFacts& commit, const std::vector<PartitionDelta>& deltas);
  void KeepLost(const std::vector<PartitionDelta>& deltas);
  void TrackAge(const std::vector<PartitionDelta>& deltas, model::Event* event);
  void Forget();
  void ContestReAdded();
  void DoubtNumbers(const FileAction& action);

  const PartitionValuesPool& pool_;
  std::optional<int64_t> changes_from_;
  bool watching_ = false;
  bool repartition_ = false;
  std::optional<int64_t> repartitioned_;
  TableHead head_;
  std::set<std::vector<std::string>> keys_;
  LiveSet live_;
  Readings readings_;
  VectoredFiles vectored_;
  Doubts doubts_;
  std::deque<Partition> partitions_;
  std::unordered_map<std::string, uint32_t> partition_numbers_;
  std::vector<int64_t> partition_of_values_;  // -1: not known yet
  std::vector<int32_t> touch_of_values_;      // -1: not touched by this commit
  std::vector<Touch> touches_;
  std::vector<Removal> removals_;
  int64_t files_added_ = 0;
  // Of this commit: what it removed, and what it added after its first remove.
  std::vector<FileKey> removed_keys_;
  std::vector<FileKey> added_after_;
  std::vector<FileAction> faulty_;  // added before watching, with numbers that cannot be
  std::optional<std::set<uint32_t, ByAge>> alive_by_age_;
  std::vector<model::Event> events_;
  std::map<int64_t, CommitFacts> writers_;
};

// A key as one text that no other key has, for looking it up.
std::string EncodeKey(const model::PartitionKey& key);

// What an event is classified by: what its writer called it and did; see model::EventKind.
struct EventTraits {
  std::string operation;
  bool by_salvor = false;
  bool adds = false;
  bool all_without_data_change = false;  // every remove says dataChange false
  bool rows_fell = false;                // some partition counts fewer rows after it
  bool emptied_without_data_change = false;
};
model::EventKind KindOf(const EventTraits& traits);
// An operation that by its name changes no rows.
bool IsUpkeep(const std::string& operation);
// One that by its name writes rows anew that were in the files which it removes.
bool CarriesRowsOver(const std::string& operation);
// One that by its name puts an earlier state back.
bool PutsBack(const std::string& operation);

}  // namespace salvor::delta
