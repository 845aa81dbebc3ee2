// What statements are billed, from the bytes that they read: on what a snapshot's own numbers say
// before there is a private copy (a plan's warnings), and on what dry runs say (apply and undo).
// Pure.
//
// Source: "Pricing", on-demand compute (10 MB at least for each table that a query reads).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace salvor::bigquery {

// The least that a query on a table is billed (pricing, "on-demand compute": 10 MB per table).
inline constexpr int64_t kLeastBilled = 10 << 20U;

// The most that one query is billed which processes these bytes of so many tables, however they are
// shared among them: each table's are rounded up to the next MB, and to that least (also where a
// table turns out to have nothing to read; the service may bill nothing for it then).
int64_t MostBilled(int64_t processed, int64_t tables);

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
// The transaction of ApplyScript (apply_transaction.h), one of its groups.
int64_t BillOfWriting(const GroupBytes& group);
// What is compared with the private copy before it is written (CompareRows).
int64_t BillOfComparing(const GroupBytes& group);

}  // namespace salvor::bigquery
