#include "delta/protocol/deletion_vector.h"

#include <roaring/roaring.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace salvor::delta {

namespace {

constexpr uint32_t kPortableMagic = 1681511377;
constexpr uint32_t kNativeMagic = 1681511376;

enum class Order { kLittleEndian, kBigEndian };

template <typename T>
T Number(std::string_view bytes, Order order) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    const size_t at = order == Order::kBigEndian ? i : sizeof(T) - 1 - i;
    value = static_cast<T>(value << 8U | static_cast<uint8_t>(bytes[at]));
  }
  return value;
}

// Takes a number off the front; nothing where the bytes end before it.
template <typename T>
std::optional<T> Take(std::string_view& bytes, Order order) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  const T value = Number<T>(bytes, order);
  bytes.remove_prefix(sizeof(T));
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

Status DeletedRows::TakeBitmap(uint32_t key, std::string_view& bytes) {
  // PROTOCOL.md, "Deletion Vector Format": positions are non-negative 64-bit integers.
  if (key > uint32_t{INT32_MAX}) return Fail(Corrupt("a position beyond 63 bits"));
  const size_t size = roaring_bitmap_portable_deserialize_size(bytes.data(), bytes.size());
  if (size == 0) return Fail(Corrupt("a broken bitmap"));
  Bitmap bitmap(roaring_bitmap_portable_deserialize_safe(bytes.data(), size));
  if (bitmap == nullptr) return Fail(Corrupt("a broken bitmap"));
  bytes.remove_prefix(size);
  SALVOR_TRY(const Extent extent, MeasureBitmap(*bitmap));
  count_ += extent.count;
  if (extent.count > 0) end_ = std::max(end_, (uint64_t{key} << 32U) + extent.end);
  if (!bitmaps_.emplace(key, std::move(bitmap)).second) return Fail(Corrupt("a bucket twice"));
  return Done{};
}

// Number of buckets (8 bytes), then each with its key (4 bytes); all little endian.
Status DeletedRows::TakePortable(std::string_view& bytes) {
  const auto buckets = Take<uint64_t>(bytes, Order::kLittleEndian);
  for (uint64_t i = 0; i < buckets.value_or(1); ++i) {
    const auto key = Take<uint32_t>(bytes, Order::kLittleEndian);
    if (!buckets || !key) return Fail(Corrupt("ends inside its buckets"));
    SALVOR_OK(TakeBitmap(*key, bytes));
  }
  return Done{};
}

// Number of buckets (4 bytes), then each with its size (4 bytes); the keys count up from 0. Not in
// the protocol's text, but its example of an inline vector is written so, in big endian.
Status DeletedRows::TakeNative(std::string_view& bytes, bool big_endian) {
  const Order order = big_endian ? Order::kBigEndian : Order::kLittleEndian;
  const auto buckets = Take<uint32_t>(bytes, order);
  for (uint32_t key = 0; key < buckets.value_or(1); ++key) {
    const auto size = Take<uint32_t>(bytes, order);
    if (!buckets || !size || *size > bytes.size()) return Fail(Corrupt("ends inside its buckets"));
    std::string_view bitmap = bytes.substr(0, *size);
    bytes.remove_prefix(*size);
    SALVOR_OK(TakeBitmap(key, bitmap));
    if (!bitmap.empty()) return Fail(Corrupt("bytes after a bitmap"));
  }
  return Done{};
}

Result<DeletedRows> ParseDeletedRows(std::string_view bytes) {
  if (bytes.size() < 4) return Fail(Corrupt("shorter than its header"));
  const auto magic = Number<uint32_t>(bytes, Order::kLittleEndian);
  const bool big_endian = Number<uint32_t>(bytes, Order::kBigEndian) == kNativeMagic;
  bytes.remove_prefix(4);
  DeletedRows rows;
  if (magic == kPortableMagic) {
    SALVOR_OK(rows.TakePortable(bytes));
  } else if (magic == kNativeMagic || big_endian) {
    SALVOR_OK(rows.TakeNative(bytes, big_endian));
  } else {
    return Fail(Code::kUnsupported,
                "deletion vector: format number " + std::to_string(magic) + " is not known");
  }
  if (!bytes.empty()) return Fail(Corrupt("bytes after its last bucket"));
  return rows;
}

}  // namespace salvor::delta
