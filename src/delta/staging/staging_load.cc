// Finding a private copy again, and dropping one.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/digest.h"
#include "base/text.h"
#include "delta/commit/commit_file.h"
#include "delta/commit/fresh_name.h"
#include "delta/staging/privacy.h"
#include "delta/staging/staging.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr int64_t kManifestLimit = int64_t{4} << 30U;

// The digest of the manifest, as the first line of the copy's commit has it; "" if it has none.
Result<std::string> RecordedManifest(const io::FsReader& fs, const StagingPlace& place) {
  SALVOR_TRY(const std::unique_ptr<io::RandomAccessFile> file, fs.Open(place.CommitFile()));
  std::string head(size_t{64} << 10U, '\0');
  SALVOR_TRY(const size_t got, file->ReadAt(0, head.data(), head.size()));
  head.resize(std::min(got, head.find('\n')));
  const json line = json::parse(head, nullptr, false);
  const json::json_pointer digest("/commitInfo/operationParameters/manifest");
  if (line.is_discarded() || !line.contains(digest) || !line[digest].is_string()) return {};
  return line[digest].get<std::string>();
}

// A manifest is as large as the log entries of all its files: a piece at a time.
Status EachPiece(const io::FsReader& fs, const std::string& path,
                 const std::function<Status(std::string_view)>& take) {
  constexpr size_t kPiece = size_t{1} << 20U;
  SALVOR_TRY(const std::unique_ptr<io::RandomAccessFile> file, fs.Open(path));
  if (file->Size() > kManifestLimit)
    return Fail(Code::kCorrupt, "a manifest of " + FormatBytes(file->Size()), path);
  std::string piece(kPiece, '\0');
  for (int64_t at = 0; at < file->Size();) {
    SALVOR_TRY(const size_t got, file->ReadAt(at, piece.data(), kPiece));
    if (got == 0) break;
    SALVOR_OK(take(std::string_view(piece.data(), got)));
    at += static_cast<int64_t>(got);
  }
  return Done{};
}

Result<std::string> DigestOf(const io::FsReader& fs, const std::string& path) {
  Sha256 digest;
  SALVOR_OK(EachPiece(fs, path, [&](std::string_view bytes) -> Status {
    digest.Update(bytes);
    return Done{};
  }));
  return digest.FinishHex();
}

Status CheckAgainstPlan(const Manifest& manifest, const model::Plan& plan,
                        const std::string& plan_digest, const StagingPlace& place) {
  const auto planned = ToRestore(plan);
  const char* advice = "Drop it with clean --abandon and plan anew";
  if (manifest.plan_digest != plan_digest || manifest.partitions.size() != planned.size()) {
    return Fail(Code::kCorrupt, "the private copy was made for another plan", place.Folder(),
                advice);
  }
  std::vector<std::vector<const AddFile*>> contents(planned.size());
  for (const ManifestPiece& piece : manifest.pieces) {
    contents[piece.partition].push_back(&piece.add);
  }
  for (size_t i = 0; i < planned.size(); ++i) {
    if (DigestFiles(std::move(contents[i])) == planned[i]->content) continue;
    return Fail(Code::kCorrupt,
                fmt::format("the private copy of partition {} is not what the plan names",
                            model::FormatKey(plan.columns, planned[i]->key)),
                place.Folder(), advice);
  }
  return Done{};
}

// Removes every entry of a folder of salvor's own, after having looked at all of them.
class Dropping {
 public:
  Dropping(io::Fs& fs, const std::string& plan_digest) : fs_(fs), plan_digest_(plan_digest) {}

  // Collects what may go; kRefused for the first thing that salvor did not put there.
  Status Collect(const std::string& folder, bool (Dropping::*known)(const std::string&) const) {
    auto names = fs_.List(folder);
    if (!names && names.error().code == Code::kNotFound) return Done{};
    if (!names) return Fail(std::move(names).error());
    for (const std::string& name : *names) {
      if (name == "_salvor" || name == "_delta_log") {
        if (&Dropping::IsPiece == known) continue;
      }
      if (!(this->*known)(name)) {
        return Fail(Code::kRefused,
                    "the private copy holds something that salvor did not put there",
                    io::JoinPath(folder, name), "Move it away, then run the same command again");
      }
      files_.push_back(io::JoinPath(folder, name));
    }
    return Done{};
  }

