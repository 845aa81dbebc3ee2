#include "testing/bigquery_server/store/rows.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

using delta::QuoteIdentifier;
using delta::QuoteLiteral;

namespace {

constexpr int64_t kMemory = int64_t{2} << 30U;

std::string Number(int64_t number) { return std::to_string(number); }

std::string NameOf(const Table& table) { return "r" + Number(table.number); }

std::string Physical(const Column& column) { return "c" + Number(column.physical); }

// "from_ms <= 5 AND to_ms > 5 AND part = '20240101' AND NOT buffered"
std::string Where(const Slice& slice) {
  std::string where = "to_ms = " + Number(kForever);
  if (slice.at_ms) {
    where = "from_ms <= " + Number(*slice.at_ms) + " AND to_ms > " + Number(*slice.at_ms);
  } else if (slice.within) {
    const std::string began = Number(slice.within->began_ms);
    const std::string own = Number(slice.within->own_ms);
    where = "(from_ms <= " + began + " OR from_ms = " + own + ") AND to_ms > " + began +
            " AND to_ms <> " + own;
  }
  if (slice.partition) where += " AND part = " + QuoteLiteral(*slice.partition);
  if (!slice.with_buffer) where += " AND NOT buffered";
  return where;
}

// What Where says, of the row's own marks.
bool Holds(const Slice& slice, int64_t from_ms, int64_t to_ms, const std::string& partition,
           bool buffered) {
  if (slice.partition && partition != *slice.partition) return false;
  if (buffered && !slice.with_buffer) return false;
  if (slice.at_ms) return from_ms <= *slice.at_ms && to_ms > *slice.at_ms;
  if (!slice.within) return to_ms == kForever;
  const TransactionView& view = *slice.within;
  return (from_ms <= view.began_ms || from_ms == view.own_ms) && to_ms > view.began_ms &&
         to_ms != view.own_ms;
}

std::vector<Column> ColumnsOf(const Table& table, const Slice& slice) {
  return slice.at_ms ? table.ColumnsAt(*slice.at_ms) : table.Columns();
}

int64_t AsNumber(const std::optional<std::string>& text) {
  return text ? ParseNumber(*text).value_or(0) : 0;
}

}  // namespace

Rows::Rows() : duck_({.memory_limit_bytes = kMemory, .threads = 2}) {}

Status Rows::Begin() { return duck_.Run("BEGIN TRANSACTION"); }

Status Rows::Commit() { return duck_.Run("COMMIT"); }

void Rows::Rollback() {
  groups_.clear();
  (void)duck_.Run("ROLLBACK");
}

Status Rows::Create(const Table& table) {
  std::string sql = "CREATE TABLE " + NameOf(table) + " (";
  for (const Column& column : table.Columns()) {
    sql += Physical(column) + " " + DuckName(column.field.type) + ", ";
  }
  return duck_.Run(sql + "from_ms BIGINT, to_ms BIGINT, part VARCHAR, buffered BOOLEAN)");
}

Status Rows::AddColumn(const Table& table, const Column& column) {
  return duck_.Run("ALTER TABLE " + NameOf(table) + " ADD COLUMN " + Physical(column) + " " +
                   DuckName(column.field.type));
}

std::string Rows::Select(const Table& table, const Slice& slice,
                         const std::vector<std::string>& extra) const {
  std::string sql;
  for (const Column& column : ColumnsOf(table, slice)) {
    sql +=
        (sql.empty() ? "" : ", ") + Physical(column) + " AS " + QuoteIdentifier(column.field.name);
  }
  for (const std::string& one : extra) sql += (sql.empty() ? "" : ", ") + one;
  return "(SELECT " + sql + " FROM " + NameOf(table) + " WHERE " + Where(slice) + ")";
}

Result<int64_t> Rows::Insert(const Table& table, const std::string& select, const Placed& placed) {
  std::string part = QuoteLiteral(placed.partition.value_or(""));
  if (!placed.partition_sql.empty()) {
    part = placed.partition_sql;
  } else if (placed.buffered) {
    part = QuoteLiteral(table.partitioning.kind == Partitioning::Kind::kNone ? std::string_view("")
                                                                             : kUnpartitioned);
  } else if (!table.partitioning.column.empty()) {
    const auto& columns = table.Columns();
    for (size_t i = 0; i < columns.size(); ++i) {
      if (SameText(columns[i].field.name, table.partitioning.column)) {
        part = PartitionIdSql(table.partitioning, "v" + Number(static_cast<int64_t>(i)));
      }
    }
  }
  std::string names;
  std::string values;
  for (size_t i = 0; i < table.Columns().size(); ++i) {
    names += Physical(table.Columns()[i]) + ", ";
    values += (i == 0 ? "v" : ", v") + Number(static_cast<int64_t>(i));
  }
  const std::string at = Number(placed.at_ms);
  // Cast first: what a row's partition is, is read from the value as it is stored.
  std::string casts;
  for (size_t i = 0; i < table.Columns().size(); ++i) {
    const std::string value = "v" + Number(static_cast<int64_t>(i));
    casts += (casts.empty() ? "CAST(" : ", CAST(") + value + " AS " +
             DuckName(table.Columns()[i].field.type) + ") AS " + value;
  }
  SALVOR_TRY(
      const int64_t count,
      Changed("INSERT INTO " + NameOf(table) + " (" + names +
              "from_ms, to_ms, part, buffered) SELECT " + values + ", " + at + ", " +
              Number(kForever) + ", " + part + ", " + (placed.buffered ? "true" : "false") +
              " FROM (SELECT " + casts + (placed.partition_sql.empty() ? "" : ", salvor_part") +
              " FROM (" + select + ") AS s(" + values +
              (placed.partition_sql.empty() ? "" : ", salvor_part") + "))"));
  const std::string fresh = "from_ms = " + at + " AND to_ms = " + Number(kForever);
  for (const Column& column : table.Columns()) {
    if (!column.field.required) continue;
    SALVOR_TRY(const int64_t nulls,
               CountAt(table, fresh + " AND " + Physical(column) + " IS NULL"));
    if (nulls > 0) {
      return Refuse("invalid", "Required field " + column.field.name + " cannot be null");
    }
  }
  return count;
}

