// The metadata in a Parquet footer, as far as it says where the rows are.
// Source: parquet.thrift of the format, in Thrift's compact protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace salvor::delta {

// Text points into the bytes that were parsed. Members of which nothing was said are -1.
struct ParquetMetadata {
  // One element of the schema's list; the tree is depth first.
  struct Element {
    int64_t type = -1;
    int64_t repetition = -1;
    std::string_view name;
    int64_t children = 0;
  };
  struct Chunk {
    int64_t type = -1;
    std::vector<std::string_view> path;
    int64_t codec = -1;
    int64_t values = -1;
    int64_t compressed = -1;
    int64_t uncompressed = -1;
    int64_t data_page = -1;
    int64_t dictionary_page = 0;  // 0: none, as some writers spell it
    bool elsewhere = false;       // in another file
    bool encrypted = false;
    int64_t furthest_index = 0;  // the end of its column and offset index
  };
  struct RowGroup {
    std::vector<Chunk> chunks;
    int64_t rows = -1;
  };

  int64_t version = 0;
  std::vector<Element> schema;
  std::string_view schema_bytes;
  int64_t rows = -1;
  std::vector<RowGroup> groups;
  bool encrypted = false;
  bool odd = false;  // it has fields that this version of the format does not know
};

// Nothing for bytes that are not exactly one such struct.
std::optional<ParquetMetadata> ReadParquetMetadata(std::string_view bytes);

}  // namespace salvor::delta