  Status RemoveFiles() {
    for (const std::string& file : files_) {
      SALVOR_TRY([[maybe_unused]] const bool removed, fs_.Remove(file));
    }
    return Done{};
  }

  [[nodiscard]] bool IsPiece(const std::string& name) const {
    return IsStagedName(name, plan_digest_) || IsTemporary(name);
  }
  [[nodiscard]] bool IsManifest(const std::string& name) const {
    return name == "manifest.jsonl" || name == "manifest.next.jsonl" || name == "saved.jsonl" ||
           name == "times.json" || IsRejectionMark(name) || IsTemporary(name);
  }
  [[nodiscard]] bool IsCommit(const std::string& name) const {
    return name == "00000000000000000000.json" || IsTemporary(name);
  }

 private:
  // What a killed run leaves of a file that it was writing.
  static bool IsTemporary(const std::string& name) {
    return name.starts_with(io::kTemporaryPrefix);
  }

  io::Fs& fs_;
  const std::string& plan_digest_;
  std::vector<std::string> files_;
};

// The names of staged files that are absent or of another size.
std::vector<std::string> MissingPieces(const Manifest& manifest,
                                       const std::vector<io::FsReader::Entry>& entries) {
  std::map<std::string_view, const io::FileInfo*> there;
  for (const io::FsReader::Entry& entry : entries) there.emplace(entry.name, &entry.info);
  std::vector<std::string> missing;
  auto look = [&](const StagedFile& file) {
    const auto at = there.find(file.name);
    const bool found = at != there.end() && at->second->type == io::FileInfo::Type::kFile &&
                       at->second->size == file.size;
    if (!found) missing.push_back(file.name);
  };
  for (const ManifestPiece& piece : manifest.pieces) look(piece.file);
  for (const StagedVector& vector : manifest.vectors) look(vector.file);
  return missing;
}

}  // namespace

Result<std::optional<Staged>> LoadStaging(const io::FsReader& fs, const model::Plan& plan,
                                          const std::string& plan_digest,
                                          const std::string& table_root, AddDetail detail) {
  const StagingPlace place(plan, plan_digest);
  SALVOR_TRY(const auto folder, fs.Lstat(place.Folder()));
  if (!folder) return std::nullopt;
  Staged staged;
  SALVOR_TRY(staged.privacy, CheckPrivate(fs, place.Folder(), table_root));
  SALVOR_TRY(const auto commit, fs.Lstat(place.CommitFile()));
  if (!commit) return std::nullopt;
  SALVOR_TRY(const std::string recorded, RecordedManifest(fs, place));
  SALVOR_TRY(std::string digest, DigestOf(fs, place.ManifestFile()));
  std::string path = place.ManifestFile();
  if (digest != recorded) {
    // A run that wrote a new one was killed right after the commit.
    path = place.NextManifestFile();
    digest = DigestOf(fs, path).value_or("");
  }
  if (digest != recorded) {
    return Fail(Code::kCorrupt, "the manifest of the private copy is not the one that was written",
                place.ManifestFile(), "Drop it with clean --abandon and plan anew");
  }
  ManifestReader reader(path, detail);
  SALVOR_OK(EachPiece(fs, path, [&](std::string_view bytes) { return reader.Take(bytes); }));
  SALVOR_TRY(staged.manifest, reader.Finish());
  SALVOR_OK(CheckAgainstPlan(staged.manifest, plan, plan_digest, place));
  return staged;
}

Result<Staged> NeedStaging(const io::FsReader& fs, const model::Plan& plan,
                           const std::string& plan_digest, const std::string& table_root) {
  SALVOR_TRY(std::optional<Staged> staged,
             LoadStaging(fs, plan, plan_digest, table_root, AddDetail::kEssential));
  if (staged) return std::move(*staged);
  return Fail(Code::kRefused, "there is no private copy to compare with", plan.staging_root,
              "Run salvor persist first");
}

