#include "bigquery/recovery/concurrent_rows.h"

#include <fmt/format.h>

#include "base/text.h"
#include "bigquery/table/row_counts.h"
#include "model/partition.h"

namespace salvor::bigquery {

Result<std::string> FindConcurrentRows(const OpenedPlan& opened,
                                       const std::map<size_t, int64_t>& left) {
  for (const auto& [index, expected] : left) {
    SALVOR_TRY(const int64_t rows,
               CountRows(opened.connection, opened.connection.table, opened.planned.ids[index]));
    if (rows <= expected) continue;
    return fmt::format(
        "partition {} has {}, and {} were left there: somebody else wrote to it in the same moment",
        model::FormatKey(opened.plan.columns, opened.planned.partitions[index]->key),
        Plural(rows, "row"), FormatCount(expected));
  }
  return std::string();
}

}  // namespace salvor::bigquery
