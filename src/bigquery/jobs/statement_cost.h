// What a statement is billed, from the bytes that it reads. Pure.
#pragma once

#include <cstdint>

namespace salvor::bigquery {

// The least that a query on a table is billed (pricing, "on-demand compute": 10 MB per table).
inline constexpr int64_t kLeastBilled = 10 << 20U;

// The most that one query is billed which processes these bytes of so many tables, however they are
// shared among them: each table's are rounded up to the next MB, and to that least (also where a
// table turns out to have nothing to read; the service may bill nothing for it then).
int64_t MostBilled(int64_t processed, int64_t tables);

}  // namespace salvor::bigquery
