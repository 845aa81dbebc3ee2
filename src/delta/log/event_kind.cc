// What kind of event a commit is.

#include <algorithm>
#include <array>
#include <string_view>

#include "delta/log/history.h"

namespace salvor::delta {
namespace {

bool StartsWithAny(std::string_view text, const auto& names) {
  return std::any_of(names.begin(), names.end(),
                     [text](std::string_view name) { return text.substr(0, name.size()) == name; });
}

constexpr std::array<std::string_view, 3> kUpkeep = {"OPTIMIZE", "REORG", "VACUUM"};
constexpr std::array<std::string_view, 2> kRewrite = {"UPDATE", "MERGE"};
// Named by Spark, delta-rs and kernels for what takes rows out or puts a whole new content in.
constexpr std::array<std::string_view, 11> kRemoval = {
    "DELETE", "TRUNCATE", "WRITE",  "RESTORE", "CREATE",          "REPLACE",
    "CLONE",  "FSCK",     "INSERT", "DROP",    "STREAMING UPDATE"};

}  // namespace

bool IsUpkeep(const std::string& operation) { return StartsWithAny(operation, kUpkeep); }

bool CarriesRowsOver(const std::string& operation) {
  constexpr std::array<std::string_view, 3> kCarrying = {"DELETE", "UPDATE", "MERGE"};
  return StartsWithAny(operation, kCarrying);
}

bool PutsBack(const std::string& operation) {
  constexpr std::array<std::string_view, 1> kRestore = {"RESTORE"};
  return StartsWithAny(operation, kRestore);
}

model::EventKind KindOf(const EventTraits& traits) {
  using model::EventKind;
  if (traits.all_without_data_change || IsUpkeep(traits.operation))
    return traits.rows_fell ? EventKind::kRewrite : EventKind::kUpkeep;
  if (traits.by_salvor) return EventKind::kRemoval;
  if (traits.emptied_without_data_change) return EventKind::kRewrite;
  if (StartsWithAny(traits.operation, kRewrite)) return EventKind::kRewrite;
  if (StartsWithAny(traits.operation, kRemoval)) return EventKind::kRemoval;
  return traits.adds ? EventKind::kRewrite : EventKind::kRemoval;
}

}  // namespace salvor::delta
