// The names of BigQuery's datasets and tables, as people write them and as the service wants them.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::bigquery {

struct DatasetName {
  std::string project;
  std::string dataset;

  auto operator<=>(const DatasetName&) const = default;
};

struct TableName {
  std::string project;
  std::string dataset;
  std::string table;

  auto operator<=>(const TableName&) const = default;
  [[nodiscard]] DatasetName Dataset() const { return {project, dataset}; }
};

// "bigquery:project.dataset.table". The project may carry a domain ("example.com:project"). A
// decorator ($, @), a wildcard, white space around it or a character that the service does not
// allow is kInvalidArgument: such a name would mean another table, or a part of one.
Result<TableName> ParseTableUri(std::string_view uri);
// "PROJECT.DATASET", the root of a staging place.
Result<DatasetName> ParseDatasetName(std::string_view text);

// "bigquery:project.dataset.table"
std::string UriOf(const TableName& name);
// "project.dataset.table", "project.dataset": for people and for paths in staging.
std::string FormatName(const TableName& name);
std::string FormatName(const DatasetName& name);

// True for "events_20260131": one day of a date-sharded table.
bool LooksSharded(std::string_view table);

}  // namespace salvor::bigquery
