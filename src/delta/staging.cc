// Making a private copy.
#include "delta/staging.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "delta/content.h"
#include "delta/draft_manifest.h"
#include "delta/fresh_name.h"
#include "delta/privacy.h"
#include "delta/rows.h"
#include "delta/schema_fields.h"
#include "delta/staged_files.h"

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

Status CheckNothingGone(const StagedFiles& files, const Manifest& manifest) {
  const std::vector<std::string>& gone = files.Gone();
  if (gone.empty()) return Done{};
  constexpr size_t kShown = 5;
  std::string names;
  for (size_t i = 0; i < std::min(gone.size(), kShown); ++i) names += "\n  " + gone[i];
  if (gone.size() > kShown) names += "\n  ...";
  return Fail(
      Code::kTooLate,
      fmt::format(
          "{} of {} that the plan needs are gone from the disk:{}",
          FormatCount(static_cast<int64_t>(gone.size())),
          Plural(static_cast<int64_t>(manifest.pieces.size() + manifest.vectors.size()), "file"),
          names),
      {}, "Plan again: what can still be restored is planned, the rest is named as lost");
}

// A vector makes sense only with the right number of rows: readers subtract its cardinality from
// it.
Status CheckVectorCounts(const io::FsReader& fs, Duck& duck, const StagingPlace& place,
                         const Manifest& manifest) {
  std::vector<const ManifestPiece*> pieces;
  std::vector<std::string> paths;
  for (const ManifestPiece& piece : manifest.pieces) {
    if (!piece.add.deletion_vector) continue;
    pieces.push_back(&piece);
    paths.push_back(place.File(piece.file.name));
  }
  if (paths.empty()) return Done{};
  SALVOR_TRY(const auto counts, Rows::CountFromFooters(fs, duck, paths));
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (counts[i] && counts[i] == pieces[i]->add.num_records) continue;
    return Fail(
        Code::kCorrupt,
        fmt::format("the log counts {} rows in a file with a deletion vector, the file itself {}",
                    pieces[i]->add.num_records.value_or(-1), counts[i].value_or(-1)),
        pieces[i]->add.path, "Restore without this partition");
  }
  return Done{};
}

json StagedMetadata(const Terms& terms, const std::string& plan_digest) {
  json metadata = terms.metadata.raw;
  metadata["id"] = FormatUuid(DerivedUuid(plan_digest, std::string::npos));
  // They name versions of the source's log.
  if (metadata.contains("configuration") && metadata["configuration"].is_object()) {
    metadata["configuration"].erase("delta.inCommitTimestampEnablementVersion");
    metadata["configuration"].erase("delta.inCommitTimestampEnablementTimestamp");
  }
  return metadata;
}

Result<std::string> FormatStagingCommit(const Manifest& manifest, const PieceTexts& texts,
                                        const std::string& manifest_digest, Instant now) {
  // The newest snapshot's schema reads the files of all older ones: legality saw to that.
  const Terms& terms = manifest.terms.rbegin()->second;
  json info = {
      {"timestamp", MillisOf(now)},
      {"operation", "SALVOR PERSIST"},
      {"operationParameters", {{"plan", manifest.plan_digest}, {"manifest", manifest_digest}}},
      {"isBlindAppend", true},
      {"engineInfo", "salvor/0.1.0"}};
  if (IsEnabled(terms.metadata, "delta.enableInCommitTimestamps")) {
    info["inCommitTimestamp"] = MillisOf(now);
  }
  std::string bytes;
  try {
    for (const json& action : {json{{"commitInfo", info}}, json{{"protocol", terms.protocol.raw}},
                               json{{"metaData", StagedMetadata(terms, manifest.plan_digest)}}}) {
      bytes += action.dump();
      bytes += '\n';
    }
  } catch (const json::exception&) {
    return Fail(
        Code::kCorrupt,
        "the table's metaData cannot be copied as it was read: it holds text that is no UTF-8");
  }
  bytes += texts.staged;
  return bytes;
}

Status CheckVectorsReadable(const Manifest& manifest) {
  if (manifest.terms.rbegin()->second.protocol.Reads("deletionVectors")) return Done{};
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

}  // namespace

Result<warehouse::Persisted> DeltaStaging::Persist(const model::Plan& plan,
                                                   const std::string& plan_digest) {
  const StagingPlace place(plan, plan_digest);
  if (ToRestore(plan).empty()) {
    return Fail(Code::kInvalidArgument, "the plan restores nothing, so there is nothing to copy");
  }
  SALVOR_OK(CheckOutsideTable(fs_, place.Root(), log_.Root()));
  auto found = Find(plan, plan_digest);
  if (!found && found.error().code != Code::kCorrupt) return Fail(std::move(found).error());
  if (found && *found) return std::move(**found);

  SALVOR_OK(MakeFolders(fs_, place.Folder(), log_.Root()));
  SALVOR_TRY(std::string privacy, CheckPrivate(fs_, place.Folder(), log_.Root()));
  SALVOR_TRY(Gathered gathered, GatherContents(log_, WantedOf(plan)));
  SourceFiles sources(fs_, log_.Root());
  SALVOR_TRY(Manifest manifest, DraftManifest(plan, plan_digest, std::move(gathered), sources));
  SALVOR_OK(CheckVectorsReadable(manifest));
  StagedFiles files(fs_, progress_, place, sources);
  // Linking waits for the system and formatting for the processor: together they take half the
  // time.
  std::future<Result<PieceTexts>> formatting =
      std::async(std::launch::async, [&manifest] { return FormatPieces(manifest); });
  const Status brought = files.Bring(manifest);
  SALVOR_TRY(const PieceTexts texts, formatting.get());
  if (!brought) return Fail(brought.error());
  SALVOR_OK(CheckNothingGone(files, manifest));
  SALVOR_OK(CheckVectorCounts(fs_, duck_, place, manifest));
  // Also the folders above: a run that was killed may have made them and synced nothing.
  for (const std::string& folder : {io::ParentPath(place.Root()), place.Root(), place.Folder()}) {
    SALVOR_OK(fs_.SyncDirectory(folder));
  }

  SALVOR_TRY(const std::string bytes, FormatManifest(manifest, texts));
  SALVOR_TRY(const std::string commit,
             FormatStagingCommit(manifest, texts, Sha256Hex(bytes), clock_.Now()));
  SALVOR_OK(MakeFolders(fs_, place.ManifestFolder(), log_.Root()));
  SALVOR_OK(MakeFolders(fs_, place.LogFolder(), log_.Root()));
  SALVOR_OK(fs_.Replace(place.ManifestFile(), bytes, kPrivateFile));
  SALVOR_TRY(privacy, CheckPrivate(fs_, place.Folder(), log_.Root()));
  // Replaced, not created: a damaged copy may have had one.
  SALVOR_OK(fs_.Replace(place.CommitFile(), commit, kPrivateFile));
  SALVOR_TRY(privacy, CheckPrivate(fs_, place.Folder(), log_.Root()));

  warehouse::Persisted persisted;
  persisted.place = place.Folder();
  persisted.files = static_cast<int64_t>(manifest.pieces.size() + manifest.vectors.size());
  persisted.linked = files.Linked();
  persisted.copied = files.Copied();
  persisted.privacy = privacy;
  return persisted;
}

}  // namespace salvor::delta
