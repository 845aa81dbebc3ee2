// Until when removed files can be read: until a VACUUM may take them, or log cleanup the version
// that names them. facts: PROTOCOL.md, "Reader Requirements for tombstones"; Spark's defaults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/instant.h"
#include "delta/protocol/action.h"
#include "delta/protocol/duration.h"

namespace salvor::delta {

struct Deadline {
  std::optional<Instant> at;
  std::string reason;
};

// What the table promises about how long removed things stay.
struct Retention {
  TableDuration files;
  TableDuration log;
  bool log_is_cleaned = true;
};

Retention RetentionOf(const Metadata& metadata);

// The earlier of: a VACUUM may delete the files, of which the first was `removed` then (the epoch:
// at an unknown time; nothing: none was), and a log clean-up may drop `version`, which needs log
// files as old as `oldest_needed`. Saturates: a retention may be as long as 64 bits say.
Deadline EarlierDeadline(const Retention& retention, std::optional<Instant> removed,
                         Instant oldest_needed, int64_t version);

}  // namespace salvor::delta
