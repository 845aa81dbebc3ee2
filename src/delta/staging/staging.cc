// Making a private copy.
#include "delta/staging/staging.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "delta/commit/fresh_name.h"
#include "delta/protocol/schema.h"
#include "delta/protocol/schema_fields.h"
#include "delta/rows/row_identity.h"
#include "delta/staging/copy_apart.h"
#include "delta/staging/draft_manifest.h"
#include "delta/staging/link_files.h"
#include "delta/staging/privacy.h"
#include "delta/staging/staged_rows.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr uint32_t kPrivateFile = 0600;

// Every level that is not there yet, private; only below a place where that stays so.
Status MakeFolders(io::Fs& fs, const std::string& folder, const std::string& table_root) {
  std::vector<std::string> missing;
  std::string existing = folder;
  while (true) {
    SALVOR_TRY(const auto info, fs.Stat(existing));
    if (info) break;
    missing.push_back(existing);
    existing = io::ParentPath(existing);
  }
  if (missing.empty()) return Done{};
  SALVOR_OK(CheckParents(fs, existing, table_root));
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    SALVOR_TRY([[maybe_unused]] const bool made, fs.MakeDirectory(*next, kPrivateMode));
    SALVOR_OK(fs.SyncDirectory(io::ParentPath(*next)));
  }
  return Done{};
}

json StagedMetadata(const TableConfiguration& configuration, const std::string& plan_digest) {
  json metadata = configuration.metadata.raw;
  metadata["id"] = FormatUuid(DerivedUuid(plan_digest, std::string::npos));
  // They name versions of the source's log.
  if (metadata.contains("configuration") && metadata["configuration"].is_object()) {
    metadata["configuration"].erase("delta.inCommitTimestampEnablementVersion");
    metadata["configuration"].erase("delta.inCommitTimestampEnablementTimestamp");
  }
  return metadata;
}

Result<std::string> FormatStagingCommit(const Manifest& manifest,
                                        const std::string& manifest_digest, Instant now) {
  // The newest snapshot's schema reads the files of all older ones: `plan` and `apply` refuse the
  // others.
  const TableConfiguration& configuration = manifest.configurations.rbegin()->second;
  json info = {
      {"timestamp", MillisOf(now)},
      {"operation", "SALVOR PERSIST"},
      {"operationParameters", {{"plan", manifest.plan_digest}, {"manifest", manifest_digest}}},
      {"isBlindAppend", true},
      {"engineInfo", "salvor/" SALVOR_VERSION}};
  if (IsEnabled(configuration.metadata, "delta.enableInCommitTimestamps")) {
    info["inCommitTimestamp"] = MillisOf(now);
  }
  std::string bytes;
  try {
    for (const json& action :
         {json{{"commitInfo", info}}, json{{"protocol", configuration.protocol.raw}},
          json{{"metaData", StagedMetadata(configuration, manifest.plan_digest)}}}) {
      bytes += action.dump();
      bytes += '\n';
    }
  } catch (const json::exception&) {
    return Fail(
        Code::kCorrupt,
        "the table's metaData cannot be copied as it was read: it holds text that is no UTF-8");
  }
  for (const ManifestPiece& piece : manifest.pieces) bytes += FormatStagedLine(manifest, piece);
  return bytes;
}

Status CheckVectorsReadable(const Manifest& manifest) {
  if (manifest.configurations.rbegin()->second.protocol.Reads("deletionVectors")) return Done{};
  for (const ManifestPiece& piece : manifest.pieces) {
    if (!piece.add.deletion_vector) continue;
    return Fail(
        Code::kUnsupported,
        "the plan mixes a file with a deletion vector with a newer snapshot of the table that "
        "has no such feature",
        piece.add.path, "Plan the partitions of the two times apart (--partitions)");
  }
  return Done{};
}

// The pieces of the partitions that are not damaged: what a new plan takes over.
Manifest WithoutDamaged(const Manifest& manifest, const Damage& damaged) {
  Manifest sound = manifest;
  std::erase_if(sound.pieces,
                [&](const ManifestPiece& piece) { return damaged.count(piece.partition) != 0; });
  return sound;
}

// The partitions that were saved, as plan takes them; of very many, how to get there.
std::string SoundPartitions(const model::Plan& plan, const Damage& damaged) {
  constexpr size_t kMaxNamed = 400;  // a year of days; a command line that can be pasted
  const auto planned = ToRestore(plan);
  const bool listed =
      plan.columns.size() == 1 && (plan.columns[0].type == model::ColumnType::kDate ||
                                   plan.columns[0].type == model::ColumnType::kInteger);
  std::vector<std::string> values;
  std::vector<std::string> words;
  for (size_t i = 0; i < planned.size() && values.size() + words.size() <= kMaxNamed; ++i) {
    if (damaged.count(i) != 0) continue;
    const model::PartitionKey& key = planned[i]->key;
    if (listed && key.values[0]) {
      values.push_back(*key.values[0]);
    } else {
      words.push_back(ShellWord(model::KeyToJson(plan.columns, key).dump()));
    }
  }
  const bool all = values.size() + words.size() <= kMaxNamed;
  if (!values.empty()) words.insert(words.begin(), fmt::format("{}", fmt::join(values, ",")));
  return fmt::format("{}{}", fmt::join(words, " --partitions "), all ? "" : " ... (and so on)");
}

