// Finding when rows went away: the last good millisecond of each loss.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/history/time_travel.h"
#include "model/inventory.h"
#include "warehouse/progress.h"

namespace salvor::bigquery {

// What a partition held, by instant.
using Timeline = std::map<int64_t, model::Tally>;
using Timelines = std::map<std::string, Timeline>;

// A partition that has fewer rows at `end` than at `begin`.
struct Drop {
  std::string id;
  int64_t begin = 0;
  int64_t end = 0;
};

// Between each two neighbouring instants of a timeline.
std::vector<Drop> FindDrops(const Timelines& timelines);

// Halves the time of each drop until `begin` and `end` are neighbouring milliseconds, or until
// `past` refuses to go on (kRefused), and adds what it learns to `timelines`. Partitions that were
// lost together cost one search and two questions each. A partition that lost rows twice between
// two instants gives two drops. Sorted by end, then by id.
Result<std::vector<Drop>> PinDown(Past& past, Timelines& timelines, warehouse::Progress& progress);

}  // namespace salvor::bigquery
