#include "delta/parquet/metadata.h"

#include <algorithm>
#include <array>
#include <limits>

#include "delta/parquet/thrift_compact.h"

namespace salvor::delta {
namespace {

using Chunk = ParquetMetadata::Chunk;
using Element = ParquetMetadata::Element;
using RowGroup = ParquetMetadata::RowGroup;

// What parquet.thrift says of a field. A writer writes all required ones, in ascending order.
struct FieldShape {
  uint8_t type = ThriftReader::kStop;  // kStop: no such field
  bool required = false;
  uint8_t element = ThriftReader::kStop;      // of a list; kStop: not looked at
  const struct StructShape* inner = nullptr;  // of a struct, or of a list of structs
};

struct StructShape {
  std::array<FieldShape, 18> fields{};  // by id, from 0
  int32_t last = 0;
};

constexpr FieldShape kBool{ThriftReader::kTrue};
constexpr FieldShape kI16{ThriftReader::kI16};
constexpr FieldShape kI32{ThriftReader::kI32};
constexpr FieldShape kI64{ThriftReader::kI64};
constexpr FieldShape kBinary{ThriftReader::kBinary};
constexpr FieldShape kStruct{ThriftReader::kStruct};

constexpr FieldShape ListOf(uint8_t element, const StructShape* inner = nullptr) {
  return {ThriftReader::kList, false, element, inner};
}
constexpr FieldShape StructOf(const StructShape& inner) {
  return {ThriftReader::kStruct, false, ThriftReader::kStop, &inner};
}
constexpr FieldShape Required(FieldShape field) {
  field.required = true;
  return field;
}

// The fields from id 1 on.
template <typename... Fields>
constexpr StructShape Shape(Fields... fields) {
  return {{FieldShape{}, fields...}, static_cast<int32_t>(sizeof...(fields))};
}

constexpr StructShape kStatistics =
    Shape(kBinary, kBinary, kI64, kI64, kBinary, kBinary, kBool, kBool);
constexpr StructShape kPageEncoding = Shape(Required(kI32), Required(kI32), Required(kI32));
constexpr StructShape kSizeStatistics =
    Shape(kI64, ListOf(ThriftReader::kI64), ListOf(ThriftReader::kI64));
constexpr StructShape kKeyValue = Shape(Required(kBinary), kBinary);
constexpr StructShape kSchemaElement =
    Shape(kI32, kI32, kI32, Required(kBinary), kI32, kI32, kI32, kI32, kI32, kStruct);
constexpr StructShape kChunkMetadata = Shape(
    Required(kI32), Required(ListOf(ThriftReader::kI32)), Required(ListOf(ThriftReader::kBinary)),
    Required(kI32), Required(kI64), Required(kI64), Required(kI64),
    ListOf(ThriftReader::kStruct, &kKeyValue), Required(kI64), kI64, kI64, StructOf(kStatistics),
    ListOf(ThriftReader::kStruct, &kPageEncoding), kI64, kI32, StructOf(kSizeStatistics), kStruct);
constexpr StructShape kColumnChunk =
    Shape(kBinary, Required(kI64), kStruct, kI64, kI32, kI64, kI32, kStruct, kBinary);
constexpr StructShape kRowGroup =
    Shape(Required(ListOf(ThriftReader::kStruct)), Required(kI64), Required(kI64),
          ListOf(ThriftReader::kStruct), kI64, kI64, kI16);
constexpr StructShape kFileMetadata =
    Shape(Required(kI32), Required(ListOf(ThriftReader::kStruct)), Required(kI64),
          Required(ListOf(ThriftReader::kStruct)), ListOf(ThriftReader::kStruct, &kKeyValue),
          kBinary, ListOf(ThriftReader::kStruct), kStruct, kBinary);

class Thrift : public ThriftReader {
 public:
  using ThriftReader::ThriftReader;

  // Reads a struct of this shape, and breaks where it is not one. `take(id)` reads a value and says
  // true, or leaves it to be passed over.
  template <typename Take>
  void Fields(const StructShape& shape, Take take) {
    int32_t before = 0;
    uint32_t seen = 0;
    Struct([&](int32_t id, uint8_t type) {
      if (id <= before) return Break();
      before = id;
      if (id > shape.last) {
        odd_ = true;  // of a later format, or damage
        return Skip(type);
      }
      const FieldShape& field = shape.fields[static_cast<size_t>(id)];
      const bool boolean = field.type == kTrue && type == kFalse;
      if (field.type != type && !boolean) return Break();
      seen |= 1U << static_cast<uint32_t>(id);
      if (!take(id)) Pass(field);
    });
    for (int32_t id = 1; id <= shape.last; ++id) {
      const bool there = (seen >> static_cast<uint32_t>(id) & 1U) != 0;
      if (shape.fields[static_cast<size_t>(id)].required && !there) Break();
    }
  }

