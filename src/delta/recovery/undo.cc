#include "delta/recovery/undo.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "delta/commit/commit_loop.h"
#include "delta/commit/fresh_name.h"
#include "delta/commit/table_files.h"
#include "delta/protocol/schema_fields.h"
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

// The planned partitions right before apply, right after it, and now.
struct Times {
  std::vector<Holding> holdings;

  [[nodiscard]] const Holding& Before() const { return holdings[0]; }
  [[nodiscard]] const Holding& After() const { return holdings[1]; }
  // Nothing was committed since apply in most cases: it is the same one then.
  [[nodiscard]] const Holding& Now() const { return holdings.back(); }
};

Result<Times> GatherTimes(Log& log, const model::Plan& plan, int64_t applied) {
  // What goes back or leaves the table is written down whole.
  std::vector<ReadAt> versions = {{applied - 1, AddDetail::kWhole}, {applied, AddDetail::kWhole}};
  if (log.Latest() > applied) versions.push_back({log.Latest(), AddDetail::kEssential});
  auto holdings = GatherAt(log, versions, KeysOf(plan));
  if (!holdings) {
    return Fail(std::move(holdings).error().Next(
        "What apply did can no longer be told from the log, so it cannot be taken back"));
  }
  return Times{std::move(*holdings)};
}

Status CheckUntouched(Log& log, const model::Plan& plan, int64_t applied, const Times& times) {
  const auto planned = ToRestore(plan);
  for (size_t i = 0; i < planned.size(); ++i) {
    const std::vector<AddFile>& after = times.After().files[i];
    // What apply left alone is nobody's business here.
    if (DigestFiles(times.Before().files[i]) == DigestFiles(after)) continue;
    if (DigestFiles(after) == DigestFiles(times.Now().files[i])) continue;
    SALVOR_TRY(const Fate fate, FollowFiles(log, applied, after));
    std::string events;
    for (const auto* list : {&fate.lost, &fate.rewritten}) {
      for (const std::string& line : *list) events += (events.empty() ? "" : "; ") + line;
    }
    if (events.empty()) events = "rows were added";
    return Fail(Code::kStale,
                fmt::format("partition {} was touched since apply: {}",
                            model::FormatKey(plan.columns, planned[i]->key), events),
                plan.table.uri, "Nothing was written. Plan anew for what is wrong now");
  }
  return Done{};
}

// What was taken out may have come back by another way meanwhile.
Status CheckNoTwins(const model::Plan& plan, const Times& times) {
  const auto planned = ToRestore(plan);
  for (size_t i = 0; i < planned.size(); ++i) {
    const std::string twin =
        TwinRefusal(*times.Now().live, FilesNotIn(times.Before().files[i], times.After().files[i]),
                    times.Now().files[i]);
    if (twin.empty()) continue;
    return Fail(
        Code::kStale,
        fmt::format("partition {}: {}", model::FormatKey(plan.columns, planned[i]->key), twin),
        plan.table.uri, "Nothing was written. Plan anew for what is wrong now");
  }
  return Done{};
}

Status CheckConfiguration(const model::Plan& plan, const Log& log, const TableHead& now) {
  std::string refusal = TableRefusal(now);
  if (refusal.empty()) refusal = log.WritingRefusal();
  if (refusal.empty() && IsEnabled(now.metadata, "delta.appendOnly")) {
    refusal = "the table is append-only (delta.appendOnly): nothing can be taken out of it";
  }
  if (!refusal.empty()) return Fail(Code::kRefused, std::move(refusal), plan.table.uri);
  SALVOR_TRY(const model::TableState state, DigestConfiguration(now));
  if (model::DifferencesOf(plan, now.metadata.id, state).empty()) return Done{};
  return Fail(Code::kStale, "the table's schema, rules or features changed since the plan",
              plan.table.uri, "Nothing was written. Plan anew for what is wrong now");
}

// Where the private copy has what made room for the plan's rows, in case a VACUUM took it from the
// table. Nothing of a plan that took no rows out.
class SavedFiles {
 public:
  static Result<SavedFiles> Load(const io::FsReader& fs, const model::Plan& plan,
                                 const std::string& plan_digest, const std::string& table_root) {
    SavedFiles saved;
    const auto replaced = ReplacedBy(plan, plan_digest);
    if (!replaced) return saved;
    SALVOR_TRY(const std::optional<Staged> staged, LoadStaging(fs, replaced->plan, replaced->digest,
                                                               table_root, AddDetail::kEssential));
    if (!staged) return saved;
    const StagingPlace place(replaced->plan, replaced->digest);
    for (const ManifestPiece& piece : staged->manifest.pieces)
      saved.pieces_.emplace(piece.add.Key(), piece.file);
    for (const StagedVector& vector : staged->manifest.vectors)
      saved.vectors_.emplace(vector.original, vector.file);
    saved.folder_ = place.Folder();
    saved.times_ = place.TimesFile();
    return saved;
  }

