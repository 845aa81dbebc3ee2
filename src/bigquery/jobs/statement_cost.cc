#include "bigquery/jobs/statement_cost.h"

#include <algorithm>

namespace salvor::bigquery {

int64_t MostBilled(int64_t processed, int64_t tables) {
  constexpr int64_t kMegabyte = 1 << 20U;
  const int64_t whole = (std::max<int64_t>(processed, 0) + kMegabyte - 1) / kMegabyte * kMegabyte;
  return std::max(whole, kLeastBilled) + (tables - 1) * kLeastBilled;
}

int64_t BillOfStatement(const std::vector<int64_t>& tables) {
  int64_t bill = 0;
  for (const int64_t bytes : tables) bill += MostBilled(bytes, 1);
  return bill;
}

int64_t BillOfWriting(const GroupBytes& group) {
  int64_t inserted = 0;
  int64_t bill = 0;
  if (group.fill) {
    inserted += group.fill->staged;
    bill += BillOfStatement({0});                 // nothing is there before
    bill += BillOfStatement({group.fill->keys});  // as many as were staged are there afterwards
  }
  if (group.replace) {
    const auto& [staged, present, keys] = *group.replace;
    inserted += staged;
    bill += BillOfStatement({staged, present});
    // DELETE: what it looks for, and the partitions that it changes.
    bill += BillOfStatement({keys + present});
    bill += BillOfStatement({staged, staged});
  }
  if (group.beside) {
    const auto& [staged, present, keys] = *group.beside;
    inserted += staged;
    bill += BillOfStatement({staged, present});
    bill += BillOfStatement({staged, present + staged});
  }
  return bill + BillOfStatement({inserted});
}

int64_t BillOfComparing(const GroupBytes& group) {
  if (!group.replace && !group.beside) return 0;
  PartsBytes both;
  for (const auto& parts : {group.replace, group.beside}) {
    if (!parts) continue;
    both.staged += parts->staged;
    both.present += parts->present;
  }
  return BillOfStatement({both.staged, both.present});
}

}  // namespace salvor::bigquery