Error DamageError(const model::Plan& plan, const Damage& damaged, const StagingPlace& place) {
  constexpr size_t kMaxListed = 20;
  const auto planned = ToRestore(plan);
  std::string text =
      fmt::format("{} of {} cannot be saved:", FormatCount(static_cast<int64_t>(damaged.size())),
                  Plural(static_cast<int64_t>(planned.size()), "planned partition"));
  Code code = damaged.begin()->second.code;
  size_t shown = 0;
  for (const auto& [index, error] : damaged) {
    if (error.code != code) code = Code::kCorrupt;
    if (++shown > kMaxListed) continue;
    text += fmt::format("\n  {}: {} ({})", model::FormatKey(plan.columns, planned[index]->key),
                        error.what, error.where);
  }
  if (damaged.size() > kMaxListed) text += "\n  ...";
  const bool others = damaged.size() < planned.size();
  if (others) text += "\nAll others are saved";
  return Error{code, std::move(text), place.Folder(),
               others
                   ? fmt::format("apply refuses this plan. Plan anew without these partitions, and "
                                 "persist, which takes over what is saved: salvor plan {} --case "
                                 "ANOTHER --partitions {}",
                                 ShellWord(plan.table.uri), SoundPartitions(plan, damaged))
                   : "Bring the files back from a backup and run persist again, or plan anew for "
                     "what can be restored"};
}

// What the log says wrongly, for people.
std::vector<std::string> WrongClaims(const Manifest& manifest) {
  constexpr size_t kMaxListed = 10;
  std::vector<std::string> notes;
  int64_t others = 0;
  for (const ManifestPiece& piece : manifest.pieces) {
    const std::string wrong = WrongClaim(piece);
    if (wrong.empty()) continue;
    if (notes.size() == kMaxListed) {
      ++others;
      continue;
    }
    notes.push_back(
        fmt::format("{}: {}. What apply adds says what is in the file", piece.add.path, wrong));
  }
  if (others > 0) notes.push_back(fmt::format("and {} more", Plural(others, "such file")));
  return notes;
}

bool HasPrints(const Manifest& manifest) {
  return std::all_of(manifest.partitions.begin(), manifest.partitions.end(),
                     [](const ManifestPartition& one) { return one.fingerprint.has_value(); });
}

warehouse::Persisted Describe(const Manifest& manifest, const StagingPlace& place,
                              std::string privacy) {
  warehouse::Persisted persisted;
  persisted.place = place.Folder();
  persisted.files = static_cast<int64_t>(manifest.pieces.size() + manifest.vectors.size());
  persisted.privacy = std::move(privacy);
  persisted.warnings = WrongClaims(manifest);
  persisted.seen = SeenOf(manifest);
  return persisted;
}

}  // namespace

Result<DeltaStaging::Brought> DeltaStaging::Bring(const model::Plan& plan,
                                                  const std::string& plan_digest,
                                                  const StagingPlace& place) {
  SALVOR_TRY(Gathered gathered, GatherContents(log_, WantedOf(plan)));
  SourceFiles sources(fs_, log_.Root());
  SALVOR_TRY(Manifest manifest, DraftManifest(plan, plan_digest, std::move(gathered), sources));
  SALVOR_OK(CheckVectorsReadable(manifest));
  for (const auto& [snapshot, configuration] : manifest.configurations) {
    SALVOR_TRY(const Schema schema, ParseSchema(configuration.metadata));
    SALVOR_OK(CheckColumnsReadable(schema, configuration.metadata.partition_columns));
  }
  SavedCopies saved(fs_, place.Root(), place.Folder(), plan.table.id);
  StagedFiles files(fs_, progress_, place, sources, saved);
  SALVOR_OK(files.Bring(manifest));
  StagedRowsReader reader(fs_, duck_, place, manifest);
  reader.ReadDoubtful(files);
  Damage damaged = files.Damaged();
  if (options_.deep) {
    auto prints = reader.PrintAll(damaged);
    for (size_t i = 0; i < prints.size(); ++i) {
      manifest.partitions[i].fingerprint = std::move(prints[i]);
    }
  }
  // Also the folders above: a run that was killed may have made them and synced nothing.
  for (const std::string& folder : {io::ParentPath(place.Root()), place.Root(), place.Folder()}) {
    SALVOR_OK(fs_.SyncDirectory(folder));
  }
  if (!damaged.empty()) SALVOR_OK(KeepSound(plan, place, manifest, damaged));
  return Brought{std::move(manifest), files.Linked(), files.Copied()};
}

