// The words of the vocabulary, as JSON and people see them: one table for each enumeration.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "model/finding.h"
#include "model/plan.h"
#include "model/proof.h"

namespace salvor::model {

inline constexpr std::array<std::pair<Health, std::string_view>, 7> kHealthNames{{
    {Health::kIntact, "intact"},
    {Health::kMissing, "missing"},
    {Health::kPartial, "partial"},
    {Health::kChanged, "changed"},
    {Health::kBroken, "broken"},
    {Health::kUnexpected, "unexpected"},
    {Health::kExpired, "expired"},
}};
inline constexpr std::array<std::pair<Disposition, std::string_view>, 5> kDispositionNames{{
    {Disposition::kRestore, "restore"},
    {Disposition::kRerun, "rerun"},
    {Disposition::kLeave, "leave"},
    {Disposition::kLost, "lost"},
    {Disposition::kReview, "review"},
}};
inline constexpr std::array<std::pair<Mode, std::string_view>, 5> kModeNames{{
    {Mode::kAdd, "add"},
    {Mode::kReplace, "replace"},
    {Mode::kBeside, "beside"},
    {Mode::kInvert, "invert"},
    {Mode::kInstead, "instead"},
}};
inline constexpr std::array<std::pair<ComparedBy, std::string_view>, 4> kComparedByNames{{
    {ComparedBy::kFingerprints, "fingerprints"},
    {ComparedBy::kRows, "rows"},
    {ComparedBy::kCopiedRows, "copied rows"},
    {ComparedBy::kCounts, "counts"},
}};
inline constexpr std::array<std::pair<EventKind, std::string_view>, 3> kEventKindNames{{
    {EventKind::kRemoval, "removal"},
    {EventKind::kRewrite, "rewrite"},
    {EventKind::kUpkeep, "upkeep"},
}};

template <typename E, size_t N>
std::string_view NameOf(const std::array<std::pair<E, std::string_view>, N>& names, E value) {
  for (const auto& [candidate, name] : names) {
    if (candidate == value) return name;
  }
  return {};
}

template <typename E, size_t N>
Result<E> ValueOf(const std::array<std::pair<E, std::string_view>, N>& names,
                  std::string_view name) {
  for (const auto& [value, candidate] : names) {
    if (candidate == name) return value;
  }
  return Fail(Code::kCorrupt, "unknown word '" + std::string(name) + "'");
}

}  // namespace salvor::model
