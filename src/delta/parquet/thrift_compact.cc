#include "delta/parquet/thrift_compact.h"

namespace salvor::delta {
namespace {

constexpr int kMaxDepth = 64;

int64_t Unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1U) ^ -static_cast<int64_t>(value & 1U);
}

}  // namespace

uint8_t ThriftReader::Byte() {
  if (bytes_.empty()) {
    Break();
    return 0;
  }
  const auto byte = static_cast<uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return byte;
}

uint64_t ThriftReader::Varint() {
  constexpr unsigned kMaxBits = 64;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < kMaxBits; shift += 7) {
    const uint8_t byte = Byte();
    value |= static_cast<uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  Break();
  return 0;
}

ThriftReader::Field ThriftReader::NextField(int32_t before) {
  const uint8_t head = Byte();
  if (broken_ || head == kStop) return {};
  Field field;
  field.type = head & 0x0FU;
  const uint8_t step = head >> 4U;
  field.id = step != 0 ? before + step : static_cast<int32_t>(Unzigzag(Varint()));
  if (field.type == kStop || field.id <= 0) Break();
  return broken_ ? Field{} : field;
}

int64_t ThriftReader::Integer() { return Unzigzag(Varint()); }

std::string_view ThriftReader::Binary() {
  const uint64_t size = Varint();
  if (size > bytes_.size()) {
    Break();
    return {};
  }
  const std::string_view text = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return text;
}

ThriftReader::ListHead ThriftReader::List() {
  const uint8_t head = Byte();
  ListHead list{.size = static_cast<uint64_t>(head >> 4U),
                .type = static_cast<uint8_t>(head & 0x0FU)};
  constexpr uint64_t kLong = 15;
  if (list.size == kLong) list.size = Varint();
  if (list.size > bytes_.size()) Break();
  return broken_ ? ListHead{} : list;
}

// Of a list or a map, where a truth value has a byte of its own: so each takes at least one, and no
// more can be there than bytes.
void ThriftReader::SkipElement(uint8_t type, int depth) {
  const bool boolean = type == kTrue || type == kFalse;
  Skip(boolean ? static_cast<uint8_t>(kByte) : type, depth + 1);
}

void ThriftReader::Skip(uint8_t type, int depth) {
  if (depth > kMaxDepth) return Break();
  switch (type) {
    case kTrue:
    case kFalse:
      return;  // the value is in the type
    case kByte:
      Byte();
      return;
    case kI16:
    case kI32:
    case kI64:
      Varint();
      return;
    case kDouble:
    case kUuid: {
      const size_t size = type == kDouble ? 8 : 16;
      if (bytes_.size() < size) return Break();
      bytes_.remove_prefix(size);
      return;
    }
    case kBinary:
      Binary();
      return;
    case kList:
    case kSet: {
      const ListHead list = List();
      for (uint64_t i = 0; i < list.size && !broken_; ++i) SkipElement(list.type, depth);
      return;
    }
    case kMap: {
      const uint64_t size = Varint();
      if (size == 0) return;
      const uint8_t types = Byte();
      if (size > bytes_.size()) return Break();
      for (uint64_t i = 0; i < size && !broken_; ++i) {
        SkipElement(types >> 4U, depth);
        SkipElement(types & 0x0FU, depth);
      }
      return;
    }
    case kStruct:
      return Struct([&](int32_t, uint8_t inner) { Skip(inner, depth + 1); });
    default:
      return Break();
  }
}

}  // namespace salvor::delta