Result<std::string> DeltaStaging::Complete(Brought& brought, const StagingPlace& place) {
  const Manifest& manifest = brought.manifest;
  SALVOR_TRY(std::string bytes, FormatManifest(manifest));
  const std::string digest = Sha256Hex(bytes);
  SALVOR_OK(MakeFolders(fs_, place.ManifestFolder(), log_.Root()));
  SALVOR_OK(MakeFolders(fs_, place.LogFolder(), log_.Root()));
  // A copy that was complete stays so whatever happens here: its commit names either manifest.
  SALVOR_TRY(const auto before, fs_.Lstat(place.CommitFile()));
  const std::string first = before ? place.NextManifestFile() : place.ManifestFile();
  SALVOR_OK(fs_.Replace(first, bytes, kPrivateFile));
  if (!before) bytes = std::string();  // as large as the commit
  SALVOR_TRY(const std::string commit, FormatStagingCommit(manifest, digest, clock_.Now()));
  SALVOR_TRY(std::string privacy, CheckPrivate(fs_, place.Folder(), log_.Root()));
  // Replaced, not created: a damaged copy may have had one.
  SALVOR_OK(fs_.Replace(place.CommitFile(), commit, kPrivateFile));
  if (before) {
    SALVOR_OK(fs_.Replace(place.ManifestFile(), bytes, kPrivateFile));
    SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(place.NextManifestFile()));
  }
  SALVOR_TRY(privacy, CheckPrivate(fs_, place.Folder(), log_.Root()));
  return privacy;
}

Status DeltaStaging::PrintCopy(const model::Plan& plan, const StagingPlace& place,
                               Manifest& manifest) {
  Damage damaged;
  auto prints = StagedRowsReader(fs_, duck_, place, manifest).PrintAll(damaged);
  if (damaged.empty()) {
    for (size_t i = 0; i < prints.size(); ++i)
      manifest.partitions[i].fingerprint = std::move(prints[i]);
    return Done{};
  }
  SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(place.CommitFile()));
  SALVOR_OK(fs_.SyncDirectory(place.LogFolder()));
  return KeepSound(plan, place, manifest, damaged);
}

Status DeltaStaging::KeepSound(const model::Plan& plan, const StagingPlace& place,
                               const Manifest& manifest, const Damage& damaged) {
  const Manifest sound = WithoutDamaged(manifest, damaged);
  SALVOR_TRY(const std::string bytes, FormatManifest(sound));
  SALVOR_OK(MakeFolders(fs_, place.ManifestFolder(), log_.Root()));
  SALVOR_OK(fs_.Replace(place.SavedFile(), bytes, kPrivateFile));
  return Fail(DamageError(plan, damaged, place));
}

Result<warehouse::Persisted> DeltaStaging::Persist(const model::Plan& plan,
                                                   const std::string& plan_digest) {
  const StagingPlace place(plan, plan_digest);
  if (ToRestore(plan).empty()) {
    return Fail(Code::kInvalidArgument, "the plan restores nothing, so there is nothing to copy");
  }
  SALVOR_OK(CheckOutsideTable(fs_, place.Root(), log_.Root()));
  auto found = FindWhole(plan, plan_digest, AddDetail::kWhole);
  if (!found && found.error().code != Code::kCorrupt) return Fail(std::move(found).error());
  Brought brought;
  const bool already = found && found->has_value();
  if (already) {
    brought.manifest = std::move((*found)->manifest);
  } else {
    SALVOR_OK(MakeFolders(fs_, place.Folder(), log_.Root()));
    SALVOR_TRY([[maybe_unused]] const std::string before,
               CheckPrivate(fs_, place.Folder(), log_.Root()));
    SALVOR_TRY(brought, Bring(plan, plan_digest, place));
  }
  CopyApart apart(fs_, progress_, place);
  if (options_.copy) SALVOR_OK(apart.Copy(brought.manifest));
  const bool print = already && options_.deep && !HasPrints(brought.manifest);
  if (print) SALVOR_OK(PrintCopy(plan, place, brought.manifest));
  std::string privacy = already ? (*found)->privacy : "";
  const bool changed = !already || print || apart.Copied() > 0;
  if (changed) {
    SALVOR_TRY(privacy, Complete(brought, place));
  }
  SALVOR_OK(apart.RemoveShared());
  warehouse::Persisted persisted = Describe(brought.manifest, place, std::move(privacy));
  persisted.already = !changed;
  persisted.copied = brought.copied + apart.Copied();
  persisted.linked = std::max<int64_t>(0, brought.linked - apart.Copied());
  return persisted;
}

}  // namespace salvor::delta
