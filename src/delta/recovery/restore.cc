#include "delta/recovery/restore.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "delta/commit/commit_loop.h"
#include "delta/commit/fresh_name.h"
#include "delta/recovery/applied.h"
#include "delta/recovery/compatibility.h"
#include "delta/staging/replaced_rows.h"
#include "delta/staging/staging.h"
#include "delta/table/linked_twins.h"
#include "delta/table/partition_files.h"
#include "model/state_differences.h"

namespace salvor::delta {
namespace {

using warehouse::RestoreOutcome;
using warehouse::RestoreStep;

// What comes back as it lies in the private copy, and where it lay in the table.
Status ExpectFile(const io::FsReader& fs, SourceFiles& files, const std::string& log_path,
                  const std::string& copy, LinkedTwins& twins) {
  SALVOR_TRY(const auto staged, fs.Stat(copy));
  if (staged) twins.Expect(log_path, *staged);
  const auto path = files.Locate(log_path);
  const auto original = path ? files.Look(*path) : Result<std::optional<io::FileInfo>>();
  if (original && *original) twins.Expect(log_path, **original);
  return Done{};
}

const char* NameOf(model::StatePart part) {
  switch (part) {
    case model::StatePart::kIdentity:
      return "identity";
    case model::StatePart::kSchema:
      return "schema";
    case model::StatePart::kLayout:
      return "partitioning";
    case model::StatePart::kConstraints:
      return "constraints";
    case model::StatePart::kProtocol:
      return "protocol";
  }
  return "";
}

// What is to be written, decided on one version of the table.
struct Decision {
  Change change;
  Watched watched;
  std::vector<size_t> pieces;      // to be placed, indices into the manifest
  std::vector<std::string> moved;  // why nothing may be written
  std::shared_ptr<const LiveFiles> live;
};

class Restorer {
 public:
  Restorer(const model::Plan& plan, const std::string& plan_digest, Log& log, Staged staged)
      : plan_(plan),
        digest_(plan_digest),
        key_(model::OperationKey(plan_digest, "apply")),
        planned_(ToRestore(plan)),
        log_(log),
        staged_(std::move(staged)) {
    by_partition_.resize(planned_.size());
    for (size_t i = 0; i < staged_.manifest.pieces.size(); ++i) {
      by_partition_[staged_.manifest.pieces[i].partition].push_back(i);
    }
  }

  Result<Decision> Decide(const std::vector<RestoreStep>& steps) {
    std::vector<model::PartitionKey> keys;
    for (const RestoreStep& step : steps) keys.push_back(planned_.at(step.index)->key);
    // What leaves the table is written down whole.
    SALVOR_TRY(const Holding now, GatherNow(log_, keys, AddDetail::kWhole));
    schema_refusals_.clear();
    Decision decision;
    decision.watched.keys = std::move(keys);
    decision.live = now.live;
    SALVOR_OK(CompareState(now.head, decision));
    for (size_t i = 0; i < steps.size(); ++i) {
      // What leaves the table is what is saved, whoever decided.
      const model::PlannedPartition& planned = *planned_.at(steps[i].index);
      const bool saved =
          planned.mode != model::Mode::kInstead || steps[i].present == planned.present;
      if (saved && DigestFiles(now.files[i]) == steps[i].present) continue;
      decision.moved.push_back(fmt::format(
          "partition {} has other files than when it was looked at", Name(steps[i].index)));
    }
    if (!decision.moved.empty()) return decision;
    SALVOR_OK(CheckTable(now.head));
    for (size_t i = 0; i < steps.size(); ++i) {
      SALVOR_OK(AddStep(steps[i].index, now.head, now.files[i], *now.live, decision));
    }
    decision.change.operation = "SALVOR RESTORE";
    decision.change.operation_key = key_;
    decision.change.parameters = {{"plan", digest_}, {"partitions", std::to_string(steps.size())}};
    return decision;
  }

  [[nodiscard]] const Manifest& GetManifest() const { return staged_.manifest; }

 private:
  [[nodiscard]] std::string Name(size_t index) const {
    return model::FormatKey(plan_.columns, planned_.at(index)->key);
  }

  Status CompareState(const TableHead& head, Decision& decision) const {
    SALVOR_TRY(const model::TableState state, DigestConfiguration(head));
    for (const model::StatePart part : model::DifferencesOf(plan_, head.metadata.id, state)) {
      decision.moved.push_back(fmt::format("the table's {} changed", NameOf(part)));
    }
    return Done{};
  }

  [[nodiscard]] Status CheckTable(const TableHead& head) const {
    std::string refusal = TableRefusal(head);
    if (refusal.empty()) refusal = log_.WritingRefusal();
    if (refusal.empty()) return Done{};
    return Fail(Code::kStale, std::move(refusal), plan_.table.uri, "Plan anew");
  }

