// Which partitions lost rows, and between which two counts: as close as asking is worth.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/table/counted_rows.h"
#include "model/inventory.h"

namespace salvor::bigquery {

// What a partition held, by instant.
using Timeline = std::map<int64_t, int64_t>;
using Timelines = std::map<std::string, Timeline>;

// Every partition that any of the counts shows, at each of them. `now` is the last.
Timelines TimelinesOf(const std::map<int64_t, Counts>& counts);

// Rows at the last count that is not after the instant.
int64_t RowsAt(const Timeline& timeline, int64_t at);

// Partitions that have fewer rows at `end` than at `begin`, with nothing counted between.
struct Loss {
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<std::string> ids;
};

// By end.
std::vector<Loss> LossesOf(const Timelines& timelines);
int64_t RowsRemoved(const Timelines& timelines, const Loss& loss);

// Halves the time of those losses that are not `settled`, by counts of their partitions alone,
// until it is a minute or until no more may be asked, and adds what it learns to `timelines`.
// Losses for which the budget does not suffice stay as they are; false if there were such.
Result<bool> Narrow(RowCounter& counter, const std::function<bool(const Loss&)>& settled,
                    Timelines& timelines);

}  // namespace salvor::bigquery
