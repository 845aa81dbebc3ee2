#include "testing/bigquery_server/jobs/jobs_view.h"

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kKeptMs = int64_t{180} * 24 * 3'600'000;

Type Of(TypeKind kind) { return {kind, {}}; }

Type StructOf(std::vector<Field> fields) { return {TypeKind::kStruct, std::move(fields)}; }

Type ListOf(Type element) { return {TypeKind::kArray, {Field{"", std::move(element), false, ""}}}; }

Json TableOf(const Json* reference) {
  if (reference == nullptr) return nullptr;
  return {{"project_id", TextAt(*reference, "projectId")},
          {"dataset_id", TextAt(*reference, "datasetId")},
          {"table_id", TextAt(*reference, "tableId")}};
}

// What the job wrote: its destination, or what its statement changed.
const Json* DestinationOf(const Job& job) {
  for (const char* path : {"query.ddlTargetTable", "query.salvorTarget"}) {
    if (const Json* target = Find(job.statistics, path)) return target;
  }
  return Find(job.configuration, job.kind + ".destinationTable");
}

Json RowOf(const Job& job, int64_t now_ms, bool drops_are_named) {
  const auto time = [](int64_t millis) { return FormatInstant(InstantOfMillis(millis)); };
  Json row = {{"creation_time", time(job.created_ms)},
              {"project_id", job.project},
              {"user_email", job.principal},
              {"job_id", job.id},
              {"job_type", job.kind == "query"  ? "QUERY"
                           : job.kind == "copy" ? "COPY"
                                                : "LOAD"},
              {"priority", "INTERACTIVE"},
              {"start_time", time(job.created_ms)},
              {"state", job.StateAt(now_ms)},
              {"cache_hit", false},
              {"destination_table", TableOf(DestinationOf(job))},
              {"referenced_tables", Json::array()},
              {"labels", Json::array()}};
  if (!drops_are_named && TextAt(job.statistics, "query.statementType") == "DROP_TABLE") {
    row["destination_table"] = nullptr;
  }
  if (job.done) row["end_time"] = time(job.ends_ms);
  if (!job.parent_id.empty()) row["parent_job_id"] = job.parent_id;
  if (job.kind == "query") row["query"] = TextAt(job.configuration, "query.query");
  if (const Json* type = Find(job.statistics, "query.statementType")) row["statement_type"] = *type;
  for (const auto& [column, path] : {std::pair{"total_bytes_processed", "totalBytesProcessed"},
                                     {"total_bytes_billed", "query.totalBytesBilled"}}) {
    if (const auto number = NumberAt(job.statistics, path)) row[column] = *number;
  }
  if (const Json* dml = Find(job.statistics, "query.dmlStats")) {
    row["dml_statistics"] = {{"inserted_row_count", NumberAt(*dml, "insertedRowCount").value_or(0)},
                             {"deleted_row_count", NumberAt(*dml, "deletedRowCount").value_or(0)},
                             {"updated_row_count", NumberAt(*dml, "updatedRowCount").value_or(0)}};
  }
  if (job.error) {
    row["error_result"] = {{"reason", ReasonOf(*job.error, job.OtherReason())},
                           {"message", job.error->what}};
  }
  if (const Json* references = Find(job.statistics, "query.referencedTables")) {
    for (const Json& one : *references) row["referenced_tables"].push_back(TableOf(&one));
  }
  const Json labels = job.configuration.value("labels", Json::object());
  for (const auto& [key, value] : labels.items()) {
    row["labels"].push_back({{"key", key}, {"value", value}});
  }
  return row;
}

}  // namespace

std::vector<Field> FieldsOfJobsView() {
  const Type text = Of(TypeKind::kString);
  const Type number = Of(TypeKind::kInt64);
  const Type time = Of(TypeKind::kTimestamp);
  const Type table = StructOf({{"project_id", text}, {"dataset_id", text}, {"table_id", text}});
  return {
      {"creation_time", time},
      {"project_id", text},
      {"project_number", number},
      {"user_email", text},
      {"job_id", text},
      {"job_type", text},
      {"statement_type", text},
      {"priority", text},
      {"start_time", time},
      {"end_time", time},
      {"query", text},
      {"state", text},
      {"reservation_id", text},
      {"total_bytes_processed", number},
      {"total_bytes_billed", number},
      {"total_slot_ms", number},
      {"error_result",
       StructOf({{"reason", text}, {"location", text}, {"debug_info", text}, {"message", text}})},
      {"cache_hit", Of(TypeKind::kBool)},
      {"destination_table", table},
      {"referenced_tables", ListOf(table)},
      {"labels", ListOf(StructOf({{"key", text}, {"value", text}}))},
      {"dml_statistics", StructOf({{"inserted_row_count", number},
                                   {"deleted_row_count", number},
                                   {"updated_row_count", number}})},
      {"parent_job_id", text},
      {"transaction_id", text}};
}

Result<std::vector<Json>> RowsOfJobsView(World& world, const Job& job, const TablePath& path) {
  if (!path.dataset.starts_with("region-")) {
    return Refuse("invalidQuery", "INFORMATION_SCHEMA." + path.information_schema_view +
                                      " needs a region qualifier, as in `region-us`");
  }
  const std::string region = CanonicalLocation(path.dataset.substr(7));
  if (region != job.location) {
    return Refuse("notFound", "Not found: region " + region + " in location " + job.location);
  }
  const std::string project = path.project.empty() ? job.project : path.project;
  const bool own = SameText(path.information_schema_view, "JOBS_BY_USER");
  SALVOR_OK(world.authority.WantProject(
      job.principal, own ? "bigquery.jobs.list" : "bigquery.jobs.listAll", project));
  const int64_t now = world.clock.NowMs();
  std::vector<Json> rows;
  for (const Job* one : world.jobs.Of(project)) {
    if (one->location != region || one->created_ms < now - kKeptMs) continue;
    if (own && !SameText(one->principal, job.principal)) continue;
    rows.push_back(RowOf(*one, now, world.silences.Is("drop-in-jobs", "named")));
  }
  return rows;
}

}  // namespace salvor::testing::bigquery
