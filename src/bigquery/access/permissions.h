// What the caller may do, and what keeps somebody from it.
#pragma once

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// kPermission, with the name of the right, for a caller who may not write the table's rows. Done if
// the service does not tell (tables.testIamPermissions needs no right): the first write will.
Status CheckMayWrite(Api& api, const TableName& table);

// What BigQuery says when row-access policies keep somebody from a table's past names neither them
// nor a way on: for a table that has some, a denial becomes kRefused with their name. Any other
// error is given back as it was.
Error NamePolicies(Error error, Api& api, const TableName& table);

}  // namespace salvor::bigquery
