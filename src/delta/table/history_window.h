// From which version on changes are watched.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"
#include "delta/log/listing.h"

namespace salvor::delta {

struct WindowChoice {
  int64_t first = 0;
  bool whole_history = false;
  std::string reason;
  Instant recent_from;  // as in model::Window
  LogSegment segment;   // to the latest version, passing `first` and every version after it
};

}  // namespace salvor::delta
