// The inventory: what there is now, what happened in the window, and what is left of what was lost.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "delta/log/disk_files.h"
#include "delta/log/history.h"
#include "delta/log/replay.h"
#include "delta/protocol/table_head.h"
#include "delta/table/damaged_files.h"
#include "delta/table/history_window.h"
#include "delta/table/leftovers.h"
#include "delta/table/notes.h"
#include "delta/table/partition_doubts.h"
#include "delta/table/removed_files.h"
#include "delta/table/retention.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {
namespace {

// Changed after that, a file may be some writer's unfinished work.
Instant SettledBefore(Instant now, const Retention& retention) {
  int64_t millis = 0;
  if (__builtin_sub_overflow(MillisOf(now), static_cast<int64_t>(retention.files.span.count()),
                             &millis))
    return Instant::min();
  return InstantOfMillis(millis);
}

// Every partition that lived in the window, in order of their keys.
std::vector<Partition*> Lived(History& history, const TableHead& head) {
  std::vector<Partition*> lived;
  for (Partition& partition : history.Partitions()) {
    partition.history.End(head.version);
    std::sort(partition.history.lost.begin(), partition.history.lost.end(),
              [](const RemovedFile& a, const RemovedFile& b) {
                return std::tie(a.source, a.place) < std::tie(b.source, b.place);
              });
    if (partition.history.Lived() || head.columns.empty() || !partition.doubts.empty())
      lived.push_back(&partition);
  }
  std::sort(lived.begin(), lived.end(), [&head](const Partition* a, const Partition* b) {
    return CompareKeys(head.columns, a->key, b->key) == std::strong_ordering::less;
  });
  return lived;
}

void TellWriters(const History& history, model::PartitionRecord& record) {
  for (model::PastContent& content : record.contents) {
    const CommitFacts* writer =
        content.written_by ? history.WriterOf(*content.written_by) : nullptr;
    if (writer == nullptr) continue;
    content.written_at = writer->at;
    content.operation = writer->operation;
    content.who = writer->who;
  }
}

void AddEarlierContents(History& history, const TableHead& head, model::Inventory& inventory) {
  const std::vector<Partition*> lived = Lived(history, head);
  for (size_t i = 0; i < lived.size(); ++i) {
    if (lived[i]->history.IsEmptied()) continue;
    lived[i]->history.TellEarlier(inventory.partitions[i]);
    TellWriters(history, inventory.partitions[i]);
  }
}

}  // namespace

// Only the folders that what was lost lies in, each once.
Status StoredLog::ListLost(const Replay& replay, const std::vector<Partition*>& lived,
                           DiskFiles& disk) {
  RemovedFileReader removed(fs_, root_, disk, replay);
  std::optional<std::set<std::string>> folders(std::in_place);
  for (const Partition* partition : lived)
    if (partition->history.IsEmptied())
      SALVOR_OK(removed.TakeFolders(partition->history.lost, folders));
  if (!folders) {
    disk.ListTable(Instant::min(), progress_);
    for (const std::string& folder : replay.Places().OutsideFolders()) disk.ListFolder(folder);
    return Done{};
  }
  for (const std::string& folder : *folders) disk.ListFolder(folder);
  return Done{};
}

// Where the removed files are, and until when they and the log can be counted on.
Status StoredLog::AddRemovedFiles(const Retention& retention, const DiskFiles* listed,
                                  const Replay& replay, const std::vector<Partition*>& lived,
                                  std::vector<model::PartitionRecord>& records) {
  DiskFiles own(fs_, root_);
  if (listed == nullptr) SALVOR_OK(ListLost(replay, lived, own));
  RemovedFileReader removed(fs_, root_, listed == nullptr ? own : *listed, replay);
  for (size_t i = 0; i < lived.size(); ++i) {
    PartitionHistory& history = lived[i]->history;
    if (!history.IsEmptied()) continue;
    model::PartitionRecord& record = records[i];
    SALVOR_OK(removed.Look(history.lost, record));
    const int64_t good = record.emptied->event - 1;
    // Whether its checkpoint can be read is found where it is read.
    const ReadCost* const cost = Costs().To(good);
    SALVOR_TRY(const Instant oldest, cost != nullptr ? cost->oldest : OldestNeeded(good));
    Deadline deadline =
        EarlierDeadline(retention, InstantOfMillis(history.earliest_deletion), oldest, good);
    record.deadline = deadline.at;
    record.deadline_reason = std::move(deadline.reason);
  }
  return Done{};
}

