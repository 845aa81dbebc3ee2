#include "bigquery/jobs/statement_cost.h"

#include <algorithm>

namespace salvor::bigquery {

int64_t MostBilled(int64_t processed, int64_t tables) {
  constexpr int64_t kMegabyte = 1 << 20U;
  const int64_t whole = (std::max<int64_t>(processed, 0) + kMegabyte - 1) / kMegabyte * kMegabyte;
  return std::max(whole, kLeastBilled) + (tables - 1) * kLeastBilled;
}

}  // namespace salvor::bigquery
