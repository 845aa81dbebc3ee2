// How far back a table can be read.
#pragma once

#include <optional>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/rest/client.h"
#include "bigquery/table/counted_rows.h"

namespace salvor::bigquery {

struct Reach {
  Instant first;          // the earliest instant that will be asked about
  bool whole = false;     // nothing older can be read, since there was no table
  bool replaced = false;  // an older table of this name can be read
  std::string reason;
};

// By the dataset's window, or later: `since`, or when the table came to be. A table that is younger
// than the window may have taken the place of one that can be read still (CREATE OR REPLACE): that
// is asked by a count, at `known_since` too, when the first job in the window had written to a
// table of this name. kRefused where the count would cost too much.
Result<Reach> FindReach(RowCounter& counter, const Table& table, const Dataset& dataset,
                        Instant now, std::optional<Instant> since,
                        std::optional<Instant> known_since);

// After it the rows of that instant can no longer be read.
Instant DeadlineOf(int64_t snapshot, const Dataset& dataset);
std::string DeadlineReason(const Dataset& dataset);

}  // namespace salvor::bigquery
