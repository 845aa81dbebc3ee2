// Has somebody written to a private copy since it was made?
#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "delta/commit/given_times.h"
#include "delta/parquet/footer.h"
#include "delta/staging/staged_rows.h"
#include "delta/staging/staging.h"

namespace salvor::delta {
namespace {

using warehouse::CopySeen;

constexpr const char* kName = "files";

// The digest as StagedFile has it, of the file as it is now.
Result<std::string> DigestNow(const io::FsReader& fs, const std::string& path, bool is_vector) {
  if (is_vector) {
    constexpr int64_t kMaxBytes = int64_t{1} << 30U;
    SALVOR_TRY(const std::string bytes, fs.ReadFile(path, kMaxBytes));
    return Sha256Hex(bytes);
  }
  SALVOR_TRY(const auto file, fs.Open(path));
  SALVOR_TRY(const ParquetFooter footer, ReadParquetFooter(*file));
  return footer.digest;
}

class ChangeFinder {
 public:
  ChangeFinder(const io::FsReader& fs, const StagingPlace& place, const Manifest& manifest)
      : fs_(fs), place_(place), manifest_(manifest) {}

  // By partition: what was changed, the first of each. Files that are gone are for Find to name.
  Result<std::map<size_t, Error>> Find() {
    SALVOR_TRY(times_, StagedTimes::Load(fs_, place_.TimesFile()));
    SALVOR_TRY(const auto entries, ListStaging(fs_, place_));
    for (const io::FsReader::Entry& entry : entries) there_.emplace(entry.name, entry.info);
    std::vector<std::string> vectors(manifest_.vectors.size());
    for (size_t i = 0; i < vectors.size(); ++i) {
      vectors[i] = ChangeOf(manifest_.vectors[i].file, true);
    }
    std::map<size_t, Error> changed;
    for (const ManifestPiece& piece : manifest_.pieces) {
      std::string what = ChangeOf(piece.file, false);
      const StagedFile* file = &piece.file;
      if (what.empty() && piece.vector) {
        what = vectors[*piece.vector];
        file = &manifest_.vectors[*piece.vector].file;
      }
      if (what.empty()) continue;
      changed.emplace(piece.partition,
                      Error{Code::kRefused, std::move(what),
                            place_.File(file->name) + ", linked from " + piece.add.path});
    }
    return changed;
  }

 private:
  // "" where nothing was. That only the count of links changed, and with it the time of the inode's
  // change, is nothing: VACUUM and every apply do that.
  [[nodiscard]] std::string ChangeOf(const StagedFile& file, bool is_vector) const {
    const auto found = there_.find(file.name);
    if (file.digest.empty() || found == there_.end()) return {};
    const io::FileInfo& now = found->second;
    if (now.inode != file.inode) return "another file has its name";
    if (now.size != file.size) return "it has another size";
    auto digest = DigestNow(fs_, place_.File(file.name), is_vector);
    if (!digest) return digest.error().what;
    if (*digest != file.digest) return is_vector ? "it has other bytes" : "it has another footer";
    if (MillisOf(now.modified) == file.modified || times_.Has(now.modified)) return {};
    return fmt::format("it was written to ({})", FormatInstant(now.modified));
  }

  const io::FsReader& fs_;
  const StagingPlace& place_;
  const Manifest& manifest_;
  StagedTimes times_;
  std::map<std::string, io::FileInfo> there_;
};

// The partitions of which it is known what rows they had, and that have others now or cannot be
// read.
Result<std::set<size_t>> OtherRows(StagedRowsReader& reader, const Manifest& manifest,
                                   const std::vector<size_t>& partitions) {
  std::set<size_t> others;
  auto now = reader.Prints(partitions);
  for (size_t i = 0; i < partitions.size(); ++i) {
    const size_t partition = partitions[i];
    auto print = now ? Result<std::vector<model::Fingerprint>>(std::vector{(*now)[i]})
                     : reader.Prints({partition});
    if (print && print->at(0).algorithm != manifest.partitions[partition].fingerprint->algorithm) {
      return Fail(Code::kRefused, "the private copy was read by another version of the engine", {},
                  "Use the salvor that made it, or plan anew");
    }
    if (!print || !(print->at(0) == *manifest.partitions[partition].fingerprint)) {
      others.insert(partition);
    }
  }
  return others;
}

Error Changed(const model::Plan& plan, const std::map<size_t, Error>& changed) {
  constexpr size_t kMaxListed = 10;
  const auto planned = ToRestore(plan);
  std::string text = fmt::format("the private copy of {} was changed since persist:",
                                 Plural(static_cast<int64_t>(changed.size()), "partition"));
  size_t shown = 0;
  for (const auto& [index, error] : changed) {
    if (++shown > kMaxListed) break;
    text += fmt::format("\n  {}: {} ({})", model::FormatKey(plan.columns, planned[index]->key),
                        error.what, error.where);
  }
  if (changed.size() > kMaxListed) text += "\n  ...";
  return Error{
      Code::kRefused, std::move(text), plan.staging_root,
      "A link shares its bytes with the table's old file: whoever wrote to that changed "
      "both. Bring the old files back from a backup, or plan anew, without these partitions "
      "or for the files as they are now; persist --copy keeps bytes of its own"};
}

}  // namespace

std::vector<CopySeen> SeenOf(const Manifest& manifest) {
  std::string digest = DigestContent(manifest);
  if (digest.empty()) return {};
  CopySeen seen{.name = kName, .digest = std::move(digest)};
  for (const ManifestPiece& piece : manifest.pieces) {
    seen.rows += piece.file.rows.value_or(0);
    seen.bytes += piece.file.size;
    seen.modified = std::max(seen.modified, piece.file.modified);
  }
  return {std::move(seen)};
}

Result<std::vector<CopySeen>> DeltaStaging::CheckUnchanged(const model::Plan& plan,
                                                           const std::string& plan_digest,
                                                           const std::vector<CopySeen>& seen) {
  auto staged = LoadStaging(fs_, plan, plan_digest, log_.Root(), AddDetail::kEssential);
  // Find names what is wrong with it.
  if (!staged || !*staged) return std::vector<CopySeen>();
  const Manifest& manifest = (*staged)->manifest;
  const std::vector<CopySeen> now = SeenOf(manifest);
  if (!seen.empty() && (now.empty() || now.front().digest != seen.front().digest)) {
    return Fail(Code::kRefused, "the private copy is not the one that the journal knows",
                plan.staging_root, "Drop it with clean --abandon and plan anew");
  }
  const StagingPlace place(plan, plan_digest);
  SALVOR_TRY(auto changed, ChangeFinder(fs_, place, manifest).Find());
  const bool differed = !changed.empty();
  std::vector<size_t> known;
  for (size_t i = 0; i < manifest.partitions.size(); ++i) {
    if (manifest.partitions[i].fingerprint) known.push_back(i);
  }
  if (!known.empty()) {
    StagedRowsReader reader(fs_, duck_, place, manifest);
    SALVOR_TRY(const std::set<size_t> others, OtherRows(reader, manifest, known));
    for (const size_t partition : known) {
      if (others.count(partition) == 0) {
        changed.erase(partition);
      } else {
        changed.emplace(partition, Error{Code::kRefused, "it has other rows", place.Folder()});
      }
    }
  }
  if (!changed.empty()) return Fail(Changed(plan, changed));
  return differed ? now : std::vector<CopySeen>();
}

}  // namespace salvor::delta
