#include "bigquery/recovery/reader_present.h"

#include <string>
#include <utility>

#include "bigquery/recovery/recreate_table.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

// A deleted table that is there again, made by apply or by somebody else. If it is as the plan
// defines it, nothing has moved, and its rows decide.
Result<warehouse::Present> LookAtRemade(const Connection& connection, const model::Plan& plan,
                                        const Table& table) {
  warehouse::Present present;
  present.at = connection.api.Now();
  present.table = plan.table;
  present.state = StateOfDeleted(MillisOf(*present.at));
  SALVOR_TRY(const auto defined, DefinedTable(connection, plan));
  SALVOR_OK(CheckFillable(connection, table, defined));
  const model::Tally now = TallyOf(table.rows, table.bytes);
  present.partitions.push_back({PresentDigest("", now), now});
  return present;
}

}  // namespace

Result<warehouse::Present> ReadPresent(const Connection& connection, const model::Plan& plan) {
  const TableName& name = connection.table;
  SALVOR_TRY(auto table, connection.api.GetTable(name));
  const auto planned = model::ToRestore(plan);
  warehouse::Present present;
  present.partitions.resize(planned.size());
  present.at = connection.api.Now();
  const int64_t now = MillisOf(*present.at);
  if (!table) {
    present.table = IdentityOfDeleted(name);
    present.state = StateOfDeleted(now);
    return present;
  }
  if (IsOfDeletedTable(plan)) return LookAtRemade(connection, plan, *table);
  present.table = IdentityOf(*table);
  SALVOR_TRY(auto policies, connection.api.ListRowAccessPolicies(name));
  present.state = StateOf(*table, policies, now);
  SALVOR_OK(ForEach(planned.size(), kRequestsInFlight, [&](size_t i) -> Status {
    SALVOR_TRY(const std::string id, PartitionIdOf(*table, planned[i]->key));
    SALVOR_TRY(const model::Tally tally, TallyNow(connection.api, *table, id));
    present.partitions[i] = {PresentDigest(id, tally), tally};
    return Done{};
  }));
  return present;
}

}  // namespace salvor::bigquery
