#include "bigquery/access/permissions.h"

namespace salvor::bigquery {

Status CheckMayWrite(Api& api, const TableName& table) {
  constexpr const char* kWrite = "bigquery.tables.updateData";
  const auto granted = api.TestPermissions(table, {kWrite});
  if (!granted || !granted->empty()) return Done{};
  return Fail(
      Code::kPermission,
      std::string("you may not write the table's rows: ") + kWrite + " is missing", UriOf(table),
      "Let somebody apply the case who has that right; salvor doctor shows what is missing");
}

}  // namespace salvor::bigquery
