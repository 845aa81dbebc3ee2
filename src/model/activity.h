// One line of a case's journal in plain words: who did what when.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"

namespace salvor::model {

struct Activity {
  int64_t line = 0;
  Instant at;
  std::string step;    // "persist", "apply", "approve", ...
  std::string who;     // "" where the journal does not say
  std::string what;    // "restored 3 partitions in version 12"; not printable-safe
  std::string detail;  // of a failure, in its own words, which may name partitions
  bool alarm = false;  // an override, a rejection, a failure: shown in red
};

}  // namespace salvor::model
