// Where vectors are kept: inline in the log, or in files.

#include <algorithm>
#include <limits>
#include <utility>

#include "delta/protocol/deletion_vector.h"
#include "delta/protocol/z85.h"

namespace salvor::delta {

namespace {

constexpr uint8_t kFileVersion = 1;
// The protocol writes sizes as int32; a vector of that size would delete some 10^10 rows of one
// file.
constexpr int64_t kMaxBytes = std::numeric_limits<int32_t>::max();

uint32_t BigEndian32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<uint8_t>(bytes[i]);
  return value;
}

Error Corrupt(std::string what) {
  return Error{Code::kCorrupt,
               "deletion vector: " + std::move(what),
               {},
               "Bring the vector's file back from a backup"};
}

Result<std::string> ReadExactly(const io::RandomAccessFile& file, int64_t offset, int64_t size) {
  if (offset < 0 || size < 0 || offset > file.Size() || size > file.Size() - offset) {
    return Fail(Corrupt("bytes " + std::to_string(offset) + " to " + std::to_string(offset + size) +
                        " of a file of " + std::to_string(file.Size())));
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  size_t have = 0;
  while (have < bytes.size()) {
    SALVOR_TRY(const size_t got, file.ReadAt(offset + static_cast<int64_t>(have),
                                             bytes.data() + have, bytes.size() - have));
    if (got == 0) return Fail(Corrupt("the file became shorter while it was read"));
    have += got;
  }
  return bytes;
}

// Layout: version byte; at the offset: size (int32), that many bytes, their CRC-32; big endian.
Result<std::string> ReadFromFile(const io::FsReader& fs, const std::string& path,
                                 const DeletionVector& vector) {
  SALVOR_TRY(const auto file, fs.Open(path));
  const int64_t offset = vector.offset.value_or(1);
  SALVOR_TRY(const std::string version, ReadExactly(*file, 0, 1));
  if (static_cast<uint8_t>(version[0]) != kFileVersion) {
    return Fail(Code::kUnsupported, "deletion vector: file format version " +
                                        std::to_string(static_cast<uint8_t>(version[0])));
  }
  SALVOR_TRY(const std::string stored, ReadExactly(*file, offset, 4));
  if (BigEndian32(stored) != static_cast<uint64_t>(vector.size_in_bytes)) {
    return Fail(Corrupt("the log says " + std::to_string(vector.size_in_bytes) +
                        " bytes, the file " + std::to_string(BigEndian32(stored))));
  }
  SALVOR_TRY(std::string bytes, ReadExactly(*file, int64_t{offset} + 4, vector.size_in_bytes));
  SALVOR_TRY(const std::string checksum,
             ReadExactly(*file, int64_t{offset} + 4 + vector.size_in_bytes, 4));
  if (BigEndian32(checksum) != Crc32(bytes)) return Fail(Corrupt("its checksum does not match"));
  return bytes;
}

Result<std::string> ReadInline(const DeletionVector& vector) {
  SALVOR_TRY(std::string bytes, DecodeZ85(vector.path_or_inline));
  // The encoding pads to four bytes; the descriptor says where the vector ends.
  const auto size = static_cast<size_t>(vector.size_in_bytes);
  if (size > bytes.size() || bytes.size() - size >= 4) {
    return Fail(Corrupt("the log says " + std::to_string(size) + " bytes, the inline text holds " +
                        std::to_string(bytes.size())));
  }
  bytes.resize(size);
  return bytes;
}

Result<std::string> ReadVector(const io::FsReader& fs, std::string_view table_root,
                               const DeletionVector& vector, bool allow_outside,
                               std::string* where) {
  if (vector.size_in_bytes < 0 || vector.size_in_bytes > kMaxBytes) {
    return Fail(Corrupt("a size of " + std::to_string(vector.size_in_bytes) + " bytes"));
  }
  if (vector.storage_type == "i") return ReadInline(vector);
  if (vector.storage_type != "u" && vector.storage_type != "p") {
    return Fail(Code::kUnsupported, "deletion vector: storage type '" + vector.storage_type + "'");
  }
  SALVOR_TRY(*where, VectorPath(table_root, vector, allow_outside));
  return ReadFromFile(fs, *where, vector);
}

}  // namespace

int64_t VectorEnd(const DeletionVector& vector) {
  constexpr int64_t kFrame = 8;  // its size before it, its checksum after it
  if (vector.storage_type == "i") return 0;
  return vector.offset.value_or(1) + std::min(vector.size_in_bytes, kMaxBytes) + kFrame;
}

Result<DeletedRows> LoadDeletedRows(const io::FsReader& fs, std::string_view table_root,
                                    const DeletionVector& vector, bool allow_outside) {
  std::string where = "inline";
  auto bytes = ReadVector(fs, table_root, vector, allow_outside, &where);
  if (!bytes) return Fail(std::move(bytes.error()).At(where));
  auto rows = ParseDeletedRows(*bytes);
  if (!rows) return Fail(std::move(rows.error()).At(where));
  if (vector.cardinality < 0 || rows->Count() != static_cast<uint64_t>(vector.cardinality)) {
    return Fail(Corrupt("the log says " + std::to_string(vector.cardinality) +
                        " rows, the vector holds " + std::to_string(rows->Count()))
                    .At(where));
  }
  return rows;
}

}  // namespace salvor::delta
