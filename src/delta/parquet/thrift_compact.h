// Reading Thrift's compact protocol: thrift/doc/specs/thrift-compact-protocol.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace salvor::delta {

// Reads forward. What does not fit sets Broken, after which everything reads as zero or empty; no
// byte behind the end is touched. Allocates nothing.
class ThriftReader {
 public:
  enum Type : uint8_t {
    kStop = 0,
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kI16 = 4,
    kI32 = 5,
    kI64 = 6,
    kDouble = 7,
    kBinary = 8,
    kList = 9,
    kSet = 10,
    kMap = 11,
    kStruct = 12,
    kUuid = 13,
  };
  struct Field {
    int32_t id = 0;
    uint8_t type = kStop;
  };
  struct ListHead {
    uint64_t size = 0;
    uint8_t type = kStop;
  };

  explicit ThriftReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool Broken() const { return broken_; }
  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }
  // What is still to be read.
  [[nodiscard]] std::string_view Rest() const { return bytes_; }

  // The head of the next field of a struct, whose last one was `before`; kStop at its end.
  Field NextField(int32_t before);
  int64_t Integer();  // i16, i32 and i64
  std::string_view Binary();
  // A list that claims more elements than there are bytes is broken.
  ListHead List();
  void Skip(uint8_t type, int depth = 0);
  void Break() {
    broken_ = true;
    bytes_ = {};
  }

  // Calls `take(id, type)` for each field of a struct; `take` reads or skips the value.
  template <typename Take>
  void Struct(Take take) {
    int32_t id = 0;
    while (!broken_) {
      const Field field = NextField(id);
      if (field.type == kStop) return;
      id = field.id;
      take(field.id, field.type);
    }
  }

 private:
  void SkipElement(uint8_t type, int depth);
  uint8_t Byte();
  uint64_t Varint();

  std::string_view bytes_;
  bool broken_ = false;
};

}  // namespace salvor::delta
