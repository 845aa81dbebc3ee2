#include "delta/parquet_metadata.h"

#include <algorithm>
#include <limits>

#include "delta/thrift_compact.h"

namespace salvor::delta {
namespace {

using Chunk = ParquetMetadata::Chunk;
using Element = ParquetMetadata::Element;
using RowGroup = ParquetMetadata::RowGroup;

// The last field of each struct that parquet.thrift has; one behind it is a later format's, or
// damage.
constexpr int32_t kLastOfElement = 10;
constexpr int32_t kLastOfChunkMetadata = 17;
constexpr int32_t kLastOfChunk = 9;
constexpr int32_t kLastOfGroup = 7;
constexpr int32_t kLastOfMetadata = 9;

class Thrift : public ThriftReader {
 public:
  using ThriftReader::ThriftReader;

  // Skips a field that is of no interest; notes one that the format does not have.
  void Pass(int32_t id, uint8_t type, int32_t last) {
    if (id > last) odd_ = true;
    Skip(type);
  }
  [[nodiscard]] bool Odd() const { return odd_; }

 private:
  bool odd_ = false;
};

// A member of the type that the format gives it; one of another type breaks the reading.
bool Is(Thrift& in, uint8_t type, uint8_t wanted) {
  if (type == wanted) return true;
  in.Break();
  return false;
}

void TakeInteger(Thrift& in, uint8_t type, uint8_t wanted, int64_t& into) {
  if (Is(in, type, wanted)) into = in.Integer();
}

template <typename Take>
void TakeStructs(Thrift& in, uint8_t type, Take take) {
  if (!Is(in, type, Thrift::kList)) return;
  const Thrift::ListHead list = in.List();
  if (list.size > 0 && !Is(in, list.type, Thrift::kStruct)) return;
  for (uint64_t i = 0; i < list.size && !in.Broken(); ++i) take();
}

Element ReadElement(Thrift& in) {
  Element element;
  in.Struct([&](int32_t id, uint8_t type) {
    switch (id) {
      case 1:
        return TakeInteger(in, type, Thrift::kI32, element.type);
      case 3:
        return TakeInteger(in, type, Thrift::kI32, element.repetition);
      case 4:
        if (Is(in, type, Thrift::kBinary)) element.name = in.Binary();
        return;
      case 5:
        return TakeInteger(in, type, Thrift::kI32, element.children);
      default:
        return in.Pass(id, type, kLastOfElement);
    }
  });
  return element;
}

void ReadChunkMetadata(Thrift& in, Chunk& chunk) {
  in.Struct([&](int32_t id, uint8_t type) {
    switch (id) {
      case 1:
        return TakeInteger(in, type, Thrift::kI32, chunk.type);
      case 3: {
        if (!Is(in, type, Thrift::kList)) return;
        const Thrift::ListHead list = in.List();
        if (list.size > 0 && !Is(in, list.type, Thrift::kBinary)) return;
        for (uint64_t i = 0; i < list.size && !in.Broken(); ++i) chunk.path.push_back(in.Binary());
        return;
      }
      case 4:
        return TakeInteger(in, type, Thrift::kI32, chunk.codec);
      case 5:
        return TakeInteger(in, type, Thrift::kI64, chunk.values);
      case 6:
        return TakeInteger(in, type, Thrift::kI64, chunk.uncompressed);
      case 7:
        return TakeInteger(in, type, Thrift::kI64, chunk.compressed);
      case 9:
        return TakeInteger(in, type, Thrift::kI64, chunk.data_page);
      case 11:
        return TakeInteger(in, type, Thrift::kI64, chunk.dictionary_page);
      default:
        return in.Pass(id, type, kLastOfChunkMetadata);
    }
  });
}

Chunk ReadChunk(Thrift& in) {
  Chunk chunk;
  int64_t offsets[2] = {0, 0};
  int64_t lengths[2] = {0, 0};
  in.Struct([&](int32_t id, uint8_t type) {
    switch (id) {
      case 1:
        chunk.elsewhere = true;
        return in.Skip(type);
      case 3:
        if (Is(in, type, Thrift::kStruct)) ReadChunkMetadata(in, chunk);
        return;
      case 4:
      case 6:
        return TakeInteger(in, type, Thrift::kI64, offsets[id == 4 ? 0 : 1]);
      case 5:
      case 7:
        return TakeInteger(in, type, Thrift::kI32, lengths[id == 5 ? 0 : 1]);
      case 8:
      case 9:
        chunk.encrypted = true;
        return in.Skip(type);
      default:
        return in.Pass(id, type, kLastOfChunk);
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
  in.Struct([&](int32_t id, uint8_t type) {
    switch (id) {
      case 1:
        return TakeStructs(in, type, [&] { group.chunks.push_back(ReadChunk(in)); });
      case 3:
        return TakeInteger(in, type, Thrift::kI64, group.rows);
      default:
        return in.Pass(id, type, kLastOfGroup);
    }
  });
  return group;
}

ParquetMetadata ReadAll(Thrift& in) {
  ParquetMetadata metadata;
  in.Struct([&](int32_t id, uint8_t type) {
    switch (id) {
      case 1:
        return TakeInteger(in, type, Thrift::kI32, metadata.version);
      case 2: {
        const std::string_view rest = in.Rest();
        TakeStructs(in, type, [&] { metadata.schema.push_back(ReadElement(in)); });
        metadata.schema_bytes = rest.substr(0, rest.size() - in.Rest().size());
        return;
      }
      case 3:
        return TakeInteger(in, type, Thrift::kI64, metadata.rows);
      case 4:
        return TakeStructs(in, type, [&] { metadata.groups.push_back(ReadRowGroup(in)); });
      case 8:
        metadata.encrypted = true;
        return in.Skip(type);
      default:
        return in.Pass(id, type, kLastOfMetadata);
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