Result<int64_t> Rows::InsertPlaced(const Table& table, const std::string& select, int64_t at_ms) {
  std::string names;
  std::string values;
  for (const Column& column : table.Columns()) {
    names += Physical(column) + ", ";
    values += QuoteIdentifier(column.field.name) + ", ";
  }
  return Changed("INSERT INTO " + NameOf(table) + " (" + names +
                 "from_ms, to_ms, part, buffered) SELECT " + values + Number(at_ms) + ", " +
                 Number(kForever) + ", salvor_part, false FROM " + select);
}

Result<int64_t> Rows::EndByRowid(const Table& table, const std::string& rowids, int64_t at_ms) {
  const std::string at = Number(at_ms);
  return Changed("UPDATE " + NameOf(table) + " SET to_ms = " + at +
                 " WHERE to_ms = " + Number(kForever) + " AND rowid IN (" + rowids + ")");
}

Result<int64_t> Rows::End(const Table& table, const Slice& slice, int64_t at_ms) {
  const std::string at = Number(at_ms);
  return Changed("UPDATE " + NameOf(table) + " SET to_ms = " + at + " WHERE " + Where(slice));
}

Status Rows::Flush(const Table& table, int64_t at_ms) {
  groups_.clear();
  const std::string name = NameOf(table);
  const std::string at = Number(at_ms);
  std::string part = QuoteLiteral(PartitionIdOf(table.partitioning, at_ms));
  if (const Column* column = FindColumn(table.Columns(), table.partitioning.column)) {
    part = PartitionIdSql(table.partitioning, Physical(*column));
  }
  SALVOR_OK(duck_.Run("INSERT INTO " + name + " SELECT * REPLACE (" + at + " AS from_ms, " + part +
                      " AS part, false AS buffered) FROM " + name +
                      " WHERE buffered AND to_ms = " + Number(kForever)));
  return duck_.Run("UPDATE " + name + " SET to_ms = " + at +
                   " WHERE buffered AND to_ms = " + Number(kForever));
}

Result<int64_t> Rows::Changed(const std::string& sql) {
  groups_.clear();
  SALVOR_TRY(const auto rows, duck_.Rows(sql));
  return rows.empty() ? 0 : AsNumber(rows[0][0]);
}

Result<int64_t> Rows::CountAt(const Table& table, const std::string& where) {
  SALVOR_TRY(const auto rows,
             duck_.Rows("SELECT count(*) FROM " + NameOf(table) + " WHERE " + where));
  return AsNumber(rows[0][0]);
}

Result<const std::vector<Rows::Group>*> Rows::GroupsOf(const Table& table,
                                                       const std::string& bytes) {
  const std::string sql = "SELECT part, from_ms, to_ms, buffered, count(*), CAST(sum(" + bytes +
                          ") AS BIGINT) FROM " + NameOf(table) + " GROUP BY ALL";
  const auto [at, is_new] = groups_.try_emplace(sql);
  if (!is_new) return &at->second;
  auto rows = duck_.Rows(sql);
  if (!rows) {
    groups_.erase(at);
    return Fail(std::move(rows).error());
  }
  for (const auto& row : *rows) {
    at->second.push_back({row[0].value_or(""),
                          AsNumber(row[1]),
                          AsNumber(row[2]),
                          row[3] == "true",
                          {AsNumber(row[4]), AsNumber(row[5])}});
  }
  return &at->second;
}

