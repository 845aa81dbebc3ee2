// What it takes to make a deleted table again, as the plan holds it. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"
#include "model/plan.h"

namespace salvor::bigquery {

// JSON text: schema, partitioning, clustering, options, expirations and tags of a table, and
// nothing else of its resource.
std::string DefinitionOf(const Table& table);

// The table that such a text describes. Also one that a person gave (what bq show --format=json
// printed, or a part of it): without "type" it is a TABLE, without "schema" it has no fields.
// kInvalidArgument, naming what is wrong.
Result<Table> TableOfDefinition(const TableName& name, std::string_view definition);

// True for a plan that was made while the table was not there.
bool IsOfDeletedTable(const model::Plan& plan);

// What of a table that is there is not as defined, where a row would notice: columns, partitions,
// clusters, encryption key. "" if nothing.
std::string HowItDiffers(const Table& found, const Table& defined);

// What does not come back with the table, a line each, for a person to set again.
std::vector<std::string> ToSetAgain(const Table& defined);

}  // namespace salvor::bigquery
