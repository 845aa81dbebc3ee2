// What apply will be billed on BigQuery, among a plan's warnings: reckoned from what a dry run says
// of the table as it was, since before persist there is no private copy to ask about. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "bigquery/rest/client.h"
#include "model/examination.h"

namespace salvor::bigquery {

// True if nothing keeps the partition from coming back.
bool ComesBack(const model::Examined& one);

// Adds to the warnings how many partitions go back by a query, why, and what that will be billed at
// most, where any do. To the notes: what goes by copy jobs, billed nothing; and, where columns
// changed and nobody chose --by-name, what that would cost.
void TellCost(const Table& today, bool by_name, int64_t max_bytes_billed,
              const std::vector<size_t>& only_by_name, model::Examination& examination);

}  // namespace salvor::bigquery
