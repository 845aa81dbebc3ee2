#include <algorithm>
#include <cmath>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/jobs/run_statement.h"
#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {

namespace {

Partitioning::Kind KindOf(const std::string& type) {
  using Kind = Partitioning::Kind;
  if (type == "HOUR") return Kind::kHour;
  if (type == "DAY") return Kind::kDay;
  if (type == "MONTH") return Kind::kMonth;
  if (type == "YEAR") return Kind::kYear;
  return type == "RANGE" ? Kind::kRange : Kind::kNone;
}

Partitioning PartitioningOf(const Statement& statement) {
  Partitioning partitioning;
  partitioning.kind = KindOf(statement.partition_type);
  if (statement.partition_column != "_PARTITIONTIME") {
    partitioning.column = statement.partition_column;
  }
  partitioning.start = statement.range_start;
  partitioning.end = statement.range_end;
  partitioning.interval = statement.range_interval;
  return partitioning;
}

}  // namespace

Result<Json> BodyOfOptions(const std::map<std::string, OptionValue>& options,
                           Partitioning& partitioning) {
  Json body = Json::object();
  for (const auto& [name, option] : options) {
    if (name == "labels") {
      Json labels = Json::object();
      for (const auto& [key, value] : option.pairs) labels[key] = value;
      body["labels"] = std::move(labels);
    } else if (name == "expiration_timestamp") {
      if (!option.text) {
        body["expirationTime"] = nullptr;
        continue;
      }
      SALVOR_TRY(const Instant at, ParseInstant(*option.text));
      body["expirationTime"] = std::to_string(MillisOf(at));
    } else if (name == "require_partition_filter") {
      body["requirePartitionFilter"] = option.text == "true";
    } else if (name == "partition_expiration_days") {
      partitioning.expiration_ms.reset();
      if (option.text) {
        partitioning.expiration_ms =
            std::llround(std::strtod(option.text->c_str(), nullptr) * static_cast<double>(kDayMs));
      }
    } else if (name == "kms_key_name") {
      body["encryptionConfiguration"] = {{"kmsKeyName", option.text.value_or("")}};
    } else if (name == "description" || name == "friendly_name") {
      const char* member = name == "description" ? "description" : "friendlyName";
      body[member] = option.text ? Json(*option.text) : Json(nullptr);
    } else {
      return Refuse("invalidQuery", "This server knows no table option " + name);
    }
  }
  return body;
}

Result<Outcome> StatementRun::Create(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  Outcome outcome;
  outcome.target = name;
  const bool exists = world_.store.Exists(name);
  if (exists && statement.if_not_exists) {
    outcome.ddl = "SKIP";
    return outcome;
  }
  SALVOR_TRY(Dataset* const dataset, world_.store.FindDataset(name.project, name.dataset));
  SALVOR_OK(world_.authority.WantDataset(job_.principal, "bigquery.tables.create", *dataset));
  Partitioning partitioning = PartitioningOf(statement);
  SALVOR_TRY(Json body, BodyOfOptions(statement.options, partitioning));
  std::vector<Column> columns;
  const bool as_select = statement.kind == StatementKind::kCreateTableAsSelect;
  for (const Field& field :
       statement.create_columns.empty() ? statement.result : statement.create_columns) {
    columns.push_back(ColumnOf(field));
  }
  body["schema"] = SchemaResource(columns);
  if (!statement.cluster_by.empty()) body["clustering"] = {{"fields", statement.cluster_by}};
  FormatPartitioning(partitioning, body);
  // What is selected may come from the table that is replaced.
  if (as_select) {
    SALVOR_OK(Execute("CREATE OR REPLACE TEMP TABLE salvor_selected AS " + statement.duck_select));
  }
  SALVOR_TRY(Table table, TableOf(name, body));
  SALVOR_TRY(Table* const made,
             world_.store.AddTable(std::move(table), at_ms, statement.or_replace));
  outcome.ddl = exists ? "REPLACE" : "CREATE";
  if (!as_select) return outcome;
  Rows::Placed place{at_ms, std::nullopt, false, {}};
  if (made->partitioning.ByIngestion()) place.partition = PartitionIdOf(made->partitioning, at_ms);
  auto count = world_.store.rows().Insert(*made, "SELECT * FROM salvor_selected", place);
  if (!count) return Fail(RunTimeError(std::move(count).error()));
  SALVOR_OK(CheckPartitions(*made, at_ms));
  return outcome;
}

