// What apply will be billed on BigQuery, among a plan's warnings, by dry runs of the table as it
// was, since before persist there is no private copy to ask about.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"
#include "model/examination.h"

namespace salvor::bigquery {

// True if nothing keeps the partition from coming back.
bool ComesBack(const model::Examined& one);

struct QueryCosts {
  int64_t writing = 0;
  int64_t comparing = 0;

  [[nodiscard]] int64_t Total() const { return writing + comparing; }
  // Each is held to the limit by itself.
  [[nodiscard]] int64_t Least() const { return std::max(writing, comparing); }
};
// Of these partitions of the examination, where they go by a query.
using AskCosts = std::function<Result<QueryCosts>(const std::vector<size_t>&)>;

// Adds to the warnings how many partitions go back by a query, why, and what that will be billed at
// most, where any do. To the notes: what goes by copy jobs, billed nothing; and, where columns
// changed and nobody chose --by-name, what that would cost. `ask`'s errors.
Status TellCost(const Table& today, bool by_name, int64_t max_bytes_billed,
                const std::vector<size_t>& only_by_name, const AskCosts& ask,
                model::Examination& examination);

}  // namespace salvor::bigquery
