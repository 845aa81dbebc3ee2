// What apply will be billed on BigQuery, statement by statement, from the bytes that it reads.
//
// A plan has it among its warnings, reckoned from the snapshot's own numbers: before persist there
// is no private copy that a dry run could be asked about, and what is not asked is the same for the
// same state, byte for byte. change_cost.h uses the same rule on what dry runs say. Pure.
//
// Source: "Pricing", on-demand compute (10 MB at least for each table that a query reads).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bigquery/api.h"
#include "model/examination.h"

namespace salvor::bigquery {

// The bytes of some partitions that go the same way.
struct PartsBytes {
  int64_t staged = 0;   // in the private copy
  int64_t present = 0;  // in the table
  int64_t keys = 0;     // of what names their partitions alone: where it is filled, of the copy's
                        // rows, else of the table's
};

// Of the partitions that come from one private copy.
struct GroupBytes {
  std::optional<PartsBytes> fill;
  std::optional<PartsBytes> replace;
  std::optional<PartsBytes> beside;
};

// One statement, by the bytes that it reads of each table.
int64_t BillOfStatement(const std::vector<int64_t>& tables);
// The transaction of ApplyScript (transaction.h), one of its groups.
int64_t BillOfWriting(const GroupBytes& group);
// What is compared with the private copy before it is written (CompareRows).
int64_t BillOfComparing(const GroupBytes& group);

// True if nothing keeps the partition from coming back.
bool ComesBack(const model::Examined& one);

// Adds to the warnings how many partitions go back by a query, why, and what that will be billed at
// most, where any do; and, where columns changed and nobody chose --by-name, what that would cost.
// To the notes: what goes by copy jobs, billed nothing.
void TellCost(const Table& today, bool by_name, int64_t max_bytes_billed,
              const std::vector<size_t>& only_by_name, model::Examination& examination);

}  // namespace salvor::bigquery