  // Checked again, not believed: anybody may have made the plan.
  [[nodiscard]] Status CheckCompatible(size_t index, const TableHead& head,
                                       const std::vector<AddFile>& adds,
                                       const std::vector<AddFile>& removes) {
    const ManifestPartition& partition = staged_.manifest.partitions.at(index);
    auto known = schema_refusals_.find(partition.snapshot);
    if (known == schema_refusals_.end()) {
      SALVOR_TRY(std::string found,
                 SchemaRefusal(staged_.manifest.configurations.at(partition.snapshot), head));
      known = schema_refusals_.emplace(partition.snapshot, std::move(found)).first;
    }
    std::string refusal = known->second;
    if (refusal.empty()) {
      refusal = FilesRefusal(head, planned_.at(index)->mode, adds, removes);
    }
    if (refusal.empty()) return Done{};
    return Fail(Code::kStale, fmt::format("partition {}: {}", Name(index), refusal),
                plan_.table.uri, "Plan anew");
  }

  Status AddStep(size_t index, const TableHead& head, const std::vector<AddFile>& now,
                 const LiveFiles& live_files, Decision& decision) {
    const bool replace = model::Replaces(planned_.at(index)->mode);
    const std::set<std::string> live = LogicalFiles(now);
    Content content{.key = planned_.at(index)->key,
                    .mode = planned_.at(index)->mode,
                    .snapshot = 0,
                    .adds = {},
                    .taken_out = staged_.manifest.partitions.at(index).taken_out};
    std::vector<AddFile> old;
    for (const size_t piece : by_partition_.at(index)) {
      const AddFile& add = staged_.manifest.pieces[piece].add;
      if (replace) content.adds.push_back(add);
      if (live.count(add.Key()) != 0) {
        if (replace) continue;  // there then and now: it stays as it is
        decision.moved.push_back(
            fmt::format("partition {} has the file {} again", Name(index), add.path));
        continue;
      }
      decision.change.adds.push_back(TakeFreshEntry(staged_.manifest, piece, key_));
      old.push_back(add);
      decision.pieces.push_back(piece);
    }
    std::vector<AddFile> removes = FilesToRemove(content, now);
    for (const AddFile& file : removes) {
      if (live.count(file.Key()) != 0) continue;
      decision.moved.push_back(fmt::format(
          "partition {} has lost the file {}, which was to be taken out", Name(index), file.path));
    }
    if (std::string twin = TwinRefusal(live_files, old, now); !twin.empty())
      return Fail(Code::kStale, fmt::format("partition {}: {}", Name(index), twin), plan_.table.uri,
                  "Nothing was written. Plan anew");
    SALVOR_OK(CheckCompatible(index, head, old, removes));
    for (const AddFile& file : now) decision.watched.files.insert(KeyOfAdd(file));
    for (const AddFile& file : old)
      decision.watched.returning.insert(KeyOfFileMeant(log_.Root(), file));
    std::move(removes.begin(), removes.end(), std::back_inserter(decision.change.removes));
    return Done{};
  }

  const model::Plan& plan_;
  const std::string& digest_;
  std::string key_;
  std::vector<const model::PlannedPartition*> planned_;
  Log& log_;
  Staged staged_;
  std::vector<std::vector<size_t>> by_partition_;
  std::map<int64_t, std::string>
      schema_refusals_;  // by snapshot: the schema is the same for all of it
};

Status CheckLinks(const io::FsReader& fs, Log& log, const model::Plan& plan,
                  const Manifest& manifest, const Decision& decision, SourceFiles& files,
                  const StagingPlace& place) {
  LinkedTwins twins;
  twins.ExpectRemoved(decision.change.removes);
  for (const size_t index : decision.pieces) {
    const ManifestPiece& piece = manifest.pieces.at(index);
    SALVOR_OK(ExpectFile(fs, files, piece.add.path, place.File(piece.file.name), twins));
  }
  SALVOR_OK(twins.Find(fs, log, *decision.live));
  for (const size_t index : decision.pieces) {
    std::string refusal = twins.RefusalOf(manifest.pieces.at(index).add.path);
    if (!refusal.empty())
      return Fail(Code::kStale, std::move(refusal), plan.table.uri,
                  "Nothing was written. Plan anew");
  }
  return Done{};
}

RestoreOutcome Moved(std::vector<std::string> moved) {
  RestoreOutcome outcome;
  outcome.kind = RestoreOutcome::Kind::kMoved;
  outcome.moved = std::move(moved);
  return outcome;
}

Result<bool> AnyAbsent(const io::FsReader& fs, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    SALVOR_TRY(const auto info, fs.Stat(path));
    if (!info) return true;
  }
  return false;
}

// The table remembers the operation: what is live of it must be on the disk.
Result<RestoreOutcome> MendApplied(io::Fs& fs, const io::Clock& clock, Log& log,
                                   warehouse::Progress& progress, const model::Plan& plan,
                                   const std::string& plan_digest, int64_t version) {
  const std::string key = model::OperationKey(plan_digest, "apply");
  RestoreOutcome outcome;
  outcome.kind = RestoreOutcome::Kind::kAlready;
  outcome.version = version;
  // A run that was killed right after the commit may have left it to the system's memory only.
  SALVOR_OK(fs.SyncDirectory(io::JoinPath(log.Root(), "_delta_log")));
  SALVOR_TRY(Holding now, GatherNow(log, KeysOf(plan), AddDetail::kEssential));
  std::vector<AddFile> live;
  for (auto& files : now.files) {
    for (AddFile& file : FreshAmong(std::move(files), key)) live.push_back(std::move(file));
  }
  outcome.files = static_cast<int64_t>(live.size());
  SourceFiles files(fs, log.Root());
  SALVOR_TRY(const std::vector<std::string> paths, FilesOnDisk(files, live));
  SALVOR_TRY(const bool absent, AnyAbsent(fs, paths));
  if (!absent) return outcome;
  SALVOR_TRY(const std::optional<Staged> staged,
             LoadStaging(fs, plan, plan_digest, log.Root(), AddDetail::kEssential));
  if (!staged) {
    return Fail(Code::kTooLate, "restored files are gone from the disk, and so is the private copy",
                plan.table.uri, "Plan anew");
  }
  std::set<std::string> live_paths;
  for (const AddFile& file : live) live_paths.insert(file.path);
  std::vector<size_t> pieces;
  for (size_t i = 0; i < staged->manifest.pieces.size(); ++i) {
    const std::string path = FreshPath(staged->manifest.pieces[i].add.path, key, i);
    if (live_paths.count(path) != 0) pieces.push_back(i);
  }
  const StagingPlace place(plan, plan_digest);
  Placement placement(fs, clock, progress, files, OriginsIn(place, staged->manifest, files),
                      plan_digest, place.TimesFile());
  SALVOR_OK(PlanPlacing(staged->manifest, pieces, key, files, placement));
  SALVOR_TRY(outcome.mended, placement.Mend());
  outcome.linked = placement.Linked();
  outcome.copied = placement.Copied();
  return outcome;
}

}  // namespace

