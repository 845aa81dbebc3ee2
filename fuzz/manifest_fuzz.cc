// The manifest of a private copy: what is accepted refers only to what it has.
#include <nlohmann/json.hpp>

#include "delta/staging/manifest.h"
#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const auto manifest = delta::ParseManifest(fuzz::Input(data, size).Rest(), "manifest.jsonl");
  if (!manifest) return 0;
  for (const delta::ManifestPiece& piece : manifest->pieces) {
    SALVOR_MUST(piece.partition < manifest->partitions.size());
    SALVOR_MUST(!piece.vector || *piece.vector < manifest->vectors.size());
    SALVOR_MUST(!piece.file.name.empty() && piece.file.name.find('/') == std::string::npos);
    delta::StagedAdd(*manifest, piece);
  }
  for (const delta::ManifestPartition& partition : manifest->partitions) {
    SALVOR_MUST(manifest->configurations.contains(partition.snapshot));
  }
  return 0;
}