Status StoredLog::AddPartitions(const TableHead& head, const Retention& retention, DiskFiles* disk,
                                const Replay& replay, const PartitionValuesPool& pool,
                                History& history, model::Inventory& inventory) {
  SALVOR_OK(history.AttachDoubts());
  if (disk != nullptr) {
    for (const std::string& folder : replay.Places().OutsideFolders()) disk->ListFolder(folder);
    SALVOR_TRY(const LiveFilesSeen seen, FindDamage(fs_, duck_, *disk, replay, history));
    NoteLiveFiles(seen, inventory.notes);
    inventory.pieces_looked_for = true;
  } else {
    inventory.pieces_looked_for = false;
  }
  const std::vector<Partition*> lived = Lived(history, head);
  inventory.partitions.reserve(lived.size());
  for (Partition* partition : lived) {
    model::PartitionRecord& record = inventory.partitions.emplace_back(partition->history.Record());
    record.key = partition->key;
    record.doubts = std::move(partition->doubts);
    record.broken = std::move(partition->broken);
    TellWriters(history, record);
  }
  AddPartitionDoubts(head, pool, history, lived, inventory);
  SALVOR_OK(AddRemovedFiles(retention, disk, replay, lived, inventory.partitions));
  if (disk != nullptr) NoteUnlisted(inventory, *disk, inventory.notes);
  return Done{};
}

Status StoredLog::CheckTwins(int64_t version) {
  const auto [begin, end] = listing_.checkpoints.equal_range(version);
  std::optional<KeySum> first;
  for (auto at = begin; at != end && std::next(begin) != end; ++at) {
    PartitionValuesPool pool;
    History history(pool, std::nullopt);
    Replay replay(fs_, duck_, progress_, pool, history);
    SALVOR_TRY(const KeySum sum, replay.SumOf(log_folder_, root_, at->second));
    if (!first) first = sum;
    if (*first != sum)
      return Fail(Code::kRefused,
                  fmt::format("version {} has checkpoints that hold different files: which of them "
                              "a reader takes is chance",
                              version),
                  LogPath(at->second.parts.front().name), "Move the wrong one away");
  }
  return Done{};
}

// Into the segment: the newest checkpoint in it, from which readers start, or every one.
void StoredLog::AddCheckpoints(int64_t first, bool every, LogSegment& segment) const {
  if (listing_.checkpoints.empty() || listing_.checkpoints.rbegin()->first <= first) return;
  std::vector<LogFileToApply> to_apply;
  to_apply.reserve(segment.to_apply.size() + 1);
  for (LogFileToApply& entry : segment.to_apply) {
    const auto at = listing_.checkpoints.find(entry.version);
    const bool is_newest =
        at != listing_.checkpoints.end() && at->first == listing_.checkpoints.rbegin()->first;
    const bool is_lead = entry.checkpoint.has_value();
    const int64_t version = entry.version;
    to_apply.push_back(std::move(entry));
    if (at == listing_.checkpoints.end() || is_lead || version <= first) continue;
    if (every || is_newest) to_apply.push_back({version, {}, at->second, 0, 0});
  }
  segment.to_apply = std::move(to_apply);
}

Result<model::Inventory> StoredLog::Look(const warehouse::LookRequest& request) {
  // Again where a checkpoint turns out unreadable, or to differ from the commits, and where a
  // commit does that no reader reads.
  bool follow = false;
  while (true) {
    SALVOR_TRY(std::optional<model::Inventory> inventory, LookOnce(request, follow));
    if (inventory) return std::move(*inventory);
  }
}

