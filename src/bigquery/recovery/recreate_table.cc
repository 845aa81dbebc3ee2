#include "bigquery/recovery/recreate_table.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

using nlohmann::json;

// As long as it is empty, so that nothing expires in it: a dataset's defaults come with every table
// that is made in it, and what the old one had is a person's to set again.
Result<Table> LiftExpirations(const Connection& connection, const std::string& plan_digest,
                              Table table) {
  if (!table.expires && !table.partitioning.expiration) return table;
  if (!CarriesPlanLabel(table, plan_digest)) {
    return Fail(Code::kRefused,
                "somebody made the table again, with an expiration that may take what is put back",
                UriOf(table.name), "Lift it until the rows are back, then run apply again");
  }
  json change{{"expirationTime", nullptr}};
  if (table.partitioning.expiration) {
    change["timePartitioning"] = table.resource.value("timePartitioning", json::object());
    change["timePartitioning"]["expirationMs"] = nullptr;
  }
  SALVOR_TRY(Table lifted, connection.api.PatchTable(table.name, change, table.etag));
  if (lifted.expires || lifted.partitioning.expiration) {
    return Fail(Code::kRefused, "the table's expiration could not be lifted", UriOf(table.name),
                "Lift the dataset's default expiration, then run apply again");
  }
  return lifted;
}

}  // namespace

Result<Table> TableToMake(const model::Plan& plan, const TableName& name, const Table& copy) {
  SALVOR_TRY(Table table, TableOfDefinition(name, plan.pins.definition));
  if (!table.fields.empty()) return table;
  table.fields = copy.fields;
  table.resource["schema"] = copy.resource.value("schema", json::object());
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

Result<std::string> WhyQuery(const Table& to_make, const Table& copy) {
  const bool same_partitions = SamePartitions(to_make.partitioning, copy.partitioning);
  if (!same_partitions && to_make.partitioning.ByIngestionTime()) {
    return Fail(Code::kUnsupported,
                "the table was partitioned by time of ingestion, and the service's copy of it has "
                "lost the partitions: nothing says any more when a row came in",
                FormatName(copy.name),
                "The rows are safe in the private copy: put them by hand where they belong");
  }
  if (!same_partitions) return std::string("the service's copy of it has lost its partitions");
  if (to_make.clustering != copy.clustering) {
    return std::string("the service's copy of it is clustered in another way");
  }
  const SchemaFit fit = FitSchema(copy.fields, to_make.fields);
  if (fit.same) return std::string();
  return "the service's copy of it has other columns: " +
         (fit.refusal.empty() ? fit.by_name : fit.refusal);
}

Result<bool> FillsByQuery(const Planned& planned, const Table& to_make, const Table& copy) {
  SALVOR_TRY(const std::string why, WhyQuery(to_make, copy));
  if (why.empty() || planned.by_name) return !why.empty();
  return Fail(
      Code::kRefused,
      fmt::format(
          "only a query can fill the deleted table ({}), and the plan allows none: it would "
          "bill about {}",
          why, FormatBytes(BytesToFill(copy.bytes))),
      FormatName(copy.name),
      "The rows are safe in the private copy. Plan anew with --by-name and another --case folder "
      "while time travel reaches the table, or run the query by hand: salvor show --sql has it");
}

Status CheckFillable(const Connection& connection, const Table& table) {
  const std::string place = UriOf(table.name);
  if (table.streaming) {
    return Fail(Code::kRefused, "rows are in the streaming buffer of the table that was made again",
                place, "Stop the stream, and run apply again when it is empty (within 90 minutes)");
  }
  SALVOR_TRY(const auto policies, connection.api.ListRowAccessPolicies(table.name));
  const std::string why = WhyNotWritten(table, policies);
  if (why.empty()) return Done{};
  return Fail(Code::kRefused, "the table that was made again may not be written to: " + why, place);
}

Result<Table> RecreateTable(const Connection& connection, const std::string& plan_digest,
                            const Table& to_make) {
  const TableName& name = connection.table;
  SALVOR_TRY(auto found, connection.api.GetTable(name));
  if (!found) {
    const auto made = connection.api.Call(
        "POST",
        fmt::format("/bigquery/v2/projects/{}/datasets/{}/tables", name.project, name.dataset),
        CreationOf(to_make, PlanMark(plan_digest)));
    // Somebody was faster, or an earlier request of this one: both are seen by looking.
    if (!made && made.error().code != Code::kConflict) return Fail(made.error());
    SALVOR_TRY(found, connection.api.GetTable(name));
  }
  if (!found) {
    return Fail(Code::kUnavailable, "the table was made, and is not there", UriOf(name),
                "Run apply again");
  }
  const std::string differs = HowItDiffers(*found, to_make);
  if (!differs.empty()) {
    return Fail(Code::kStale,
                "somebody made the table again, and not as the plan defines it: " + differs,
                UriOf(name), "Nothing was written. Move that table away, or plan anew");
  }
  SALVOR_OK(CheckFillable(connection, *found));
  return LiftExpirations(connection, plan_digest, *std::move(found));
}

Status FinishRecreate(const Connection& connection, const std::string& plan_digest) {
  SALVOR_TRY(const auto table, connection.api.GetTable(connection.table));
  if (!table || !CarriesPlanLabel(*table, plan_digest)) return Done{};
  const json change{{"labels", {{kPlanLabel, nullptr}}}};
  SALVOR_TRY([[maybe_unused]] const Table patched,
             connection.api.PatchTable(connection.table, change, table->etag));
  return Done{};
}

}  // namespace salvor::bigquery
