// The rows of a data file that a deletion vector marks as deleted.
// Source: PROTOCOL.md, "Deletion Vectors" and "Deletion Vector Format".
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "io/fs.h"

struct roaring_bitmap_s;

namespace salvor::delta {

// A set of row positions, counted from 0 in the file's order. Immutable once parsed; may be read
// from several threads.
class DeletedRows {
 public:
  DeletedRows() = default;

  [[nodiscard]] bool Contains(uint64_t row) const;
  [[nodiscard]] uint64_t Count() const { return count_; }
  // One more than the highest position; 0 for the empty set.
  [[nodiscard]] uint64_t End() const { return end_; }

 private:
  friend Result<DeletedRows> ParseDeletedRows(std::string_view bytes);
  struct Destroy {
    void operator()(roaring_bitmap_s* bitmap) const;
  };
  using Bitmap = std::unique_ptr<roaring_bitmap_s, Destroy>;
  Status TakeBitmap(uint32_t key, std::string_view& bytes);
  Status TakePortable(std::string_view& bytes);
  Status TakeNative(std::string_view& bytes, bool big_endian);

  std::map<uint32_t, Bitmap> bitmaps_;  // by the high 32 bits of the positions
  uint64_t count_ = 0;
  uint64_t end_ = 0;
};

// The serialized set, from its magic number on. kCorrupt for anything that does not fill `bytes`
// exactly; allocates no more than a small multiple of what it is given.
Result<DeletedRows> ParseDeletedRows(std::string_view bytes);

// Reads the vector, wherever it is, and holds it against its descriptor: size, checksum and
// cardinality. kCorrupt where they differ, kNotFound if the file is gone, kUnsupported for a
// storage type that the protocol does not know. `allow_outside` as for LocalPath.
// Where the vector ends in its file, which cannot be shorter; 0 for an inline one.
int64_t VectorEnd(const DeletionVector& vector);

Result<DeletedRows> LoadDeletedRows(const io::FsReader& fs, std::string_view table_root,
                                    const DeletionVector& vector, bool allow_outside);

// CRC-32 as in zlib and gzip.
uint32_t Crc32(std::string_view bytes);

}  // namespace salvor::delta
