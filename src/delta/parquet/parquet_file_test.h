// The smallest files that are Parquet by their footers, for tests without a writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace salvor::delta {

// Values of Thrift's compact protocol, as text to put together.
class ThriftText {
 public:
  static std::string Varint(uint64_t value) {
    std::string bytes;
    for (; value >= 0x80U; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    return bytes + static_cast<char>(value);
  }
  static std::string Integer(int64_t value) {
    return Varint(static_cast<uint64_t>(value) << 1U ^ static_cast<uint64_t>(value >> 63U));
  }
  static std::string TableHead(int id_step, int type) {
    return std::string(1, static_cast<char>(id_step << 4U | type));
  }
  static std::string I32(int id_step, int64_t value) {
    return TableHead(id_step, 5) + Integer(value);
  }
  static std::string I64(int id_step, int64_t value) {
    return TableHead(id_step, 6) + Integer(value);
  }
  static std::string Text(std::string_view text) { return Varint(text.size()) + std::string(text); }
  static std::string Binary(int id_step, std::string_view text) {
    return TableHead(id_step, 8) + Text(text);
  }
  // `elements` are that many values of `type`, one behind the other; fewer than 15.
  static std::string List(int id_step, int count, int type, const std::string& elements) {
    return TableHead(id_step, 9) + TableHead(count, type) + elements;
  }
  static std::string Stop() { return std::string(1, '\0'); }
};

struct TinyParquet {
  std::string content;  // of the only column chunk: no pages, since nothing reads them
  int64_t rows = 10;
  std::string column = "x";
  // What a damaged footer says otherwise.
  int64_t group_rows = -1;
  int64_t values = -1;
  int64_t data_page = 4;
  std::string path = {};
  int64_t chunk_type = 2;

  [[nodiscard]] std::string Metadata() const {
    using T = ThriftText;
    const auto size = static_cast<int64_t>(content.size());
    const std::string root = T::Binary(4, "schema") + T::I32(1, 1) + T::Stop();
    const std::string leaf = T::I32(1, 2) + T::I32(2, 1) + T::Binary(1, column) + T::Stop();
    const std::string chunk = T::I32(1, chunk_type) + T::List(1, 1, 5, T::Integer(0)) +
                              T::List(1, 1, 8, T::Text(path.empty() ? column : path)) +
                              T::I32(1, 0) + T::I64(1, values < 0 ? rows : values) +
                              T::I64(1, size) + T::I64(1, size) + T::I64(2, data_page) + T::Stop();
    const std::string column_chunk = T::I64(2, 0) + T::TableHead(1, 12) + chunk + T::Stop();
    const std::string group = T::List(1, 1, 12, column_chunk) + T::I64(1, size) +
                              T::I64(1, group_rows < 0 ? rows : group_rows) + T::Stop();
    return T::I32(1, 1) + T::List(1, 2, 12, root + leaf) + T::I64(1, rows) +
           T::List(1, 1, 12, group) + T::Stop();
  }
  [[nodiscard]] std::string Bytes() const {
    const std::string metadata = Metadata();
    std::string length;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      length += static_cast<char>(metadata.size() >> shift & 0xFFU);
    }
    return "PAR1" + content + metadata + length + "PAR1";
  }
};

}  // namespace salvor::delta
