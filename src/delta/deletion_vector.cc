#include "delta/deletion_vector.h"

#include <roaring/roaring.h>

#include <algorithm>
#include <array>
#include <utility>

namespace salvor::delta {

namespace {

constexpr uint32_t kMagic = 1681511377;  // RoaringBitmapArray, portable serialization

template <typename T>
T LittleEndian(std::string_view bytes) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;)
    value = static_cast<T>(value << 8U | static_cast<uint8_t>(bytes[i]));
  return value;
}

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xedb88320U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}

Error Corrupt(std::string what) {
  return Error{Code::kCorrupt,
               "deletion vector: " + std::move(what),
               {},
               "Bring the vector's file back from a backup"};
}

struct Extent {
  uint64_t count = 0;
  uint64_t end = 0;  // one more than the highest position
  bool ascending = true;
};

// The library bounds its reading by the bytes but believes what stands in them (order, counts, run
// lengths); walking the set once proves that its lookups will tell the same story.
Result<Extent> MeasureBitmap(const roaring_bitmap_t& bitmap) {
  const uint64_t claimed = roaring_bitmap_get_cardinality(&bitmap);
  if (claimed > uint64_t{1} << 32U) return Fail(Corrupt("more positions than a bucket has"));
  Extent extent;
  roaring_iterate(
      &bitmap,
      [](uint32_t position, void* context) {
        auto& seen = *static_cast<Extent*>(context);
        seen.ascending = seen.ascending && position >= seen.end;
        seen.end = uint64_t{position} + 1;
        ++seen.count;
        return seen.ascending;
      },
      &extent);
  if (!extent.ascending || extent.count != claimed) return Fail(Corrupt("a broken bitmap"));
  return extent;
}

}  // namespace

uint32_t Crc32(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xffffffffU;
  for (const char c : bytes) crc = crc >> 8U ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xffU];
  return crc ^ 0xffffffffU;
}

void DeletedRows::Destroy::operator()(roaring_bitmap_s* bitmap) const {
  roaring_bitmap_free(bitmap);
}

bool DeletedRows::Contains(uint64_t row) const {
  const auto found = bitmaps_.find(static_cast<uint32_t>(row >> 32U));
  return found != bitmaps_.end() &&
         roaring_bitmap_contains(found->second.get(), static_cast<uint32_t>(row));
}

Result<DeletedRows> ParseDeletedRows(std::string_view bytes) {
  if (bytes.size() < 12) return Fail(Corrupt("shorter than its header"));
  if (LittleEndian<uint32_t>(bytes) != kMagic) {
    return Fail(Code::kUnsupported, "deletion vector: format number " +
                                        std::to_string(LittleEndian<uint32_t>(bytes)) +
                                        " is not the portable one");
  }
  const auto buckets = LittleEndian<uint64_t>(bytes.substr(4));
  bytes.remove_prefix(12);
  DeletedRows rows;
  for (uint64_t i = 0; i < buckets; ++i) {
    if (bytes.size() < 4) return Fail(Corrupt("ends inside its buckets"));
    const auto key = LittleEndian<uint32_t>(bytes);
    bytes.remove_prefix(4);
    const size_t size = roaring_bitmap_portable_deserialize_size(bytes.data(), bytes.size());
    if (size == 0) return Fail(Corrupt("a broken bitmap"));
    DeletedRows::Bitmap bitmap(roaring_bitmap_portable_deserialize_safe(bytes.data(), size));
    if (bitmap == nullptr) return Fail(Corrupt("a broken bitmap"));
    bytes.remove_prefix(size);
    SALVOR_TRY(const Extent extent, MeasureBitmap(*bitmap));
    rows.count_ += extent.count;
    if (extent.count > 0) rows.end_ = std::max(rows.end_, (uint64_t{key} << 32U) + extent.end);
    if (!rows.bitmaps_.emplace(key, std::move(bitmap)).second) {
      return Fail(Corrupt("a bucket twice"));
    }
  }
  if (!bytes.empty()) return Fail(Corrupt("bytes after its last bucket"));
  return rows;
}

}  // namespace salvor::delta
