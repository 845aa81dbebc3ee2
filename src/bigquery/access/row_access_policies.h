// Row-access policies in the way. facts: a copy does not carry them, and they close a table's past.
#pragma once

#include "base/error.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// What BigQuery says when row-access policies keep somebody from a table's past names neither them
// nor a way on: for a table that has some, a denial becomes kRefused with their name. Any other
// error is given back as it was.
Error NamePolicies(Error error, Api& api, const TableName& table);

}  // namespace salvor::bigquery
