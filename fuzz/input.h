// What the fuzz targets share: bytes from outside, taken apart, and what must hold of them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// Unlike assert: in every build, and it says where.
#define SALVOR_MUST(condition)                                                             \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "%s:%d: this must hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)

namespace salvor::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  // Up to the separator, which goes too; all of the rest where there is none.
  std::string_view TakeUntil(char separator) {
    const size_t end = rest_.find(separator);
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return taken;
  }
  // 0 where nothing is left.
  uint8_t TakeByte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  [[nodiscard]] std::string_view Rest() const { return rest_; }
  [[nodiscard]] bool Empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace salvor::fuzz
