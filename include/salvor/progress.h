// What a long call tells a person meanwhile.
#pragma once

#include <cstdint>
#include <string_view>

#pragma GCC visibility push(default)
namespace salvor {

/// Derive from it, and hand it to Table::Open or Case::Open. Both methods are called from any
/// thread, also at the same time, and must return soon; what they are handed lives as long as the
/// call.
class Progress {
 public:
  virtual ~Progress() = default;
  /// "reading the log", 120 of 2000; `total` is 0 where it is not known. Comes often: show what you
  /// like of it.
  virtual void Tell(std::string_view step, int64_t done, int64_t total) = 0;
  /// What a person must know at once: why nothing happens, what is about to be paid. Data from
  /// outside may stand in it: escape it before a terminal sees it.
  virtual void Note(std::string_view line) = 0;
};

}  // namespace salvor
#pragma GCC visibility pop
