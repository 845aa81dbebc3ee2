#include "delta/recovery/operations.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/text.h"
#include "delta/commit/commit_file.h"
#include "delta/commit/table_files.h"
#include "delta/recovery/applied.h"
#include "delta/staging/draft_manifest.h"
#include "delta/staging/replaced_rows.h"
#include "delta/staging/staging.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

std::string SizeOf(const AddFile& add) {
  const std::string size = FormatBytes(add.size);
  return add.num_records ? fmt::format("{}, {}", Plural(*add.num_records, "row"), size) : size;
}

class Listing {
 public:
  Listing(const model::Plan& plan, const std::string& plan_digest, const Manifest& manifest)
      : place_(plan, plan_digest),
        key_(model::OperationKey(plan_digest, "apply")),
        manifest_(manifest) {}

  [[nodiscard]] const StagingPlace& Place() const { return place_; }

  void Persist(const StagingPlace& place, const Manifest& manifest) {
    for (const ManifestPiece& piece : manifest.pieces) {
      Line(fmt::format("persist: link {} to {} ({})", piece.add.path, place.File(piece.file.name),
                       SizeOf(piece.add)));
    }
    for (const StagedVector& vector : manifest.vectors) {
      Line(fmt::format("persist: link {} to {} (a deletion vector)", vector.original,
                       place.File(vector.file.name)));
    }
  }

  // The files of one planned partition, and those of today that leave the table with them.
  void Apply(size_t partition, const Content& content, const std::vector<AddFile>& now) {
    const std::set<std::string> live = LogicalFiles(now);
    for (size_t i = 0; i < manifest_.pieces.size(); ++i) {
      const ManifestPiece& piece = manifest_.pieces[i];
      if (piece.partition != partition || live.contains(piece.add.Key())) continue;
      ++added_;
      Line(fmt::format("apply: link {} to {}, and add it to the table's log",
                       place_.File(piece.file.name), FreshAdd(manifest_, i, key_).path));
    }
    for (const AddFile& file : FilesToRemove(content, now)) {
      ++removed_;
      Line(fmt::format("apply: remove {} from the table's log; the file stays", file.path));
    }
  }

  void Commit() {
    Line(fmt::format(
        "apply: all of this in one new commit of _delta_log, with {} added, {} removed, and a txn "
        "of the application {}",
        Plural(added_, "file"), FormatCount(removed_), TxnAppId(key_)));
  }

  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  void Line(std::string line) { lines_.push_back(std::move(line)); }

  StagingPlace place_;
  std::string key_;
  const Manifest& manifest_;
  std::vector<std::string> lines_;
  int64_t added_ = 0;
  int64_t removed_ = 0;
};

}  // namespace

Result<std::vector<std::string>> ListOperations(const io::FsReader& fs, Log& log,
                                                const model::Plan& plan,
                                                const std::string& plan_digest) {
  SALVOR_TRY(GatheredBoth both, GatherBoth(log, WantedOf(plan), AddDetail::kWhole));
  const std::vector<Content> contents = both.old.contents;
  SourceFiles sources(fs, log.Root());
  SALVOR_TRY(const Manifest manifest,
             DraftManifest(plan, plan_digest, std::move(both.old), sources));
  Listing listing(plan, plan_digest, manifest);
  listing.Persist(listing.Place(), manifest);
  if (const auto replaced = ReplacedBy(plan, plan_digest); replaced) {
    SALVOR_TRY(Gathered today, GatherContents(log, WantedOf(replaced->plan)));
    SALVOR_TRY(const Manifest saved,
               DraftManifest(replaced->plan, replaced->digest, std::move(today), sources));
    listing.Persist(StagingPlace(replaced->plan, replaced->digest), saved);
  }
  for (size_t i = 0; i < contents.size(); ++i) listing.Apply(i, contents[i], both.now.files[i]);
  listing.Commit();
  return listing.Take();
}

}  // namespace salvor::delta
