// Partitions in GoogleSQL: which rows belong to the partitions with these ids, and to which one a
// row belongs. Every filter names the partition column, so a table that requires a partition filter
// takes it, and only the named partitions are read and billed. No filter loses a row to NULL: the
// partition of NULLs and that of values outside the range are named by themselves. Pure.
//
// Ids as the service writes them ("Managing partitioned tables", "Partition decorators"):
// yyyymmddhh, yyyymmdd, yyyymm, yyyy in UTC, the start of an integer range, __NULL__,
// __UNPARTITIONED__ (dates before 1960 or after 2159, integers outside the range), and "" for the
// whole of a table without partitions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

class PartitionFilter {
 public:
  // Checks that the partition column is there and of a type that the kind allows (kCorrupt). The
  // table's rows stand under the alias `t` in every text that this gives out.
  static Result<PartitionFilter> Make(const Partitioning& partitioning,
                                      const std::vector<Field>& fields);

  // For a table that is dealt with as a whole though it has partitions: the one id that it knows is
  // "". Errors as for Make.
  static Result<PartitionFilter> MakeWhole(const Partitioning& partitioning,
                                           const std::vector<Field>& fields);

  // A condition that is true for exactly the rows of these partitions; neighbours are joined into
  // one range. kInvalidArgument for an
  // id that is not one of this table's, and for no ids at all. kUnsupported for rows that no
  // condition can tell apart (__UNPARTITIONED__ by ingestion time, which is the streaming buffer).
  [[nodiscard]] Result<std::string> Where(const std::vector<std::string>& ids) const;

  // A STRING expression: the id of the row's partition, right for rows that Where(ids) lets
  // through.
  [[nodiscard]] std::string IdExpression(const std::vector<std::string>& ids) const;

  // A condition that is true for every row, and still a filter on the partition column: a table may
  // ask for one.
  [[nodiscard]] std::string EveryRow() const;
  // A STRING expression: the id of any row's partition. By time of ingestion, a row of the
  // streaming buffer has none yet, and counts as __UNPARTITIONED__.
  [[nodiscard]] std::string IdOfEveryRow() const;

  // The start of one partition as a literal of its column's type, for _PARTITIONTIME. As Where.
  [[nodiscard]] Result<std::string> StartLiteral(const std::string& id) const;

  [[nodiscard]] const Partitioning& Of() const { return partitioning_; }

 private:
  PartitionFilter(Partitioning partitioning, std::string column, std::string type)
      : partitioning_(std::move(partitioning)),
        column_(std::move(column)),
        type_(std::move(type)) {}

  // A partition as a number of its unit: hours, days, months, years, or steps of the range.
  [[nodiscard]] Result<int64_t> UnitOf(std::string_view id) const;
  [[nodiscard]] std::string Bound(int64_t unit) const;
  [[nodiscard]] bool HasEnd(int64_t unit) const;
  [[nodiscard]] std::string Between(int64_t first, int64_t last) const;
  [[nodiscard]] std::string Outside() const;
  [[nodiscard]] std::string Day(const char* day) const;

  Partitioning partitioning_;
  std::string column_;  // `t`.`name`
  std::string type_;    // DATE, TIMESTAMP, DATETIME, INT64; "" without partitions
  bool whole_ = false;
};

}  // namespace salvor::bigquery
