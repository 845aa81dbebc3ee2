// What a private copy holds: which old file each staged file is, and under which state of the table
// it was written. From it alone, apply and verify work when the source's log and files are gone.
//
// The file is _salvor/manifest.jsonl in the copy: a line of head, a line for each partition, vector
// and piece, a line that closes it. docs/formats.md describes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"
#include "delta/protocol/z85.h"
#include "model/fingerprint.h"

namespace salvor::delta {

inline constexpr int kManifestFormat = 1;

// One file in the flat folder. Mode and group are the original's. The rest is what tells whether
// somebody wrote to it since; copies made before it was kept have an empty digest, and no rows.
struct StagedFile {
  std::string name;
  int64_t size = 0;
  uint32_t mode = 0;
  uint32_t gid = 0;
  uint64_t inode = 0;
  int64_t modified = 0;              // milliseconds since 1970
  std::string digest;                // of a data file's footer; of all bytes of a file of vectors
  std::optional<int64_t> rows = {};  // that the footer counts
  bool apart = false;                // bytes that no file of the table shares, nor ever will
};

// A file of deletion vectors; several pieces may share one.
struct StagedVector {
  std::string original;  // local path
  Uuid uuid{};           // in the staged name
  StagedFile file;
};

struct ManifestPiece {
  size_t partition = 0;  // index into ToRestore(plan)
  AddFile add;           // as the source's log has it
  StagedFile file;
  std::optional<size_t> vector;  // index into `vectors`; nothing for none or an inline one
};

struct ManifestPartition {
  int64_t snapshot = 0;
  std::vector<AddFile> taken_out;                      // kInvert: what the event put there instead
  std::optional<model::Fingerprint> fingerprint = {};  // of the rows, where each was read
};

struct Manifest {
  std::string plan_digest;
  std::map<int64_t, TableConfiguration> configurations;  // by snapshot
  std::vector<ManifestPartition> partitions;             // one for each of ToRestore(plan)
  std::vector<StagedVector> vectors;
  std::vector<ManifestPiece> pieces;  // by partition, then path, then vector
};

// Why partitions cannot be saved, the first reason of each; by index into ToRestore(plan).
using Damage = std::map<size_t, Error>;

// kCorrupt if a name is no UTF-8.
Result<std::string> FormatManifest(const Manifest& manifest);
// The line of the private copy's own log for a piece.
std::string FormatStagedLine(const Manifest& manifest, const ManifestPiece& piece);

// Reads what FormatManifest wrote, a piece of it at a time: lines may be cut anywhere.
class ManifestReader {
 public:
  // `where` names the file in errors. kEssential: pieces are for deciding only.
  ManifestReader(std::string where, AddDetail detail);
  ~ManifestReader();
  ManifestReader(const ManifestReader&) = delete;
  ManifestReader& operator=(const ManifestReader&) = delete;

  // kCorrupt for anything that FormatManifest would not have written.
  Status Take(std::string_view bytes);
  Result<Manifest> Finish();

 private:
  class Lines;
  std::unique_ptr<Lines> lines_;
  std::string where_;
  std::string begun_;  // the beginning of a line
  int64_t number_ = 0;
};
Result<Manifest> ParseManifest(std::string_view bytes, const std::string& where,
                               AddDetail detail = AddDetail::kWhole);

// The entry for the same rows in another place: `path`, and the vector's file under another UUID at
// the table's root. The rest stays word for word, `raw` where it is there.
AddFile Relocated(const AddFile& file, const std::string& path,
                  const std::optional<Uuid>& vector_uuid);

// What the log says wrongly of a piece, for people: "the log counts 7 rows in it, its footer 10";
// "" if nothing is, or if its footer was not read.
std::string WrongClaim(const ManifestPiece& piece);
// The entry with its file's size and rows in place of a wrong claim, where `raw` is there. Of
// statistics that are wrong,
// or that nobody can read, nothing else stays: a writer that counted wrongly compared wrongly.
AddFile TrueAdd(const ManifestPiece& piece);

// The rows of each partition by its files: footers less what the vectors delete. Nothing where a
// footer was not read.
std::vector<std::optional<int64_t>> StagedRows(const Manifest& manifest);

// What is in the files, as far as footers and vectors tell: the same for a copy of bytes as for
// links to the same files. "" where that was not kept.
std::string DigestContent(const Manifest& manifest);

// The entry of a piece in the private copy's own log.
AddFile StagedAdd(const Manifest& manifest, const ManifestPiece& piece);
// Those of each planned partition.
std::vector<std::vector<AddFile>> StagedAdds(const Manifest& manifest);

}  // namespace salvor::delta
