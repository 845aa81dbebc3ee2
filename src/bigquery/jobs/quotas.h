// The service's limits that a recovery meets, as "Quotas and limits" has them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instant.h"

namespace salvor::bigquery {

// Partitions in one table.
inline constexpr int64_t kMostPartitions = 10'000;
// Partitions that one query job may change. A transaction is one job.
inline constexpr size_t kPartitionsInQuery = 4'000;
// 50 modifications of partitions of one table in 10 s. The window is a little longer here: two
// copies that start together need not end together.
inline constexpr int64_t kUpdatesInWindow = 50;
inline constexpr Millis kWindow{10'100};
// Of one project, and of the partitions of one table.
inline constexpr int64_t kCopyJobsInDay = 100'000;
inline constexpr int64_t kUpdatesInDay = 30'000;

}  // namespace salvor::bigquery
