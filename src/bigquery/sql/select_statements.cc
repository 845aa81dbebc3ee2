#include "bigquery/sql/select_statements.h"

#include <fmt/format.h>

#include <utility>

#include "bigquery/sql/projection.h"
#include "bigquery/sql/quoting.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

std::string Labels(const std::map<std::string, std::string>& labels) {
  std::string text;
  for (const auto& [key, value] : labels) {
    text += fmt::format("{}({}, {})", text.empty() ? "" : ", ", QuoteText(key), QuoteText(value));
  }
  return "[" + text + "]";
}

// One side of a comparison: each row as text, and 1 in the side's own column.
Result<std::string> Side(const RowSet& rows, const Comparison& comparison, bool staged) {
  SALVOR_TRY(std::string text, RowText(comparison.present.fields, rows.fields));
  SALVOR_TRY(std::string where, comparison.filter.Where(comparison.ids));
  return fmt::format(
      "    SELECT {} AS partition_id, {} AS row_text, {} AS staged, {} AS present\n"
      "    FROM {} AS t\n"
      "    WHERE {}\n",
      comparison.filter.IdExpression(comparison.ids), text, staged ? 1 : 0, staged ? 0 : 1,
      QuoteTable(rows.table), where);
}

Result<std::string> WhereOf(const PartitionFilter& filter, const std::vector<std::string>& ids) {
  if (ids.empty()) return filter.EveryRow();
  return filter.Where(ids);
}

}  // namespace

std::string InstantLiteral(Instant instant) {
  std::string text = FormatInstant(instant);  // 2026-11-22T15:20:58.123Z
  text[text.find('T')] = ' ';
  text.pop_back();
  return fmt::format("TIMESTAMP '{}+00'", text);
}

std::string AsOf(const std::optional<Instant>& at) {
  return at ? " FOR SYSTEM_TIME AS OF " + InstantLiteral(*at) : std::string();
}

std::string CloneStatement(const CloneRequest& request) {
  std::string more;
  if (!request.kms_key.empty()) more += ",\n  kms_key_name = " + QuoteText(request.kms_key);
  if (request.drop_partition_expiry) more += ",\n  partition_expiration_days = NULL";
  return fmt::format(
      "CREATE TABLE {}\n"
      "CLONE {}\n"
      "FOR SYSTEM_TIME AS OF {}\n"
      "OPTIONS (\n"
      "  expiration_timestamp = {},\n"
      "  labels = {}{}\n"
      ")",
      QuoteTable(request.copy), QuoteTable(request.source), InstantLiteral(request.as_of),
      InstantLiteral(request.expires), Labels(request.labels), more);
}

std::string MarkStatement(const TableName& copy, Instant expires,
                          const std::map<std::string, std::string>& labels) {
  return fmt::format("ALTER TABLE {}\nSET OPTIONS (expiration_timestamp = {}, labels = {})",
                     QuoteTable(copy), InstantLiteral(expires), Labels(labels));
}

std::string DropStatement(const TableName& copy) {
  return fmt::format("DROP TABLE {}", QuoteTable(copy));
}

Result<std::string> CountStatement(const TableName& table, const PartitionFilter& filter,
                                   const std::vector<std::string>& ids, std::optional<Instant> at) {
  SALVOR_TRY(std::string where, WhereOf(filter, ids));
  return fmt::format(
      "SELECT {} AS partition_id, COUNT(*) AS row_count\n"
      "FROM {} AS t{}\n"
      "WHERE {}\n"
      "GROUP BY partition_id",
      ids.empty() ? filter.IdOfEveryRow() : filter.IdExpression(ids), QuoteTable(table), AsOf(at),
      where);
}

Result<std::string> PastRowsStatement(const TableName& table, const PartitionFilter& filter,
                                      const std::vector<std::string>& ids, Instant at) {
  SALVOR_TRY(std::string where, WhereOf(filter, ids));
  return fmt::format("SELECT * FROM {} AS t{}\nWHERE {}", QuoteTable(table), AsOf(at), where);
}

Result<std::string> RescueStatement(const TableName& table, const PartitionFilter& filter,
                                    Instant at) {
  SALVOR_TRY(const std::string where, filter.Where({std::string(model::kUnpartitioned)}));
  return fmt::format(
      "CREATE TABLE `PROJECT.PRIVATE_DATASET.rescued` AS SELECT * FROM {} AS t FOR SYSTEM_TIME AS "
      "OF {} WHERE {}",
      QuoteTable(table), InstantLiteral(at), where);
}

Result<std::string> FingerprintStatement(const RowSet& rows, const std::vector<Field>& shape,
                                         const PartitionFilter& filter,
                                         const std::vector<std::string>& ids) {
  SALVOR_TRY(std::string text, RowText(shape, rows.fields));
  SALVOR_TRY(std::string where, filter.Where(ids));
  return fmt::format(
      "SELECT partition_id, COUNT(*) AS row_count,\n"
      "  CAST(SUM(CAST(row_hash AS BIGNUMERIC)) AS STRING) AS hash_sum,\n"
      "  BIT_XOR(row_hash) AS hash_xor\n"
      "FROM (\n"
      "  SELECT {} AS partition_id, FARM_FINGERPRINT({}) AS row_hash\n"
      "  FROM {} AS t{}\n"
      "  WHERE {}\n"
      ")\n"
      "GROUP BY partition_id",
      filter.IdExpression(ids), text, QuoteTable(rows.table), AsOf(rows.as_of), where);
}

Result<std::string> RelationStatement(const Comparison& comparison) {
  std::string sides;
  for (const RowSet& rows : comparison.staged) {
    SALVOR_TRY(std::string side, Side(rows, comparison, true));
    sides += side + "    UNION ALL\n";
  }
  SALVOR_TRY(std::string present, Side(comparison.present, comparison, false));
  return fmt::format(
      "SELECT partition_id, SUM(staged) AS staged_rows, SUM(present) AS present_rows,\n"
      "  SUM(LEAST(staged, present)) AS common_rows\n"
      "FROM (\n"
      "  SELECT partition_id, row_text, SUM(staged) AS staged, SUM(present) AS present\n"
      "  FROM (\n"
      "{}"
      "  )\n"
      "  GROUP BY partition_id, row_text\n"
      ")\n"
      "GROUP BY partition_id",
      sides + present);
}

Result<std::string> MissingStatement(const Comparison& comparison) {
  SALVOR_TRY(std::string relation, RelationStatement(comparison));
  return fmt::format(
      "SELECT partition_id, staged_rows - common_rows AS missing_rows\n"
      "FROM (\n{}\n)\n"
      "WHERE staged_rows > common_rows\n"
      "ORDER BY partition_id",
      relation);
}

}  // namespace salvor::bigquery
