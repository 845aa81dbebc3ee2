#include "bigquery/recovery/recreate_table.h"

#include <utility>

#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {

Result<Table> TableToMake(const model::Plan& plan, const TableName& name, const Table& copy) {
  SALVOR_TRY(Table table, TableOfDefinition(name, plan.pins.definition));
  if (!table.fields.empty()) return table;
  table.fields = copy.fields;
  table.resource["schema"] = copy.resource.value("schema", nlohmann::json::object());
  return table;
}

Result<std::optional<Table>> DefinedTable(const Connection& connection, const model::Plan& plan) {
  SALVOR_TRY(Table defined, TableOfDefinition(connection.table, plan.pins.definition));
  if (!defined.fields.empty()) return std::optional(std::move(defined));
  SALVOR_TRY(const auto names, CopyNamesOf(plan, model::PlanDigest(model::FormatPlan(plan))));
  if (names.empty()) return std::optional<Table>();
  SALVOR_TRY(const auto copy, connection.api.GetTable(names.front().table));
  if (!copy) return std::optional<Table>();
  SALVOR_TRY(defined, TableToMake(plan, connection.table, *copy));
  return std::optional(std::move(defined));
}

Status OpenTableToMake(OpenedPlan& opened) {
  const Table& copy = opened.copies.front().table;
  SALVOR_TRY(opened.today, TableToMake(opened.plan, opened.connection.table, copy));
  if (opened.today.partitioning.ByIngestionTime() &&
      !SamePartitions(opened.today.partitioning, copy.partitioning)) {
    return Fail(Code::kUnsupported,
                "the table was partitioned by time of ingestion, and the service's copy of it has "
                "lost the partitions: nothing says any more when a row came in",
                FormatName(copy.name),
                "The rows are safe in the private copy: put them by hand where they belong");
  }
  SALVOR_TRY(const auto found, opened.connection.api.GetTable(opened.connection.table));
  if (!found) return Done{};
  if (found->expires || found->partitioning.expiration) {
    return Fail(Code::kRefused,
                "the table was made again with an expiration that may take what is put back",
                UriOf(found->name), "Lift it until the rows are back, then run apply again");
  }
  return CheckFillable(opened.connection, *found, opened.today);
}

Status CheckFillable(const Connection& connection, const Table& table,
                     const std::optional<Table>& defined) {
  const std::string place = UriOf(table.name);
  const std::string differs = defined ? HowItDiffers(table, *defined) : "";
  if (!differs.empty()) {
    return Fail(Code::kStale,
                "somebody made the table again, and not as the plan defines it: " + differs, place,
                "Nothing was written. Move that table away, or plan anew");
  }
  if (table.streaming) {
    return Fail(Code::kRefused, "rows are in the streaming buffer of the table that was made again",
                place, "Stop the stream, and run apply again when it is empty (within 90 minutes)");
  }
  SALVOR_TRY(const auto policies, connection.api.ListRowAccessPolicies(table.name));
  const std::string why = WhyNotWritten(table, policies);
  if (why.empty()) return Done{};
  return Fail(Code::kRefused, "the table that was made again may not be written to: " + why, place);
}

}  // namespace salvor::bigquery