Result<std::optional<model::Inventory>> StoredLog::LookOnce(const warehouse::LookRequest& request,
                                                            bool& follow) {
  SALVOR_TRY(const TableHead head, HeadAt(listing_.latest));
  SALVOR_TRY(WindowChoice window, ChooseWindow(head, request));
  AddCheckpoints(window.first, follow, window.segment);
  const int64_t newest = listing_.checkpoints.empty() ? -1 : listing_.checkpoints.rbegin()->first;
  SALVOR_OK(CheckTwins(newest));
  const Retention retention = RetentionOf(head.metadata);
  // Before the log is read, so that each file that it names can be told from the others.
  DiskFiles disk(fs_, root_);
  if (request.pieces) disk.ListTable(SettledBefore(clock_.Now(), retention), progress_);
  PartitionValuesPool pool;
  History history(pool, request.event_changes ? std::optional(request.changes_from) : std::nullopt);
  Replay replay(fs_, duck_, progress_, pool, history);
  ReplayPlan plan{log_folder_, root_, std::move(window.segment),       follow, true,
                  {},          {},    request.pieces ? &disk : nullptr};
  plan.time_of = [this](int64_t version) { return FileTime(version).value_or(Instant()); };
  plan.reached = [&](int64_t version) -> Status {
    if (version == newest) history.ReadersViews().ForgetActions();
    return version == window.first ? history.Watch(version) : Status(Done{});
  };
  const Status ran = replay.Run(plan);
  if (!ran) {
    const auto& unreadable = replay.Unreadable();
    if (unreadable && DiscardCheckpoint(*unreadable, ran.error())) return std::nullopt;
    const auto& odd = replay.UnreadableCommit();
    if (odd && DiscardCommit(*odd, ran.error())) return std::nullopt;
    return Fail(ran.error());
  }
  if (replay.CheckpointDiffers() && !follow) {
    follow = true;
    return std::nullopt;
  }
  if (!replay.CheckpointDiffers() && window.first < newest) agreeing_.insert(newest);

  model::Inventory inventory;
  inventory.notes = listing_.notes;
  NoteDiscarded(listing_, inventory.notes);
  if (newest == listing_.latest && !listing_.commits.contains(newest))
    inventory.notes.push_back(fmt::format(
        "commit {} is gone and its checkpoint is there: Spark cannot read the table until a commit "
        "follows, others can",
        newest));
  inventory.notes.insert(inventory.notes.end(), replay.Notes().begin(), replay.Notes().end());
  inventory.table = {root_, io::BaseName(root_), head.metadata.id, "delta"};
  inventory.version = head.version;
  inventory.at = head.at;
  inventory.window = {history.Repartitioned().value_or(window.first),
                      {},
                      window.whole_history,
                      window.reason,
                      window.recent_from};
  SALVOR_TRY(inventory.window.first_at, CommitTime(inventory.window.first_version));
  inventory.columns = head.columns;
  NoteRepartition(history, inventory.notes);
  if (const std::string& path = history.ReadersViews().NoUri(); !path.empty())
    inventory.notes.push_back(
        fmt::format("the log names a file as '{}', which is not a URI: Spark cannot read the table "
                    "until a checkpoint no longer holds it",
                    path));
  SALVOR_OK(CompareCompacted(pool, history, inventory.notes));
  SALVOR_OK(AddPartitions(head, retention, plan.disk, replay, pool, history, inventory));
  if (request.earlier_contents) AddEarlierContents(history, head, inventory);
  inventory.events = std::move(history.Events());
  for (std::string& note : DurationNotes(head.metadata)) inventory.notes.push_back(std::move(note));
  NoteCounting(inventory, replay, inventory.notes);
  if (request.pieces && window.whole_history) {
    SALVOR_TRY(std::vector<std::string> leftovers, NoteLeftovers(fs_, duck_, plan, disk));
    std::move(leftovers.begin(), leftovers.end(), std::back_inserter(inventory.notes));
  }
  return inventory;
}

}  // namespace salvor::delta