  // Null where there is none.
  [[nodiscard]] const StagedFile* Of(const AddFile& file) const {
    return Find(pieces_, file.Key());
  }
  [[nodiscard]] const StagedFile* OfVector(const std::string& original) const {
    return Find(vectors_, original);
  }
  [[nodiscard]] const std::string& Folder() const { return folder_; }
  // Where the times are noted that its files get; "" where there is no copy.
  [[nodiscard]] const std::string& Times() const { return times_; }

 private:
  static const StagedFile* Find(const std::map<std::string, StagedFile>& in,
                                const std::string& key) {
    const auto found = in.find(key);
    return found == in.end() ? nullptr : &found->second;
  }

  std::map<std::string, StagedFile> pieces_;   // by logical file
  std::map<std::string, StagedFile> vectors_;  // by the local path that the table had
  std::string folder_;
  std::string times_;
};

// Files that apply took out come back under fresh names of undo's own key.
class FileRestorer {
 public:
  FileRestorer(std::string key, const io::FsReader& fs, SourceFiles& files, SavedFiles saved)
      : key_(std::move(key)), fs_(fs), files_(files), saved_(std::move(saved)) {}

  Status Add(const AddFile& old, Placement& placement, Change& change) {
    std::optional<Uuid> uuid;
    std::optional<std::string> vector;
    if (old.deletion_vector && old.deletion_vector->storage_type != "i") {
      SALVOR_TRY(vector, files_.LocateVector(*old.deletion_vector));
      uuid = DerivedUuid(key_, vectors_.emplace(*vector, vectors_.size()).first->second);
    }
    AddFile fresh = Relocated(old, FreshPath(old.path, key_, index_++), uuid);
    SALVOR_TRY(const std::string source, files_.Locate(old.path));
    SALVOR_TRY(std::string target, files_.Locate(fresh.path));
    SALVOR_TRY(const io::FileInfo info,
               Place(source, saved_.Of(old), std::move(target), old.size, placement));
    twins_.Expect(old.path, info);
    if (vector) {
      SALVOR_TRY(std::string vector_target, files_.LocateVector(*fresh.deletion_vector));
      SALVOR_TRY([[maybe_unused]] const io::FileInfo vector_info,
                 Place(*vector, saved_.OfVector(*vector), std::move(vector_target), std::nullopt,
                       placement));
    }
    change.adds.push_back(std::move(fresh.raw));
    return Done{};
  }

  // After all were added: none is in the table already, under another name.
  Status CheckLinks(const io::FsReader& fs, Log& log, const Times& times, const Change& change) {
    twins_.ExpectRemoved(change.removes);
    SALVOR_OK(twins_.Find(fs, log, *times.Now().live));
    for (const auto& files : times.Before().files) {
      std::string refusal = FirstRefusal(twins_, files);
      if (!refusal.empty())
        return Fail(Code::kStale, std::move(refusal), log.Root(),
                    "Nothing was written. Plan anew for what is wrong now");
    }
    return Done{};
  }

  // Where what was added comes from. Borrows.
  Placement::OriginOf Origins() {
    return [this](size_t number) -> Result<Origin> { return Origin{sources_.at(number), {}}; };
  }

 private:
  // The table's own file where it still is there, as it was; else the one that was saved.
  Result<io::FileInfo> Place(std::string source, const StagedFile* saved, std::string target,
                             std::optional<int64_t> size, Placement& placement) {
    SALVOR_TRY(auto info, files_.Look(source));
    const auto is_it = [&] { return info && (!size || info->size == *size); };
    const bool takes_saved = !is_it() && saved != nullptr;
    if (takes_saved) {
      source = io::JoinPath(saved_.Folder(), saved->name);
      SALVOR_TRY(info, fs_.Lstat(source));
    }
    if (!is_it()) {
      return Fail(Code::kTooLate, "a file that apply replaced is gone, so it cannot be put back",
                  source, "Nothing was written. The partition can only stay as apply made it");
    }
    placement.Add({.target = std::move(target),
                   .origin = sources_.size(),
                   .size = info->size,
                   .mode = takes_saved ? saved->mode : info->mode,
                   .gid = takes_saved ? saved->gid : info->gid,
                   .apart = takes_saved && saved->apart});
    sources_.push_back(std::move(source));
    return *info;
  }

