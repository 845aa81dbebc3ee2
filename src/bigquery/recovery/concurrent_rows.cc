#include "bigquery/recovery/concurrent_rows.h"

#include <fmt/format.h>

#include "base/text.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/table/row_counts.h"
#include "model/partition.h"

namespace salvor::bigquery {

Result<std::string> RowsOfOthers(const Connection& connection, const model::Plan& plan,
                                 const Planned& planned, const std::map<size_t, int64_t>& left) {
  for (const auto& [index, expected] : left) {
    SALVOR_TRY(const int64_t rows, CountRows(connection, connection.table, planned.ids[index]));
    if (rows <= expected) continue;
    return fmt::format(
        "partition {} has {}, and {} were left there: somebody else wrote to it in the same moment",
        model::FormatKey(plan.columns, planned.partitions[index]->key), Plural(rows, "row"),
        FormatCount(expected));
  }
  return std::string();
}

}  // namespace salvor::bigquery
