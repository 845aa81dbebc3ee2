#include "delta/staging/draft_manifest.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "delta/commit/fresh_name.h"

namespace salvor::delta {

Result<Manifest> DraftManifest(const model::Plan& plan, const std::string& plan_digest,
                               Gathered gathered, SourceFiles& sources) {
  const auto planned = ToRestore(plan);
  Manifest manifest;
  manifest.plan_digest = plan_digest;
  for (const auto& [version, head] : gathered.heads) {
    manifest.configurations.emplace(version, head);
  }
  std::map<std::string, size_t> vectors;  // by local path
  for (size_t i = 0; i < planned.size(); ++i) {
    Content& content = gathered.contents[i];
    if (DigestFiles(content.adds) != planned[i]->content) {
      return Fail(
          Code::kStale,
          fmt::format("the log of version {} names other files for partition {} than when the "
                      "plan was made",
                      content.snapshot, model::FormatKey(plan.columns, content.key)),
          plan.table.uri, "Plan anew");
    }
    manifest.partitions.push_back(
        {.snapshot = content.snapshot, .taken_out = std::move(content.taken_out)});
    for (AddFile& add : content.adds) {
      ManifestPiece piece{.partition = i, .add = std::move(add), .file = {}, .vector = {}};
      piece.file.name = StagedName(piece.add.path, plan_digest, manifest.pieces.size());
      if (piece.add.deletion_vector && piece.add.deletion_vector->storage_type != "i") {
        SALVOR_TRY(std::string path, sources.LocateVector(*piece.add.deletion_vector));
        const auto [at, is_new] = vectors.emplace(path, manifest.vectors.size());
        piece.vector = at->second;
        if (is_new) {
          const Uuid uuid = DerivedUuid(plan_digest, at->second);
          StagedVector vector{.original = std::move(path), .uuid = uuid, .file = {}};
          vector.file.name = VectorFileName(uuid);
          manifest.vectors.push_back(std::move(vector));
        }
      }
      manifest.pieces.push_back(std::move(piece));
    }
  }
  return manifest;
}

}  // namespace salvor::delta