  std::string key_;
  LinkedTwins twins_;
  const io::FsReader& fs_;
  SourceFiles& files_;
  SavedFiles saved_;
  std::map<std::string, size_t> vectors_;
  std::vector<std::string> sources_;
  size_t index_ = 0;
};

}  // namespace

Result<RestoreOutcome> DeltaUndoer::TakeBack(const model::Plan& plan,
                                             const std::string& plan_digest) {
  RemoveUnfinishedCommits(fs_, log_.Root(), plan_digest);
  SALVOR_TRY([[maybe_unused]] const int64_t latest, log_.Refresh());
  const std::string key = model::OperationKey(plan_digest, "undo");
  RestoreOutcome outcome;
  SALVOR_TRY(const std::optional<int64_t> undone, FindVersion(log_, key));
  if (undone) {
    // A run that was killed right after the commit may have left it to the system's memory only.
    SALVOR_OK(fs_.SyncDirectory(io::JoinPath(log_.Root(), "_delta_log")));
    outcome.kind = RestoreOutcome::Kind::kAlready;
    outcome.version = *undone;
    return outcome;
  }
  const std::string apply_key = model::OperationKey(plan_digest, "apply");
  SALVOR_TRY(const std::optional<int64_t> applied, FindVersion(log_, apply_key));
  if (!applied) {
    return Fail(Code::kNotFound, "the table does not remember that this plan was applied",
                plan.table.uri, "There is nothing to undo");
  }
  SALVOR_TRY(Times times, GatherTimes(log_, plan, *applied));
  SALVOR_OK(CheckConfiguration(plan, log_, times.Now().head));
  SALVOR_OK(CheckUntouched(log_, plan, *applied, times));
  SALVOR_OK(CheckNoTwins(plan, times));

  Change change{.operation = "SALVOR UNDO",
                .parameters = {{"plan", plan_digest}},
                .operation_key = key,
                .adds = {},
                .removes = {}};
  Watched watched{.keys = KeysOf(plan), .files = {}, .returning = {}};
  SourceFiles files(fs_, log_.Root());
  SALVOR_TRY(SavedFiles saved, SavedFiles::Load(fs_, plan, plan_digest, log_.Root()));
  const std::string times_file = saved.Times();
  FileRestorer restorer(key, fs_, files, std::move(saved));
  Placement placement(fs_, clock_, progress_, files, restorer.Origins(), plan_digest, times_file);
  for (size_t i = 0; i < times.After().files.size(); ++i) {
    const auto replaced = FilesNotIn(times.Before().files[i], times.After().files[i]);
    for (const AddFile& old : replaced) {
      SALVOR_OK(restorer.Add(old, placement, change));
      watched.returning.insert(KeyOfFileMeant(log_.Root(), old));
    }
    for (const AddFile& file : times.Now().files[i]) watched.files.insert(KeyOfAdd(file));
    for (AddFile& fresh : FreshAmong(std::move(times.holdings[1].files[i]), apply_key)) {
      change.removes.push_back(std::move(fresh));
    }
  }
  outcome.files = static_cast<int64_t>(change.removes.size());
  SALVOR_OK(restorer.CheckLinks(fs_, log_, times, change));
  SALVOR_OK(placement.PlaceAll());
  CommitLoop loop(fs_, clock_, log_);
  SALVOR_TRY(const CommitResult result, loop.Commit(change, watched, placement));
  if (result.kind == CommitResult::Kind::kTouched) {
    return Fail(Code::kStale, result.winner + " touched the restored partitions meanwhile",
                plan.table.uri, "Nothing was written. Plan anew for what is wrong now");
  }
  outcome.kind = result.kind == CommitResult::Kind::kAlready ? RestoreOutcome::Kind::kAlready
                                                             : RestoreOutcome::Kind::kDone;
  outcome.version = result.version;
  outcome.linked = placement.Linked();
  outcome.copied = placement.Copied();
  outcome.mended = result.mended;
  return outcome;
}

}  // namespace salvor::delta