Result<RowTotals> Rows::Totals(const Table& table, const Slice& slice,
                               const std::vector<Column>& columns, const std::string& where,
                               const std::vector<std::string>& extra) {
  const auto sum = [&](auto name) {
    std::string bytes = "0";
    for (const Column& column : columns) bytes += " + " + BytesSql(column.field.type, name(column));
    return bytes;
  };
  if (where.empty()) {
    SALVOR_TRY(const auto* groups, GroupsOf(table, sum(Physical)));
    RowTotals totals;
    for (const Group& group : *groups) {
      if (!Holds(slice, group.from_ms, group.to_ms, group.partition, group.buffered)) continue;
      totals.rows += group.totals.rows;
      totals.bytes += group.totals.bytes;
    }
    return totals;
  }
  std::vector<std::string> items = extra;
  items.emplace_back("rowid AS salvor_rowid");  // a SELECT of something, whatever the columns
  const std::string bytes =
      sum([](const Column& column) { return QuoteIdentifier(column.field.name); });
  SALVOR_TRY(const auto rows,
             duck_.Rows("SELECT count(*), CAST(coalesce(sum(" + bytes + "), 0) AS BIGINT) FROM " +
                        Select(table, slice, items) + " AS t WHERE " + where));
  return RowTotals{AsNumber(rows[0][0]), AsNumber(rows[0][1])};
}

Result<int64_t> Rows::BufferedIn(const Table& table, const std::optional<std::string>& partition) {
  std::string where = "buffered AND to_ms = " + Number(kForever);
  const Column* column = FindColumn(table.Columns(), table.partitioning.column);
  if (partition && column != nullptr) {
    where += " AND " + PartitionIdSql(table.partitioning, Physical(*column)) + " = " +
             QuoteLiteral(*partition);
  }
  return CountAt(table, where);
}

Result<Rows::Meanwhile> Rows::ChangedMeanwhile(const Table& table, const TransactionView& view) {
  const auto changed = [&](const std::string& column) {
    return CountAt(table, column + " > " + Number(view.began_ms) + " AND " + column + " < " +
                              Number(view.own_ms));
  };
  SALVOR_TRY(const int64_t added, changed("from_ms"));
  SALVOR_TRY(const int64_t ended, changed("to_ms"));
  return Meanwhile{added > 0, ended > 0};
}

Result<int64_t> Rows::PartitionsOf(const Table& table, int64_t at_ms) {
  SALVOR_TRY(const auto rows,
             duck_.Rows("SELECT count(DISTINCT part) FROM " + NameOf(table) +
                        " WHERE from_ms = " + Number(at_ms) + " OR to_ms = " + Number(at_ms)));
  return AsNumber(rows[0][0]);
}

Result<int64_t> Rows::LivePartitions(const Table& table) {
  SALVOR_TRY(const auto rows, duck_.Rows("SELECT count(DISTINCT part) FROM " + NameOf(table) +
                                         " WHERE to_ms = " + Number(kForever)));
  return AsNumber(rows[0][0]);
}

Result<int64_t> Rows::CountOutside(const Table& table, const std::string& partition,
                                   int64_t at_ms) {
  return CountAt(table, "from_ms = " + Number(at_ms) + " AND to_ms = " + Number(kForever) +
                            " AND part <> " + QuoteLiteral(partition));
}

Result<std::map<std::string, Rows::PartitionTotals>> Rows::ByPartition(const Table& table,
                                                                       const Slice& slice) {
  std::string bytes = "0";
  for (const Column& column : ColumnsOf(table, slice)) {
    bytes += " + " + BytesSql(column.field.type, Physical(column));
  }
  SALVOR_TRY(const auto rows, duck_.Rows("SELECT part, count(*), CAST(sum(" + bytes +
                                         ") AS BIGINT), max(from_ms) FROM " + NameOf(table) +
                                         " WHERE " + Where(slice) + " GROUP BY part"));
  std::map<std::string, PartitionTotals> partitions;
  for (const auto& row : rows) {
    partitions[row[0].value_or("")] = {{AsNumber(row[1]), AsNumber(row[2])}, AsNumber(row[3])};
  }
  return partitions;
}

std::string BytesSql(const Type& type, const std::string& value) {
  const auto fixed = [&](int bytes) {
    return "(CASE WHEN " + value + " IS NULL THEN 0 ELSE " + std::to_string(bytes) + " END)";
  };
  switch (type.kind) {
    case TypeKind::kBool:
      return fixed(1);
    case TypeKind::kNumeric:
      return fixed(16);
    case TypeKind::kBigNumeric:
      return fixed(32);
    case TypeKind::kString:
      return "coalesce(2 + strlen(" + value + "), 0)";
    case TypeKind::kJson:
      return "coalesce(strlen(" + value + "), 0)";
    case TypeKind::kBytes:
      return "coalesce(2 + octet_length(" + value + "), 0)";
    case TypeKind::kStruct: {
      std::string sum = "(0";
      for (const Field& member : type.fields) {
        sum += " + " + BytesSql(member.type,
                                "struct_extract(" + value + ", " + QuoteLiteral(member.name) + ")");
      }
      return sum + ")";
    }
    case TypeKind::kArray:
      return "coalesce(CAST(list_sum(list_transform(" + value +
             ", lambda e : " + BytesSql(type.fields.front().type, "e") + ")) AS BIGINT), 0)";
    default:
      return fixed(8);
  }
}

}  // namespace salvor::testing::bigquery
