#include "bigquery/access/row_access_policies.h"

#include <fmt/format.h>

namespace salvor::bigquery {

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
