#include "delta/log/replay.h"

#include <fmt/format.h>

#include <utility>

#include "delta/log/checkpoint.h"
#include "delta/log/checkpoint_adds.h"
#include "delta/parquet/footer_rows.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"

namespace salvor::delta {

Replay::Replay(const TableFiles& fs, Duck& duck, warehouse::Progress& progress,
               PartitionValuesPool& pool, History& history)
    : fs_(fs), duck_(duck), progress_(progress), pool_(pool), history_(history) {}

Status Replay::Run(const ReplayPlan& plan) {
  if (plan.segment.base) SALVOR_OK(RunBase(plan));
  SALVOR_OK(ApplyFiles(plan));
  DoubtNamedTwice();
  return Done{};
}

Status Replay::RunBase(const ReplayPlan& plan) {
  const Checkpoint& base = *plan.segment.base;
  const auto run = [&]() -> Status {
    SALVOR_TRY(CheckpointReader checkpoint,
               CheckpointReader::Open(fs_, duck_, plan.log_folder, base));
    SALVOR_TRY(protocol_, checkpoint.ProtocolAction());
    SALVOR_TRY(metadata_, checkpoint.MetadataAction());
    pending_.protocol = pending_.metadata = true;
    return ReadAdds(plan, checkpoint, [&](ScannedLines& lines, uint32_t source) {
      return TakeLines(plan, lines, source);
    });
  };
  in_base_ = true;
  Status read = run();
  in_base_ = false;
  twice_.version = base.version;
  twice_.sources = sources_.size();
  if (!read) {
    unreadable_ = base;
    return read;
  }
  return EndCommit(plan, base.version);
}

Status Replay::ReadAdds(const ReplayPlan& plan, CheckpointReader& checkpoint,
                        const TakeAdds& take) {
  const auto total = static_cast<int64_t>(checkpoint.Files().size());
  int64_t done = 0;
  for (const CheckpointFile& file : checkpoint.Files()) {
    progress_.Tell("reading the checkpoint", done++, total);
    const auto source = static_cast<uint32_t>(sources_.size());
    sources_.push_back({file.path, !file.json});
    if (file.json) {
      SALVOR_OK(ReadManifest(plan.table_root, file.path,
                             [&](ScannedLines& lines) { return take(lines, source); }));
      continue;
    }
    SALVOR_OK(ReadParquet(plan, file, source, take));
  }
  return Done{};
}

// Counting rows from footers runs statements, so what needs it waits for the scan's end.
Status Replay::ReadParquet(const ReplayPlan& plan, const CheckpointFile& file, uint32_t source,
                           const TakeAdds& take) {
  history_.Expect(file.rows);
  std::vector<ScannedLines> uncounted;
  SALVOR_OK(
      StreamCheckpointAdds(duck_, file, plan.table_root, pool_, [&](ScannedLines& lines) -> Status {
        if (!plan.count_footers || lines.uncounted.empty()) return take(lines, source);
        uncounted.push_back(std::move(lines));
        return Done{};
      }));
  for (ScannedLines& lines : uncounted) {
    SALVOR_OK(take(lines, source));
    lines.Clear();
  }
  return Done{};
}

// A v2 checkpoint's JSON manifest may hold adds of its own. Its removes are tombstones.
Status Replay::ReadManifest(const std::string& table_root, const std::string& path,
                            const std::function<Status(ScannedLines&)>& take) {
  SALVOR_TRY(const auto info, fs_->Find(path));
  if (!info) return Fail(Code::kCorrupt, "a checkpoint's manifest is gone", path);
  const LogFile file{io::BaseName(path), info->size, info->modified};
  LogPipeline pipeline(fs_, io::ParentPath(path), table_root, pool_, progress_);
  return pipeline.Run({file}, [&](Piece& piece) {
    piece.lines.protocol.reset();
    piece.lines.metadata.reset();
    return take(piece.lines);
  });
}

Status Replay::ApplyFiles(const ReplayPlan& plan) {
  const std::vector<LogFileToApply>& to_apply = plan.segment.to_apply;
  for (size_t begin = 0; begin < to_apply.size();) {
    size_t end = begin;
    while (end < to_apply.size() && !to_apply[end].checkpoint) ++end;
    SALVOR_OK(RunCommits(plan, begin, end));
    if (end < to_apply.size()) {
      SALVOR_OK(RunCheckpoint(plan, to_apply[end]));
      ++end;
    }
    begin = end;
  }
  return Done{};
}

Status Replay::RunCommits(const ReplayPlan& plan, size_t begin, size_t end) {
  const std::vector<LogFileToApply>& to_apply = plan.segment.to_apply;
  const auto first_source = static_cast<uint32_t>(sources_.size());
  std::vector<LogFile> files;
  files.reserve(end - begin);
  for (size_t i = begin; i < end; ++i) {
    files.push_back(to_apply[i].file);
    sources_.push_back({io::JoinPath(plan.log_folder, to_apply[i].file.name), false});
  }
  LogPipeline pipeline(fs_, plan.log_folder, plan.table_root, pool_, progress_);
  Status ran = pipeline.Run(files, [&](Piece& piece) -> Status {
    const auto source = first_source + static_cast<uint32_t>(piece.file);
    version_ = to_apply[begin + piece.file].version;
    SALVOR_OK(TakeLines(plan, piece.lines, source));
    if (!piece.last) return Done{};
    Status ended = EndCommit(plan, version_);
    if (ended) return ended;
    unreadable_commit_ = version_;
    return Fail(std::move(ended).error().At(sources_[source].path));
  });
  if (pipeline.Unreadable()) unreadable_commit_ = to_apply[begin + *pipeline.Unreadable()].version;
  return ran;
}

Status Replay::TakeLines(const ReplayPlan& plan, ScannedLines& lines, uint32_t source) {
  if (plan.count_footers && !lines.uncounted.empty()) SALVOR_OK(CountFooters(plan, lines));
  constexpr size_t kAhead = 16;
  auto next_odd = lines.odd.begin();
  auto next_placed = lines.placed.begin();
  for (size_t i = 0; i < lines.files.size(); ++i) {
    const bool is_odd = next_odd != lines.odd.end() && next_odd->index == i;
    const OddPath* odd = is_odd ? &*next_odd++ : nullptr;
    if (i + kAhead < lines.files.size()) history_.Live().Prefetch(lines.files[i + kAhead].key);
    const FileAction& file = lines.files[i];
    const bool is_placed = next_placed != lines.placed.end() && next_placed->index == i;
    const PlacedFile* placed = is_placed ? &*next_placed++ : nullptr;
    places_.Take(file, placed);
    if (plan.disk != nullptr) plan.disk->Name(placed != nullptr ? placed->data.key : file.key.low);
    if (placed != nullptr && placed->whole) history_.NameWhole(file, *placed->whole);
    if (plan.follow_checkpoints && !file.is_add) removed_by_[file.key] = version_;
    const size_t live = history_.Live().Size();
    SALVOR_OK(file.is_add ? history_.Add(file, source, odd) : history_.Remove(file, source, odd));
    if (in_base_ && history_.Live().Size() == live) twice_.files.push_back(file.key);
  }
  const auto take = [&](const char* name, auto& from, auto& into, bool& pending) {
    if (!from) return;
    if (pending && into && *into != *from) pending_.twice = name;
    into = std::move(from);
    pending = true;
  };
  take("protocol", lines.protocol, protocol_, pending_.protocol);
  take("metaData", lines.metadata, metadata_, pending_.metadata);
  if (!lines.twice.empty()) pending_.twice = std::move(lines.twice);
  if (lines.info) pending_.info = std::move(lines.info);
  pending_.by_salvor = pending_.by_salvor || lines.by_salvor;
  return Done{};
}

// A file that is gone, or is no Parquet file any more, stays uncounted: that is a finding, not an
// error.
Status Replay::CountFooters(const ReplayPlan& plan, ScannedLines& lines) {
  std::vector<std::string> paths;
  std::vector<size_t> indices;
  for (const UncountedAdd& add : lines.uncounted) {
    auto path = LocalPath(plan.table_root, add.path, true);
    if (!path) continue;
    // History may be long, and most of its files gone.
    const DiskPlace place = PlaceOnDisk(plan.table_root, add.path);
    const bool listed = plan.disk != nullptr && place.outside_folder.empty();
    if (listed && plan.disk->Find(place.key) == nullptr) continue;
    paths.push_back(std::move(*path));
    indices.push_back(add.index);
  }
  SALVOR_TRY(const auto counts, CountFooterRows(fs_, paths));
  for (size_t i = 0; i < indices.size() && i < counts.size(); ++i) {
    FileAction& file = lines.files[indices[i]];
    if (!counts[i] || *counts[i] < file.cardinality) continue;
    if (file.records == kUnknownRecords) {
      ++counted_;
    } else if (*counts[i] > file.records) {
      ++falsely_empty_;
    }
    file.records = *counts[i];
  }
  return Done{};
}

Status Replay::EndCommit(const ReplayPlan& plan, int64_t version) {
  CommitFacts facts;
  facts.version = version;
  if (pending_.info && pending_.info->in_commit_timestamp) {
    facts.at = InstantOfMillis(*pending_.info->in_commit_timestamp);
  } else {
    facts.at = plan.time_of(version);
  }
  facts.operation = pending_.info ? std::move(pending_.info->operation) : "unknown";
  if (pending_.info) facts.who = std::move(pending_.info->who);
  facts.by_salvor = pending_.by_salvor;
  SALVOR_OK(EndChange(facts));
  return plan.reached(version);
}

Status Replay::EndChange(const CommitFacts& facts) {
  if (!pending_.twice.empty())
    return Fail(Code::kRefused,
                fmt::format("version {} has two {} actions that differ: Spark takes the last one, "
                            "DuckDB and delta-rs the first",
                            facts.version, pending_.twice),
                {}, "Have a writer commit the right one alone, and make a checkpoint after it");
  if (pending_.protocol || pending_.metadata) {
    if (!protocol_ || !metadata_)
      return Fail(Code::kCorrupt,
                  fmt::format("the log up to version {} holds no {} action", facts.version,
                              protocol_ ? "metaData" : "protocol"),
                  {}, "Put the missing files of the log back");
    SALVOR_TRY(TableHead head, MakeTableHead(facts.version, facts.at, *protocol_, *metadata_));
    history_.SetHead(std::move(head));
  }
  pending_ = Pending();
  return history_.EndCommit(facts);
}

}  // namespace salvor::delta
