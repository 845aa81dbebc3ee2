// What the server knows of projects, datasets and tables: plain values. Rows lie in DuckDB
// (rows.h).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "testing/bigquery_server/store/partitioning.h"
#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kHourMs = 3'600'000;
inline constexpr int64_t kDayMs = 24 * kHourMs;

struct TableName {
  std::string project;
  std::string dataset;
  std::string table;
  // "p:d.t"
  [[nodiscard]] std::string Text() const { return project + ":" + dataset + "." + table; }
  [[nodiscard]] Json Reference() const {
    return {{"projectId", project}, {"datasetId", dataset}, {"tableId", table}};
  }
  auto operator<=>(const TableName&) const = default;
};

// Where a clone or a snapshot came from.
struct Origin {
  TableName base;
  int64_t at_ms = 0;
};

struct SchemaVersion {
  int64_t from_ms = 0;
  std::vector<Column> columns;
};

// One life of a table: from its creation to its deletion or replacement.
struct Table {
  int64_t number = 0;  // its rows are DuckDB's table r<number>
  TableName name;
  std::string type = "TABLE";  // VIEW, EXTERNAL, MATERIALIZED_VIEW, SNAPSHOT
  Json body = Json::object();  // what callers set, by REST's names; no schema, no partitioning
  std::vector<SchemaVersion> schemas;
  int64_t next_physical = 0;
  Partitioning partitioning;
  std::vector<std::string> clustering;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t deleted_ms = kForever;
  int64_t window_ms = 0;  // the dataset's window when it was deleted
  bool replaced = false;  // ended by CREATE OR REPLACE, not by a deletion
  int64_t revision = 0;   // counts changes, for the etag
  Json row_policies = Json::array();
  bool had_row_policies = false;
  Json iam = Json::object();
  std::optional<Origin> clone_of;
  std::optional<Origin> snapshot_of;
  int depth = 0;                  // of the chain of clones and snapshots
  int64_t buffered_since_ms = 0;  // the oldest row in the streaming buffer; 0: there is none

  [[nodiscard]] bool HoldsRows() const { return type == "TABLE" || type == "SNAPSHOT"; }
  [[nodiscard]] const std::vector<Column>& Columns() const { return schemas.back().columns; }
  // Of that instant; the first schema for one before it.
  [[nodiscard]] const std::vector<Column>& ColumnsAt(int64_t at_ms) const;
  [[nodiscard]] std::string Etag() const;
  [[nodiscard]] bool RequiresFilter() const;
  // When it is deleted by itself; kForever if never.
  [[nodiscard]] int64_t ExpiresMs() const;
};

struct Dataset {
  std::string project;
  std::string id;
  Json body =
      Json::object();  // access, labels, defaults, maxTimeTravelHours ... as callers set them
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  int64_t revision = 0;
  std::map<std::string, std::vector<Table>> tables;  // id -> its lives, oldest first

  [[nodiscard]] std::string Text() const { return project + ":" + id; }
  [[nodiscard]] std::string Location() const { return TextAt(body, "location", "US"); }
  [[nodiscard]] int64_t WindowMs() const;
  [[nodiscard]] std::string Etag() const;
};

struct Project {
  std::string id;
  Json iam = Json::object();
  std::map<std::string, Dataset> datasets;
};

// Copied to undo a change that failed half-way.
struct Catalogue {
  std::map<std::string, Project> projects;
  int64_t next_number = 1;
};

// "t$20240101@1700000000000" taken apart. 400 for a decorator that is none.
struct Decorated {
  std::string table;
  std::optional<std::string> partition;
  std::optional<int64_t> at;  // as written: negative means before now
};
Result<Decorated> ParseDecorated(const std::string& text);

// 400 unless it is a legal dataset (letters, digits, _) or table id.
Status CheckDatasetId(const std::string& id);
Status CheckTableId(const std::string& id);

}  // namespace salvor::testing::bigquery