Result<std::vector<io::FsReader::Entry>> ListStaging(const io::FsReader& fs,
                                                     const StagingPlace& place) {
  return fs.ListEntries(place.Folder());
}

Result<std::optional<Staged>> DeltaStaging::FindWhole(const model::Plan& plan,
                                                      const std::string& plan_digest,
                                                      AddDetail detail) {
  SALVOR_TRY(std::optional<Staged> staged,
             LoadStaging(fs_, plan, plan_digest, log_.Root(), detail));
  if (!staged) return std::nullopt;
  const StagingPlace place(plan, plan_digest);
  SALVOR_TRY(const auto entries, ListStaging(fs_, place));
  const std::vector<std::string> missing = MissingPieces(staged->manifest, entries);
  if (missing.empty()) return staged;
  return Fail(Code::kCorrupt,
              fmt::format("{} of the private copy are gone or damaged, among them {}",
                          Plural(static_cast<int64_t>(missing.size()), "file"), missing.front()),
              place.Folder(), "Run salvor persist again while the old files are there");
}

Result<std::optional<warehouse::Persisted>> DeltaStaging::Find(const model::Plan& plan,
                                                               const std::string& plan_digest) {
  SALVOR_TRY(const std::optional<Staged> staged,
             FindWhole(plan, plan_digest, AddDetail::kEssential));
  const StagingPlace place(plan, plan_digest);
  if (!staged) {
    SALVOR_TRY(const auto saved, fs_.Lstat(place.SavedFile()));
    if (!saved) return std::nullopt;
    return Fail(Code::kRefused, "not every partition of this plan could be saved", place.Folder(),
                "Run salvor persist again: it names them. Then plan anew without them");
  }
  warehouse::Persisted persisted;
  persisted.place = place.Folder();
  persisted.already = true;
  persisted.files =
      static_cast<int64_t>(staged->manifest.pieces.size() + staged->manifest.vectors.size());
  persisted.privacy = staged->privacy;
  return persisted;
}

Result<bool> DeltaStagingDropper::Drop(const model::Plan& plan, const std::string& plan_digest) {
  RemoveUnfinishedCommits(fs_, plan.table.uri, plan_digest);
  const StagingPlace place(plan, plan_digest);
  SALVOR_TRY(const auto folder, fs_.Lstat(place.Folder()));
  if (!folder) {
    // A run that was killed may have removed it and synced nothing: it must not come back.
    const Status synced = fs_.SyncDirectory(place.Root());
    if (!synced && synced.error().code != Code::kNotFound) return Fail(synced.error());
    return false;
  }
  if (folder->type != io::FileInfo::Type::kDirectory || folder->uid != fs_.EffectiveUser()) {
    return Fail(Code::kRefused, "the private copy is not a folder of this user's", place.Folder(),
                "Look at it, and remove it by hand if it is yours");
  }
  Dropping dropping(fs_, plan_digest);
  SALVOR_OK(dropping.Collect(place.LogFolder(), &Dropping::IsCommit));
  SALVOR_OK(dropping.Collect(place.Folder(), &Dropping::IsPiece));
  SALVOR_OK(dropping.Collect(place.ManifestFolder(), &Dropping::IsManifest));
  // The commit first, and durably: a copy that was dropped by half must never be taken for
  // complete.
  SALVOR_TRY(const bool was_complete, fs_.Remove(place.CommitFile()));
  if (was_complete) SALVOR_OK(fs_.SyncDirectory(place.LogFolder()));
  SALVOR_OK(dropping.RemoveFiles());
  for (const std::string& emptied : {place.LogFolder(), place.ManifestFolder(), place.Folder()}) {
    SALVOR_TRY([[maybe_unused]] const bool removed, fs_.RemoveDirectory(emptied));
  }
  SALVOR_OK(fs_.SyncDirectory(place.Root()));
  return true;
}

}  // namespace salvor::delta
