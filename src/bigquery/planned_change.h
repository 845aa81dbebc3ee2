// The query jobs of a plan: rows by name into the table, and taken back out of it.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/connection.h"
#include "bigquery/copies.h"
#include "bigquery/planned.h"
#include "bigquery/transaction.h"

namespace salvor::bigquery {

struct Change {
  Instant at;
  bool already = false;  // an earlier run's job did it
  std::string moved;     // not empty: an assertion did not hold, and nothing was written
};

// One transaction for these partitions, under the plan's job id. kRefused beyond the bytes limit.
Result<Change> ApplyRows(const Connection& connection, const model::Plan& plan,
                         const Planned& planned, const Table& today,
                         const std::vector<Copy>& copies, const std::vector<size_t>& which);
// Takes back what apply wrote into these.
Result<Change> UndoRows(const Connection& connection, const model::Plan& plan,
                        const Planned& planned, const Table& today, const std::vector<Copy>& copies,
                        const std::vector<size_t>& which);

// The scripts themselves, for people: the same texts that the two above run.
Result<std::string> ApplyText(const Planned& planned, const Table& today,
                              const std::vector<Copy>& copies, const std::vector<size_t>& which);
Result<std::string> UndoText(const Planned& planned, const Table& today,
                             const std::vector<Copy>& copies, const std::vector<size_t>& which);

// The partitions by the private copy that they come from, each with the rows that it must have.
std::vector<Group> GroupsOf(const Planned& planned, const std::vector<Copy>& copies,
                            const std::vector<size_t>& which);

}  // namespace salvor::bigquery
