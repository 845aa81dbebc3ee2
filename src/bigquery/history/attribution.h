// Who may have taken rows away, and who fits what was counted. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bigquery/history/losses.h"
#include "bigquery/history/table_changes.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// What is known of the rows that went with a loss.
struct Removed {
  int64_t rows = 0;
  // By how much the whole table shrank in the same time, where that was counted.
  std::optional<int64_t> net = {};
};

// Changes that ran at the time of a loss and may have taken its rows.
struct Suspected {
  std::vector<const TableChange*> fitting;  // what they report agrees with what was counted
  std::vector<const TableChange*> others;

  // One change fits and no other does.
  [[nodiscard]] const TableChange* TheOne() const {
    return fitting.size() == 1 ? fitting.front() : nullptr;
  }
};

// Those that count exactly the rows that went, if there are any, fit; else those that may have
// taken as many. One of which nobody says whether it replaced rows never fits.
Suspected WhoMayHave(const std::vector<TableChange>& changes, const Loss& loss,
                     const Removed& removed);

// One change explains it, and nothing else was written while that ran: no closer count is needed.
bool IsExplained(const std::vector<TableChange>& changes, const Loss& loss, const Removed& removed);

// The partition was due to go by the table's own expiration in that time, or up to two days before:
// the service does not say how soon after it is due a partition goes.
bool WasDue(const Partitioning& partitioning, const std::string& id, const Loss& loss);

}  // namespace salvor::bigquery