Result<Outcome> StatementRun::Clone(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  SALVOR_TRY(const TableName source_name, catalog_.NameOf(statement.source));
  Outcome outcome;
  outcome.target = name;
  const bool exists = world_.store.Exists(name);
  if (exists && statement.if_not_exists) {
    outcome.ddl = "SKIP";
    return outcome;
  }
  const bool snapshot = statement.kind == StatementKind::kCreateSnapshotTable;
  if (exists && snapshot) return Refuse("duplicate", "Already Exists: Table " + name.Text());
  SALVOR_TRY(Dataset* const dataset, world_.store.FindDataset(name.project, name.dataset));
  SALVOR_OK(world_.authority.WantDataset(job_.principal, "bigquery.tables.create", *dataset));
  Decorated decorated{source_name.table, std::nullopt, std::nullopt};
  if (statement.as_of) decorated.at = MillisOf(*statement.as_of);
  SALVOR_TRY(const Sighting seen, Look(world_.store, source_name, decorated, Purpose::kQuery));
  SALVOR_OK(world_.authority.WantTable(job_.principal, "bigquery.tables.getData", *seen.table));
  if (snapshot) {
    SALVOR_OK(
        world_.authority.WantTable(job_.principal, "bigquery.tables.createSnapshot", *seen.table));
  }
  if (statement.as_of) SALVOR_OK(WantPast(world_.authority, job_.principal, *seen.table));
  if (!seen.table->HoldsRows()) {
    return Refuse("invalidQuery", "A table of type " + seen.table->type +
                                      " cannot be cloned: " + source_name.Text());
  }
  Partitioning ignored;
  SALVOR_TRY(Json body, BodyOfOptions(statement.options, ignored));
  const auto expires = NumberAt(body, "expirationTime");
  if (expires && *expires <= world_.clock.NowMs()) {
    return Refuse("invalid", "Invalid value for expiration_timestamp: it must be in the future");
  }
  SALVOR_TRY(Table* const made, MakeCopyOf(world_, *seen.table, seen.slice, name,
                                           snapshot            ? "SNAPSHOT"
                                           : statement.is_copy ? "COPY"
                                                               : "CLONE",
                                           WithoutNulls(body), true, statement.or_replace, at_ms));
  if (ignored.expiration_ms) made->partitioning.expiration_ms = ignored.expiration_ms;
  outcome.ddl = exists ? "REPLACE" : "CREATE";
  return outcome;
}

Result<Outcome> StatementRun::Drop(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  Outcome outcome;
  outcome.target = name;
  const auto found = world_.store.FindTable(name);
  if (!found && statement.if_exists) {
    outcome.ddl = "SKIP";
    return outcome;
  }
  if (!found) return Fail(found.error());
  Table& table = **found;
  if ((table.type == "SNAPSHOT") != statement.drop_snapshot) {
    return Refuse("invalidQuery", name.Text() + " is of type " + table.type +
                                      ", which this statement does not drop");
  }
  SALVOR_OK(world_.authority.WantTable(
      job_.principal,
      statement.drop_snapshot ? "bigquery.tables.deleteSnapshot" : "bigquery.tables.delete",
      table));
  world_.store.EndTable(table, at_ms);
  outcome.ddl = "DROP";
  return outcome;
}