Result<RestoreOutcome> DeltaWriter::Restore(const model::Plan& plan, const std::string& plan_digest,
                                            const std::vector<RestoreStep>& steps) {
  RemoveUnfinishedCommits(fs_, log_.Root(), plan_digest);
  SALVOR_TRY([[maybe_unused]] const int64_t latest, log_.Refresh());
  const std::string key = model::OperationKey(plan_digest, "apply");
  SALVOR_TRY(const std::optional<int64_t> done, FindVersion(log_, key));
  if (done) return MendApplied(fs_, clock_, log_, progress_, plan, plan_digest, *done);
  if (steps.empty()) return RestoreOutcome{};
  SALVOR_TRY(std::optional<Staged> staged,
             LoadStaging(fs_, plan, plan_digest, log_.Root(), AddDetail::kWhole));
  if (!staged) {
    return Fail(Code::kRefused, "there is no private copy yet", plan.staging_root,
                "Run salvor persist first");
  }
  if (const auto replaced = ReplacedBy(plan, plan_digest); replaced) {
    SALVOR_TRY(const std::optional<Staged> today, LoadStaging(fs_, replaced->plan, replaced->digest,
                                                              log_.Root(), AddDetail::kEssential));
    if (!today)
      return Fail(Code::kRefused, "today's rows, which are to make room, are not saved yet",
                  plan.staging_root, "Run salvor persist first");
  }
  Restorer restorer(plan, plan_digest, log_, std::move(*staged));
  SALVOR_TRY(Decision decision, restorer.Decide(steps));
  if (!decision.moved.empty()) return Moved(std::move(decision.moved));

  SourceFiles files(fs_, log_.Root());
  const StagingPlace place(plan, plan_digest);
  SALVOR_OK(CheckLinks(fs_, log_, plan, restorer.GetManifest(), decision, files, place));
  Placement placement(fs_, clock_, progress_, files,
                      OriginsIn(place, restorer.GetManifest(), files), plan_digest,
                      place.TimesFile());
  SALVOR_OK(PlanPlacing(restorer.GetManifest(), decision.pieces, key, files, placement));
  SALVOR_OK(placement.PlaceAll());
  CommitLoop loop(fs_, clock_, log_);
  SALVOR_TRY(CommitResult result, loop.Commit(decision.change, decision.watched, placement));
  switch (result.kind) {
    case CommitResult::Kind::kTouched:
      return Moved({result.winner + " came first and touched what is to be restored"});
    case CommitResult::Kind::kAlready:
      return MendApplied(fs_, clock_, log_, progress_, plan, plan_digest, result.version);
    case CommitResult::Kind::kCommitted:
      break;
  }
  RestoreOutcome outcome;
  outcome.version = result.version;
  outcome.files = placement.Count();
  outcome.linked = placement.Linked();
  outcome.copied = placement.Copied();
  outcome.mended = result.mended;
  return outcome;
}

}  // namespace salvor::delta
