#include "delta/protocol/type_widening.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace salvor::delta {
namespace {

struct Decimal {
  int precision = 0;
  int scale = 0;
};

std::optional<Decimal> ParseDecimal(std::string_view text) {
  constexpr std::string_view kOpen = "decimal(";
  if (!text.starts_with(kOpen) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(kOpen.size());
  Decimal decimal;
  const char* end = text.data() + text.size();
  auto [after, error] = std::from_chars(text.data(), end, decimal.precision);
  if (error != std::errc() || after == end || *after != ',') return std::nullopt;
  auto [last, error_2] = std::from_chars(after + 1, end, decimal.scale);
  if (error_2 != std::errc() || last == end || *last != ')') return std::nullopt;
  return decimal;
}

// Position in byte, short, integer, long; -1 for others.
int IntegerRank(std::string_view type) {
  static constexpr std::array<std::string_view, 4> kOrder = {"byte", "short", "integer", "long"};
  for (size_t i = 0; i < kOrder.size(); ++i) {
    if (kOrder.at(i) == type) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace

bool Widens(std::string_view from, std::string_view to) {
  const int rank = IntegerRank(from);
  if (rank >= 0 && IntegerRank(to) >= rank) return true;
  if (to == "double" && (from == "float" || (rank >= 0 && rank <= 2))) return true;
  if (from == "date" && to == "timestamp_ntz") return true;
  const auto target = ParseDecimal(to);
  if (!target) return false;
  // The digits that must fit before the point: 10 for what fits an integer, 20 for a long.
  if (rank >= 0) return target->precision - target->scale >= (rank == 3 ? 20 : 10);
  const auto source = ParseDecimal(from);
  return source && target->scale >= source->scale &&
         target->precision - target->scale >= source->precision - source->scale;
}

}  // namespace salvor::delta
