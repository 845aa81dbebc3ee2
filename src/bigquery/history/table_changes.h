// The jobs of a table as changes that each took effect at once: what may have removed rows, and
// when. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bigquery/history/jobs_view.h"

namespace salvor::bigquery {

// One job; or the statements of one script, which may all have taken effect when it ended.
struct TableChange {
  std::vector<const TableJob*> jobs;
  int64_t started = 0;             // ms since 1970
  int64_t ended = 0;               // the latest that it can have taken effect
  std::vector<std::string> ids;    // the partitions that its destinations name; none: any
  bool may_remove = false;         // not certain to have left every row
  bool may_expire = false;         // it may have set an expiration, which takes partitions later
  bool may_add = false;            // rows may have come with it
  bool untold = false;             // whether it replaced rows or added some, nobody has said
  std::optional<int64_t> removed;  // rows, by its own account
  int64_t inserted = 0;            // by its own account
  int64_t updated = 0;

  [[nodiscard]] bool MayTouch(const std::string& id) const;
  // Something of it can have happened after `begin`, and not after `end`.
  [[nodiscard]] bool RanIn(int64_t begin, int64_t end) const {
    return started <= end && ended >= begin;
  }
};

// By start. Borrows the jobs.
std::vector<TableChange> ChangesOf(const std::vector<TableJob>& jobs);

struct InstantsRequest {
  int64_t first = 0;  // the window
  int64_t now = 0;
  bool every_job_is_known = false;  // all projects' jobs were read, and what they did with rows
};

struct Instants {
  // To be counted, besides now: the window's first, right before each change that may have removed
  // rows or let them expire, right after it where something else wrote before the next; and once a
  // day where not every job is known.
  std::vector<int64_t> needed;
  // After each write, or of many after the last one of each day: what was written and removed
  // inside the window shows there, also where no job says that it was removed.
  std::vector<int64_t> helpful;
  int64_t not_by_themselves = 0;  // changes that were too many for instants of their own
};

Instants InstantsToCount(const std::vector<TableChange>& changes, const InstantsRequest& request);

}  // namespace salvor::bigquery