Status StatementRun::AlterColumns(Table& table, const Statement& statement, int64_t at_ms) {
  std::vector<Column> columns = table.Columns();
  const auto find = [&](const std::string& name) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const Column& column) { return SameText(column.field.name, name); });
  };
  for (const Alteration& action : statement.alterations) {
    if (action.kind == Alteration::Kind::kSetOptions) continue;
    const auto at = find(action.column.name);
    const bool there = at != columns.end();
    if (action.kind == Alteration::Kind::kAddColumn) {
      if (there && action.if_exists) continue;  // IF NOT EXISTS
      if (there) {
        return Refuse("invalidQuery", "Column already exists: " + action.column.name);
      }
      Column column = ColumnOf(action.column);
      column.physical = table.next_physical++;
      SALVOR_OK(world_.store.rows().AddColumn(table, column));
      columns.push_back(std::move(column));
      continue;
    }
    if (!there && action.if_exists) continue;
    if (!there) return Refuse("invalidQuery", "Column not found: " + action.column.name);
    const bool layout =
        SameText(action.column.name, table.partitioning.column) ||
        std::any_of(table.clustering.begin(), table.clustering.end(),
                    [&](const auto& name) { return SameText(name, action.column.name); });
    if (layout) {
      return Refuse("invalidQuery",
                    "Column " + action.column.name + " is used for partitioning or clustering");
    }
    if (action.kind == Alteration::Kind::kDropColumn) {
      columns.erase(at);
    } else {
      at->field.name = action.new_name;
      at->resource["name"] = action.new_name;
    }
  }
  table.schemas.push_back({at_ms, std::move(columns)});
  return Done{};
}

Result<Outcome> StatementRun::Alter(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  Outcome outcome;
  outcome.target = name;
  const auto found = world_.store.FindTable(name);
  if (!found && statement.if_exists) {
    outcome.ddl = "SKIP";
    return outcome;
  }
  if (!found) return Fail(found.error());
  Table& table = **found;
  SALVOR_OK(world_.authority.WantTable(job_.principal, "bigquery.tables.update", table));
  SALVOR_OK(AlterColumns(table, statement, at_ms));
  SALVOR_TRY(const Json body, BodyOfOptions(statement.options, table.partitioning));
  SALVOR_OK(PatchTable(world_, table, body, at_ms));
  outcome.ddl = "ALTER";
  return outcome;
}

Result<Outcome> StatementRun::CreatePolicy(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  SALVOR_TRY(Table* const table, world_.store.FindTable(name));
  SALVOR_OK(
      world_.authority.WantTable(job_.principal, "bigquery.rowAccessPolicies.create", *table));
  Json reference = name.Reference();
  reference["policyId"] = statement.policy_name;
  Json kept = Json::array();
  for (const Json& policy : table->row_policies) {
    if (TextAt(policy, "rowAccessPolicyReference.policyId") != statement.policy_name) {
      kept.push_back(policy);
    } else if (!statement.or_replace && !statement.if_not_exists) {
      return Refuse("duplicate", "Already Exists: Row access policy " + statement.policy_name);
    }
  }
  // Without GRANT TO nobody sees a row; the language half keeps no grantees, so all do here.
  kept.push_back({{"rowAccessPolicyReference", reference},
                  {"grantees", Json::array({"allAuthenticatedUsers"})},
                  {"filterPredicate", "(as stated)"},
                  {"duck", statement.duck_where},
                  {"creationTime", FormatInstant(InstantOfMillis(at_ms))}});
  table->row_policies = std::move(kept);
  table->had_row_policies = true;
  world_.store.Touch(*table, at_ms);
  Outcome outcome;
  outcome.target = name;
  outcome.ddl = "CREATE";
  return outcome;
}

Result<Outcome> StatementRun::DropPolicies(const Statement& statement, int64_t at_ms) {
  SALVOR_TRY(const TableName name, catalog_.NameOf(statement.target));
  SALVOR_TRY(Table* const table, world_.store.FindTable(name));
  SALVOR_OK(
      world_.authority.WantTable(job_.principal, "bigquery.rowAccessPolicies.delete", *table));
  Json kept = Json::array();
  for (const Json& policy : table->row_policies) {
    if (!statement.policy_name.empty() &&
        TextAt(policy, "rowAccessPolicyReference.policyId") != statement.policy_name) {
      kept.push_back(policy);
    }
  }
  if (kept.size() == table->row_policies.size() && !statement.policy_name.empty() &&
      !statement.if_exists) {
    return Refuse("notFound", "Not found: Row access policy " + statement.policy_name);
  }
  table->row_policies = std::move(kept);
  world_.store.Touch(*table, at_ms);
  Outcome outcome;
  outcome.target = name;
  outcome.ddl = "DROP";
  return outcome;
}

}  // namespace salvor::testing::bigquery
