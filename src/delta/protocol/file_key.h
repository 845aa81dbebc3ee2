// The identity of a logical file (canonical path and vector id) in 128 bits.
//
// Two different files of one table collide with odds of n^2 / 2^129: for ten million files that
// lived in a window, about 1 to 10^25. The bits come from two multiply-mix lanes over all bytes, so
// that no structure of paths (counters, UUIDs, common prefixes) survives in them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace salvor::delta {

struct FileKey {
  uint64_t low = 0;
  uint64_t high = 0;

  bool operator==(const FileKey&) const = default;
};

namespace key_internal {

inline uint64_t Mix(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64U);
}

inline uint64_t Load(const char* bytes, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, size < 8 ? size : 8);
  return word;
}

// Odd constants without pattern: the first digits of the fractional parts of sqrt(2), sqrt(3),
// sqrt(5) and sqrt(7).
inline constexpr uint64_t kSeed0 = 0x6A09E667F3BCC909;
inline constexpr uint64_t kSeed1 = 0xBB67AE8584CAA73B;
inline constexpr uint64_t kSeed2 = 0x3C6EF372FE94F82B;
inline constexpr uint64_t kSeed3 = 0xA54FF53A5F1D36F1;

struct Lanes {
  uint64_t a = kSeed0;
  uint64_t b = kSeed1;

  void Take(uint64_t first, uint64_t second) {
    a = Mix(a ^ first ^ kSeed2, second ^ kSeed1);
    b = Mix(b ^ second ^ kSeed3, first ^ kSeed0) + (first ^ (second << 1U));
  }
  // The blocks of 16 bytes, and then the last 16, which may overlap them: with the size they tell
  // every text from every other one.
  void TakeText(std::string_view text) {
    const char* at = text.data();
    const size_t size = text.size();
    if (size < 16) {
      Take(Load(at, size), size > 8 ? Load(at + 8, size - 8) : 0);
    } else {
      const char* last = at + (size - 16);
      for (; at < last; at += 16) Take(Load(at, 8), Load(at + 8, 8));
      Take(Load(last, 8), Load(last + 8, 8));
    }
    Take(size, kSeed2);
  }
};

}  // namespace key_internal

inline uint64_t MixNumbers(uint64_t a, uint64_t b, uint64_t c) {
  key_internal::Lanes lanes;
  lanes.Take(a, b);
  lanes.Take(c, key_internal::kSeed3);
  return key_internal::Mix(lanes.a ^ key_internal::kSeed1, lanes.b ^ key_internal::kSeed0);
}

// Texts one after the other, each with its length, so that none can look like another one's end.
class KeyMixer {
 public:
  void Take(std::string_view text) { lanes_.TakeText(text); }
  // Tells what follows apart; no text is taken for it.
  void TakeMark(uint64_t mark) { lanes_.Take(mark, key_internal::kSeed0); }
  [[nodiscard]] FileKey Key() const {
    using key_internal::Mix;
    const auto& [a, b] = lanes_;
    return {Mix(a ^ key_internal::kSeed3, b ^ key_internal::kSeed2),
            Mix(b ^ key_internal::kSeed0, a ^ key_internal::kSeed1) + a};
  }

 private:
  key_internal::Lanes lanes_;
};

// For tables by key.
struct ByLowerHalf {
  size_t operator()(const FileKey& key) const { return key.low; }
};

// The identity of a set of files, in any order.
struct KeySum {
  uint64_t count = 0;
  FileKey sum;

  void Take(const FileKey& key) {
    ++count;
    sum.low += key.low;
    sum.high += key.high;
  }
  void Take(const KeySum& other) {
    count += other.count;
    sum.low += other.sum.low;
    sum.high += other.sum.high;
  }
  bool operator==(const KeySum&) const = default;
};

inline FileKey KeyOfFile(std::string_view canonical_path, std::string_view vector_id) {
  KeyMixer mixer;
  mixer.Take(canonical_path);
  if (!vector_id.empty()) mixer.Take(vector_id);
  return mixer.Key();
}

}  // namespace salvor::delta
