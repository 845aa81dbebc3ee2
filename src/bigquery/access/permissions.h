// What the caller may do, asked before it is tried (tables.testIamPermissions, which needs no
// right).
#pragma once

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// kPermission, with the name of the right, for a caller who may not write the table's rows. Done if
// the service does not tell: the first write will.
Status CheckMayWrite(Api& api, const TableName& table);

}  // namespace salvor::bigquery