  // Calls `take` for each element of a list of this type.
  template <typename Take>
  void Elements(uint8_t type, Take take) {
    const ListHead list = List();
    if (list.size > 0 && list.type != type) return Break();
    for (uint64_t i = 0; i < list.size && !Broken(); ++i) take();
  }

  [[nodiscard]] bool Odd() const { return odd_; }

 private:
  void Pass(const FieldShape& field) {
    const auto nothing = [](int32_t) { return false; };
    if (field.type == kList && field.element != kStop) {
      return Elements(field.element, [&] {
        if (field.inner == nullptr) return Skip(field.element);
        Fields(*field.inner, nothing);
      });
    }
    if (field.inner != nullptr) return Fields(*field.inner, nothing);
    Skip(field.type);
  }

  bool odd_ = false;
};

Element ReadElement(Thrift& in) {
  Element element;
  in.Fields(kSchemaElement, [&](int32_t id) {
    switch (id) {
      case 1:
        element.type = in.Integer();
        return true;
      case 3:
        element.repetition = in.Integer();
        return true;
      case 4:
        element.name = in.Binary();
        return true;
      case 5:
        element.children = in.Integer();
        return true;
      default:
        return false;
    }
  });
  return element;
}

void ReadChunkMetadata(Thrift& in, Chunk& chunk) {
  const auto number = [&](int32_t id) -> int64_t* {
    switch (id) {
      case 1:
        return &chunk.type;
      case 4:
        return &chunk.codec;
      case 5:
        return &chunk.values;
      case 6:
        return &chunk.uncompressed;
      case 7:
        return &chunk.compressed;
      case 9:
        return &chunk.data_page;
      case 11:
        return &chunk.dictionary_page;
      default:
        return nullptr;
    }
  };
  in.Fields(kChunkMetadata, [&](int32_t id) {
    constexpr int32_t kPath = 3;
    int64_t* const into = number(id);
    if (into != nullptr) *into = in.Integer();
    if (id == kPath) in.Elements(Thrift::kBinary, [&] { chunk.path.push_back(in.Binary()); });
    return into != nullptr || id == kPath;
  });
}

Chunk ReadChunk(Thrift& in) {
  Chunk chunk;
  int64_t offsets[2] = {0, 0};
  int64_t lengths[2] = {0, 0};
  in.Fields(kColumnChunk, [&](int32_t id) {
    switch (id) {
      case 1:
        chunk.elsewhere = true;
        return false;
      case 3:
        ReadChunkMetadata(in, chunk);
        return true;
      case 4:
      case 6:
        offsets[id == 4 ? 0 : 1] = in.Integer();
        return true;
      case 5:
      case 7:
        lengths[id == 5 ? 0 : 1] = in.Integer();
        return true;
      case 8:
      case 9:
        chunk.encrypted = true;
        return false;
      default:
        return false;
    }
  });
  constexpr int64_t kFar = std::numeric_limits<int64_t>::max() / 4;
  for (size_t i = 0; i < 2; ++i) {
    const bool sane = offsets[i] >= 0 && offsets[i] < kFar && lengths[i] >= 0;
    chunk.furthest_index = std::max(chunk.furthest_index, sane ? offsets[i] + lengths[i] : kFar);
  }
  return chunk;
}

RowGroup ReadRowGroup(Thrift& in) {
  RowGroup group;
  in.Fields(kRowGroup, [&](int32_t id) {
    constexpr int32_t kColumns = 1;
    constexpr int32_t kRows = 3;
    if (id == kColumns)
      in.Elements(Thrift::kStruct, [&] { group.chunks.push_back(ReadChunk(in)); });
    if (id == kRows) group.rows = in.Integer();
    return id == kColumns || id == kRows;
  });
  return group;
}

ParquetMetadata ReadAll(Thrift& in) {
  ParquetMetadata metadata;
  in.Fields(kFileMetadata, [&](int32_t id) {
    switch (id) {
      case 1:
        metadata.version = in.Integer();
        return true;
      case 2: {
        const std::string_view rest = in.Rest();
        in.Elements(Thrift::kStruct, [&] { metadata.schema.push_back(ReadElement(in)); });
        metadata.schema_bytes = rest.substr(0, rest.size() - in.Rest().size());
        return true;
      }
      case 3:
        metadata.rows = in.Integer();
        return true;
      case 4:
        in.Elements(Thrift::kStruct, [&] { metadata.groups.push_back(ReadRowGroup(in)); });
        return true;
      case 8:
        metadata.encrypted = true;
        return false;
      default:
        return false;
    }
  });
  return metadata;
}

}  // namespace

std::optional<ParquetMetadata> ReadParquetMetadata(std::string_view bytes) {
  Thrift in(bytes);
  ParquetMetadata metadata = ReadAll(in);
  if (in.Broken() || !in.AtEnd()) return std::nullopt;
  metadata.odd = in.Odd();
  return metadata;
}

}  // namespace salvor::delta
