// What a long step tells a person meanwhile.
#pragma once

#include <cstdint>
#include <string_view>

namespace salvor::warehouse {

class Progress {
 public:
  virtual ~Progress() = default;
  // "reading the log", 120 of 2000; `total` 0 where it is not known. May be called from any thread,
  // often: the receiver decides what to show, and shows nothing in the first second.
  virtual void Tell(std::string_view step, int64_t done, int64_t total) = 0;
  // What a person must know at once: why nothing happens, what is about to be paid. Shown whenever
  // it is said. From any thread.
  virtual void Note(std::string_view line) = 0;
};

// Says nothing.
Progress& NoProgress();

}  // namespace salvor::warehouse
