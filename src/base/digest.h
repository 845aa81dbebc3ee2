// SHA-256, the one digest that identifies plans, journals' lines and staged content.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace salvor {

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// The same, fed in pieces. Not thread-safe; Finish may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(std::string_view bytes);
  // Length-prefixed, so that ("ab","c") and ("a","bc") differ.
  void UpdateField(std::string_view field);
  [[nodiscard]] std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// True for exactly 64 lower-case hexadecimal digits.
bool IsSha256Hex(std::string_view text);

}  // namespace salvor
