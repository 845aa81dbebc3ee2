// Duration properties of a table, as Spark's CalendarInterval spells them.

#include <array>
#include <cctype>
#include <charconv>

#include "delta/action.h"

namespace salvor::delta {
namespace {

struct Unit {
  std::string_view name;  // singular
  int64_t micros;
};
constexpr std::array<Unit, 7> kUnits = {{{"week", 604'800'000'000},
                                         {"day", 86'400'000'000},
                                         {"hour", 3'600'000'000},
                                         {"minute", 60'000'000},
                                         {"second", 1'000'000},
                                         {"millisecond", 1'000},
                                         {"microsecond", 1}}};

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!words.back().empty()) words.emplace_back();
    } else if (c != '\'') {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<int64_t> MicrosOf(std::string_view unit) {
  if (unit.size() > 1 && unit.back() == 's') unit.remove_suffix(1);
  for (const Unit& known : kUnits)
    if (unit == known.name) return known.micros;
  return std::nullopt;
}

}  // namespace

Result<Millis> ParseInterval(std::string_view text) {
  const auto bad = [text] {
    return Fail(Code::kCorrupt, "'" + std::string(text) + "' is not a duration", {},
                "Durations look like 'interval 7 days'");
  };
  std::vector<std::string> words = Words(text);
  if (!words.empty() && words[0] == "interval") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0) return bad();
  int64_t total = 0;
  for (size_t i = 0; i < words.size(); i += 2) {
    int64_t count = 0;
    const char* end = words[i].data() + words[i].size();
    const auto [stop, error] = std::from_chars(words[i].data(), end, count);
    const std::optional<int64_t> unit = MicrosOf(words[i + 1]);
    int64_t span = 0;
    if (error != std::errc() || stop != end || !unit ||
        __builtin_mul_overflow(count, *unit, &span) || __builtin_add_overflow(total, span, &total))
      return bad();
  }
  if (total < 0) return bad();
  return Millis(total / 1000);
}

}  // namespace salvor::delta
