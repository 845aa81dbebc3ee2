// What a decorated name stands for: which life of the table, which of its rows.
// Source: bigquery/docs/time-travel, restore-deleted-tables.
#pragma once

#include <string>

#include "testing/bigquery_server/access/authority.h"
#include "testing/bigquery_server/store/store.h"

namespace salvor::testing::bigquery {

enum class Purpose {
  kMetadata,  // tables.get: of tables that are there
  kQuery,     // of tables that are there
  kCopy,      // a copy job's source: deleted tables too
};

struct Sighting {
  Table* table = nullptr;
  Slice slice;  // without the streaming buffer
};

// A negative @ counts back from now. Refuses instants outside the window, partition ids that do not
// fit, and deleted tables where the purpose does not allow them, in the service's words.
Result<Sighting> Look(Store& store, const TableName& name, const Decorated& decorated,
                      Purpose purpose);

// Row-access policies, even past ones, keep all but a few roles from a table's past.
Status WantPast(Authority& authority, const std::string& who, const Table& table);

}  // namespace salvor::testing::bigquery
