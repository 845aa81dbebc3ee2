#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {

model::Tally TallyOf(int64_t rows, int64_t bytes) {
  return {.rows = rows, .bytes = bytes, .files = rows > 0 ? 1 : 0};
}

Result<model::Tally> TallyNow(Api& api, const Table& table, const std::string& id) {
  SALVOR_TRY(auto answer, api.GetTable(table.name, id.empty() ? "" : "$" + id));
  return answer ? TallyOf(answer->rows, answer->bytes) : model::Tally{};
}

Result<int64_t> CountRows(const Connection& connection, const TableName& table,
                          const std::string& id) {
  SALVOR_TRY(auto found, connection.api.GetTable(table, id.empty() ? "" : "$" + id));
  return found ? found->rows : 0;
}

}  // namespace salvor::bigquery
