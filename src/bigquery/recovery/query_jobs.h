// The query jobs of a plan: rows by name into the table, and taken back out of it.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/sql/apply_transaction.h"

namespace salvor::bigquery {

struct Change {
  Instant at;
  bool already = false;  // an earlier run's job did it
  std::string moved;     // not empty: an assertion did not hold, and nothing was written
};

inline constexpr const char* kInPortions =
    "Nothing was written. Plan in portions (--partitions), each with a --case folder of its own";
inline constexpr const char* kTakeBackByHand =
    "Nothing was taken back. Delete the rows by hand, some partitions at a time, or leave them";
// kRefused beyond kPartitionsInQuery, before anything is asked of the service; `next` is what to do
// instead.
Status CheckFitsInQuery(size_t partitions, const std::string& place, const std::string& next);

// One transaction for these partitions, under the plan's job id. kRefused beyond the bytes limit.
Result<Change> ApplyRows(const OpenedPlan& opened, const std::vector<size_t>& which);
// Takes back what apply wrote into these. `attempt`: the number of one that may be made now. Where
// another run has its id, that job may have taken back others than these: ask FindUndone.
Result<Change> UndoRows(const OpenedPlan& opened, const std::vector<size_t>& which, int attempt);

// The scripts themselves, for people: the same texts that the two above run. A deleted table is
// made first, empty, if it is not there.
Result<Transaction> ApplyText(const OpenedPlan& opened, const std::vector<size_t>& which);
Result<Transaction> UndoText(const OpenedPlan& opened, const std::vector<size_t>& which);

// What they are written from: the partitions by the private copy that they come from, each with the
// rows that it must have.
Result<ApplyTransaction> TransactionOf(const OpenedPlan& opened, const std::vector<size_t>& which);

}  // namespace salvor::bigquery
