// The partition values of files, as the log spells them, each distinct set kept once and known by a
// number. What they mean is decided later, under a head: see KeyOf.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

namespace salvor::delta {

// Sorted by name; "" is null.
using LoggedValues = std::vector<std::pair<std::string, std::optional<std::string>>>;

// Thread-safe. Numbers are dense, from 0.
class Spellings {
 public:
  uint32_t Intern(LoggedValues values);
  [[nodiscard]] LoggedValues Values(uint32_t number) const;
  [[nodiscard]] size_t Count() const;

 private:
  mutable std::mutex mutex_;
  std::vector<LoggedValues> values_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

// One thread's memory of the texts that it has met, so that it asks the shared one only once for
// each.
class SpellingCache {
 public:
  explicit SpellingCache(Spellings& shared) : shared_(shared) {}

  // The text of a JSON object. kCorrupt if it maps names to anything but strings and nulls.
  Result<uint32_t> OfJson(std::string_view object);
  // Any other encoding of the same; `values` is called for a text that is new.
  template <typename MakeValues>
  uint32_t Of(std::string_view text, MakeValues values) {
    if (const uint32_t* known = Find(text)) return *known;
    return Remember(text, shared_.Intern(values()));
  }

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  const uint32_t* Find(std::string_view text);
  uint32_t Remember(std::string_view text, uint32_t number);

  Spellings& shared_;
  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> known_;
  std::string last_text_;
  uint32_t last_ = 0;
  bool has_last_ = false;
};

}  // namespace salvor::delta
