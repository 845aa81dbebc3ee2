#include "testing/bigquery_server/store/time_travel.h"

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

Result<Sighting> Look(Store& store, const TableName& name, const Decorated& decorated,
                      Purpose purpose) {
  Sighting seen;
  if (decorated.at) {
    int64_t at = *decorated.at;
    if (at < 0) at += store.clock().NowMs();
    // @0 is the earliest instant that can be read.
    if (*decorated.at == 0) {
      SALVOR_TRY(Table* const now, store.FindTable(name));
      at = store.ReadableFrom(*now);
    }
    SALVOR_TRY(seen.table, store.FindTableAt(name, at, purpose == Purpose::kCopy));
    seen.slice.at_ms = at;
  } else {
    SALVOR_TRY(seen.table, store.FindTable(name));
  }
  if (decorated.partition) {
    SALVOR_OK(CheckPartitionId(seen.table->partitioning, *decorated.partition, name.Text()));
    seen.slice.partition = decorated.partition;
  }
  return seen;
}

Status WantPast(Authority& authority, const std::string& who, const Table& table) {
  if (!table.had_row_policies) return Done{};
  return authority.WantTable(who, "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions",
                             table);
}

}  // namespace salvor::testing::bigquery
