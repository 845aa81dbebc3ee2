// The inventory: what there is now, what happened in the window, and what is left of what was lost.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "delta/deadline.h"
#include "delta/log_evidence.h"
#include "delta/log_head.h"
#include "delta/log_history.h"
#include "delta/log_replay.h"
#include "delta/log_stored.h"
#include "delta/log_window.h"

namespace salvor::delta {
namespace {

// A timestamp without a zone is whatever the writer's zone was; beside others with one, nobody can
// tell which of them mean the same instant.
void NoteZones(const Head& head, const Spellings& spellings, std::vector<std::string>& notes) {
  for (size_t i = 0; i < head.columns.size(); ++i) {
    if (head.columns[i].type != model::ColumnType::kTimestamp) continue;
    bool with_zone = false;
    bool without = false;
    for (uint32_t number = 0; number < spellings.Count(); ++number) {
      for (const auto& [name, value] : spellings.Values(number)) {
        if (name != head.physical_partition_columns[i] || !value) continue;
        (value->back() == 'Z' ? with_zone : without) = true;
      }
    }
    if (without && with_zone) {
      notes.push_back(
          fmt::format("column {}: some partition timestamps name a zone and some do not; those "
                      "without are read "
                      "as UTC, and may mean another partition than they seem to",
                      head.columns[i].name));
    } else if (without) {
      notes.push_back(
          fmt::format("column {}: partition timestamps name no zone; they are read as UTC",
                      head.columns[i].name));
    }
  }
}

void NoteCounting(const model::Inventory& inventory, int64_t counted,
                  std::vector<std::string>& notes) {
  int64_t uncounted = 0;
  for (const model::PartitionRecord& record : inventory.partitions)
    uncounted += record.now.uncounted;
  if (counted > 0)
    notes.push_back(fmt::format("{} without row counts in the log: counted from their footers",
                                Plural(counted, "file")));
  if (uncounted > 0)
    notes.push_back(
        fmt::format("{} could not be counted: neither the log nor a footer tells the "
                    "rows, so row counts leave them out",
                    Plural(uncounted, "live file")));
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

}  // namespace

Status StoredLog::AddEvidence(const Head& head, const std::vector<LogSource>& sources,
                              std::vector<Partition*>& emptied,
                              std::vector<model::PartitionRecord*>& records) {
  SALVOR_TRY(const Retention retention, RetentionOf(head.metadata));
  std::vector<std::string> paths;
  paths.reserve(sources.size());
  for (const LogSource& source : sources) paths.push_back(source.path);
  EvidenceReader evidence(fs_, root_, paths);
  std::map<int64_t, Instant> oldest_needed = OldestNeededByVersion();
  for (size_t i = 0; i < emptied.size(); ++i) {
    progress_.Tell("looking for removed files", static_cast<int64_t>(i),
                   static_cast<int64_t>(emptied.size()));
    model::PartitionRecord& record = *records[i];
    SALVOR_OK(evidence.Look(emptied[i]->story.lost, record));
    const int64_t good = record.emptied->event - 1;
    if (!oldest_needed.contains(good)) {
      SALVOR_TRY(const Instant oldest, OldestNeeded(good));
      oldest_needed.emplace(good, oldest);
    }
    Deadline deadline =
        EarlierDeadline(retention, InstantOfMillis(emptied[i]->story.earliest_deletion),
                        oldest_needed.at(good), good);
    record.deadline = deadline.at;
    record.deadline_reason = std::move(deadline.reason);
  }
  return Done{};
}

Result<model::Inventory> StoredLog::Look(const warehouse::LookRequest& request) {
  SALVOR_TRY(const Head head, HeadAt(listing_.latest));
  SALVOR_TRY(const WindowChoice window, ChooseWindow(head, request));
  Spellings spellings;
  History history(spellings,
                  request.event_changes ? std::optional(request.changes_from) : std::nullopt);
  Replay replay(fs_, duck_, progress_, spellings, history);
  ReplayPlan plan{log_folder_, root_, window.route, true, {}, {}};
  plan.time_of = [this](int64_t version) { return FileTime(version).value_or(Instant()); };
  plan.reached = [&history, &window](int64_t version) -> Status {
    return version == window.first ? history.Watch(version) : Status(Done{});
  };
  SALVOR_OK(replay.Run(plan));

  model::Inventory inventory;
  inventory.table = {root_, io::BaseName(root_), head.metadata.id, "delta"};
  inventory.version = head.version;
  inventory.at = head.at;
  inventory.window.first_version = window.first;
  inventory.window.reason = window.reason;
  inventory.window.whole_history = window.whole_history;
  if (const auto repartitioned = history.Repartitioned()) {
    inventory.window.first_version = *repartitioned;
    inventory.notes.push_back(
        fmt::format("version {} changed the partition columns; partitions of before it are not "
                    "compared with those of today",
                    *repartitioned));
  }
  SALVOR_TRY(inventory.window.first_at, CommitTime(inventory.window.first_version));
  inventory.columns = head.columns;

  std::vector<Partition*> lived;
  for (Partition& partition : history.Partitions()) {
    partition.story.End(head.version);
    if (partition.story.Lived() || head.columns.empty()) lived.push_back(&partition);
  }
  std::sort(lived.begin(), lived.end(), [&head](const Partition* a, const Partition* b) {
    return CompareKeys(head.columns, a->key, b->key) == std::strong_ordering::less;
  });
  inventory.partitions.reserve(lived.size());
  std::vector<Partition*> emptied;
  std::vector<model::PartitionRecord*> records;
  for (Partition* partition : lived) {
    inventory.partitions.push_back(partition->story.Record());
    inventory.partitions.back().key = partition->key;
    TellWriters(history, inventory.partitions.back());
    if (!partition->story.IsEmptied()) continue;
    emptied.push_back(partition);
    records.push_back(&inventory.partitions.back());
  }
  SALVOR_OK(AddEvidence(head, replay.Sources(), emptied, records));
  inventory.events = std::move(history.Events());
  NoteZones(head, spellings, inventory.notes);
  NoteCounting(inventory, replay.CountedFromFooters(), inventory.notes);
  return inventory;
}

}  // namespace salvor::delta
