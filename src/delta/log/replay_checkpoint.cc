// A checkpoint within a segment: whether it has the files that the commits up to it say, and going
// on from what it has, as readers do. The other part of replay.h.

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "delta/log/checkpoint_adds.h"
#include "delta/log/load_adds.h"
#include "delta/log/replay.h"

namespace salvor::delta {
namespace {

// What a checkpoint and the state before it do not share.
struct Difference {
  std::vector<LiveFile> dropped;
  std::vector<ScannedLines> kept;  // what the checkpoint has alone; as many as were read
  std::vector<FileKey> twice;      // what it names more than once
};

// Of parallel lists those that belong to some of the files, in their new places.
template <typename Items>
Items Among(Items items, const std::vector<std::optional<size_t>>& places) {
  Items some;
  for (auto& item : items) {
    const std::optional<size_t> place = places.at(item.index);
    if (!place) continue;
    item.index = *place;
    some.push_back(std::move(item));
  }
  return some;
}

Difference Compare(const LiveSet& live, std::vector<ScannedLines> lines) {
  Difference difference;
  LiveSet there;
  for (ScannedLines& some : lines) {
    ScannedLines alone;
    std::vector<std::optional<size_t>> places(some.files.size());
    for (size_t i = 0; i < some.files.size(); ++i) {
      const FileAction& file = some.files[i];
      if (!file.is_add) continue;
      if (!there.Place(file.key).is_new) difference.twice.push_back(file.key);
      const LiveFile* known = live.Find(file.key);
      if (known != nullptr && known->values_id == file.values_id) continue;
      places[i] = alone.files.size();
      alone.files.push_back(file);
    }
    alone.odd = Among(std::move(some.odd), places);
    alone.uncounted = Among(std::move(some.uncounted), places);
    alone.placed = Among(std::move(some.placed), places);
    difference.kept.push_back(std::move(alone));
  }
  live.Each([&](const LiveFile& file) {
    if (there.Find(file.key) == nullptr) difference.dropped.push_back(file);
  });
  return difference;
}

std::string Counted(size_t files, int64_t rows) {
  return fmt::format("{} ({})", Plural(static_cast<int64_t>(files), "file"), Plural(rows, "row"));
}

std::string LostCommits(const LogFileToApply& entry) {
  if (entry.first_lost == entry.last_lost)
    return fmt::format("commit {} is lost", entry.first_lost);
  return fmt::format("commits {} to {} are lost", entry.first_lost, entry.last_lost);
}

}  // namespace

Result<KeySum> Replay::SumOf(const std::string& log_folder, const std::string& table_root,
                             const Checkpoint& checkpoint) {
  SALVOR_TRY(CheckpointReader reader, CheckpointReader::Open(fs_, duck_, log_folder, checkpoint));
  KeySum sum;
  for (const CheckpointFile& file : reader.Files()) {
    if (!file.json) {
      SALVOR_TRY(const KeySum part, SumCheckpointKeys(duck_, file));
      sum.Take(part);
      continue;
    }
    SALVOR_OK(ReadManifest(table_root, file.path, [&](ScannedLines& lines) -> Status {
      for (const FileAction& action : lines.files)
        if (action.is_add) sum.Take(action.key);
      return Done{};
    }));
  }
  return sum;
}

// Of what no later commit named again, which readers would take instead.
void Replay::DoubtNamedTwice() {
  for (const FileKey& key : twice_.files) {
    const LiveFile* file = history_.Live().Find(key);
    if (file == nullptr || file->source >= twice_.sources) continue;
    history_.Doubt(DoubtKind::kCheckpoint, {}, file->values_id,
                   {fmt::format("checkpoint {} names a file twice: DuckDB and delta-rs read its {} "
                                "as often, Spark once",
                                twice_.version, Plural(file->Rows(), "row")),
                    false});
  }
}

Status Replay::RunCheckpoint(const ReplayPlan& plan, const LogFileToApply& entry) {
  twice_ = {{}, entry.version, sources_.size()};
  bool reading = true;
  const auto run = [&]() -> Status {
    if (entry.first_lost == 0) {
      SALVOR_TRY(const KeySum there, SumOf(plan.log_folder, plan.table_root, *entry.checkpoint));
      KeySum here;
      history_.Live().Each([&](const LiveFile& file) { here.Take(file.key); });
      if (here == there) return Done{};
      differs_ = true;
      if (!plan.follow_checkpoints) return Done{};
    }
    SALVOR_TRY(CheckpointReader checkpoint,
               CheckpointReader::Open(fs_, duck_, plan.log_folder, *entry.checkpoint));
    SALVOR_TRY(protocol_, checkpoint.ProtocolAction());
    SALVOR_TRY(metadata_, checkpoint.MetadataAction());
    pending_.protocol = pending_.metadata = true;
    return Follow(plan, entry, checkpoint, reading);
  };
  Status done = run();
  if (!done && reading) unreadable_ = *entry.checkpoint;
  return done;
}

Status Replay::Follow(const ReplayPlan& plan, const LogFileToApply& entry,
                      CheckpointReader& checkpoint, bool& reading) {
  const size_t own_source = sources_.empty() ? 0 : sources_.size() - 1;
  std::vector<ScannedLines> lines;
  std::vector<uint32_t> sources;
  SALVOR_OK(ReadAdds(plan, checkpoint, [&](ScannedLines& some, uint32_t source) -> Status {
    lines.push_back(std::move(some));
    sources.push_back(source);
    some = ScannedLines();
    return Done{};
  }));
  reading = false;
  Difference difference = Compare(history_.Live(), std::move(lines));
  twice_ = {std::move(difference.twice), entry.version, sources_.size()};
  SALVOR_OK(DropFiles(entry, difference.dropped, static_cast<uint32_t>(own_source)));
  std::set<int64_t> removers;
  size_t kept = 0;
  int64_t kept_rows = 0;
  for (size_t i = 0; i < difference.kept.size(); ++i) {
    SALVOR_OK(TakeLines(plan, difference.kept[i], sources[i]));
    for (const FileAction& file : difference.kept[i].files) {
      ++kept;
      kept_rows += file.records < 0 ? 0 : file.records - file.cardinality;
      if (const auto at = removed_by_.find(file.key); at != removed_by_.end())
        removers.insert(at->second);
    }
  }
  if (entry.first_lost == 0 && kept > 0) {
    std::string by = removers.empty() ? "commits up to it do not have" : "version";
    for (const int64_t version : removers)
      by += fmt::format("{} {}", version == *removers.begin() ? "" : ",", version);
    notes_.push_back(fmt::format("checkpoint {} kept {} that {}{}: readers read them still",
                                 entry.version, Counted(kept, kept_rows), by,
                                 removers.empty() ? "" : " removed"));
  }
  pending_.info.reset();
  CommitFacts facts;
  facts.version = entry.first_lost == 0 ? entry.version : entry.first_lost;
  facts.at = plan.time_of(entry.version);
  facts.operation =
      entry.first_lost == 0
          ? fmt::format("checkpoint {} dropped files that no commit removed", entry.version)
          : LostCommits(entry);
  SALVOR_OK(EndChange(facts));
  return entry.first_lost == 0 ? Status(Done{}) : plan.reached(entry.version);
}

Status Replay::DropFiles(const LogFileToApply& entry, const std::vector<LiveFile>& dropped,
                         uint32_t own_source) {
  if (dropped.empty()) return Done{};
  std::vector<Place> places;
  for (const LiveFile& file : dropped) places.push_back({file.source, file.place});
  SALVOR_TRY(std::vector<AddFile> adds,
             LoadAdds(fs_, duck_, history_.CurrentHead(), sources_, places, AddDetail::kWhole));
  int64_t rows = 0;
  for (size_t i = 0; i < dropped.size(); ++i) {
    const LiveFile& file = dropped[i];
    rows += file.Rows();
    const auto number = static_cast<int64_t>(dropped_.size());
    dropped_.push_back(std::move(adds[i]));
    SALVOR_OK(history_.Drop(file, {kDroppedSource, number, file.key, file.size}));
    if (entry.first_lost > 0) {
      history_.Doubt(DoubtKind::kGap, {}, file.values_id,
                     {fmt::format("{}: what went before version {} cannot be told apart, and an "
                                  "UPDATE or OPTIMIZE may have moved its rows to other files",
                                  LostCommits(entry), entry.version),
                      true});
    } else if (file.source == own_source) {
      history_.Doubt(DoubtKind::kCheckpoint, {}, file.values_id,
                     {fmt::format("checkpoint {} lacks what commit {} itself added: no version "
                                  "that readers read has it; every reader gets it back where that "
                                  "checkpoint is moved away",
                                  entry.version, entry.version),
                      false});
    }
  }
  if (entry.first_lost == 0)
    notes_.push_back(
        fmt::format("checkpoint {} dropped {} that no commit removed: readers do not "
                    "read them any more",
                    entry.version, Counted(dropped.size(), rows)));
  return Done{};
}

}  // namespace salvor::delta
