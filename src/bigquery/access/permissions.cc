#include "bigquery/access/permissions.h"

#include <fmt/format.h>

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

Error NamePolicies(Error error, Api& api, const TableName& table) {
  if (error.code != Code::kPermission) return error;
  const auto policies = api.ListRowAccessPolicies(table);
  if (!policies || policies->empty()) return error;
  return {Code::kRefused,
          fmt::format("the table has row-access policies ({}): its past may be read only with "
                      "bigquery.rowAccessPolicies.overrideTimeTravelRestrictions, and salvor would "
                      "not restore it even then, since a copy does not carry them",
                      policies->front()),
          UriOf(table), "Ask the owner of the policies"};
}

}  // namespace salvor::bigquery
