#include <map>
#include <memory>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/query_cost.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/jobs/run_statement.h"

namespace salvor::testing::bigquery {

namespace {

Result<Parameter> ParameterOf(const Json& json) {
  SALVOR_OK(RefuseUnknown(json, {"name", "parameterType", "parameterValue"}, "queryParameters"));
  Parameter parameter;
  parameter.name = TextAt(json, "name");
  const Json* type = Find(json, "parameterType");
  if (type == nullptr) return Refuse("invalid", "A query parameter needs its parameterType");
  SALVOR_TRY(parameter.type, ParseParameterType(*type));
  if (parameter.type.kind == TypeKind::kArray) {
    if (const Json* values = Find(json, "parameterValue.arrayValues")) {
      for (const Json& value : *values) {
        const Json* text = Find(value, "value");
        parameter.elements.push_back(text == nullptr ? std::nullopt
                                                     : std::optional(TextAt(value, "value")));
      }
    }
  } else if (Find(json, "parameterValue.value") != nullptr) {
    parameter.value = TextAt(json, "parameterValue.value");
  }
  return parameter;
}

Result<std::unique_ptr<Script>> ScriptOf(const World& world, const Json& config) {
  SALVOR_OK(RefuseUnknown(config,
                          {"query",
                           "useLegacySql",
                           "destinationTable",
                           "createDisposition",
                           "writeDisposition",
                           "defaultDataset",
                           "priority",
                           "allowLargeResults",
                           "useQueryCache",
                           "flattenResults",
                           "maximumBillingTier",
                           "maximumBytesBilled",
                           "parameterMode",
                           "queryParameters",
                           "schemaUpdateOptions",
                           "timePartitioning",
                           "rangePartitioning",
                           "clustering",
                           "destinationEncryptionConfiguration",
                           "scriptOptions",
                           "connectionProperties",
                           "createSession",
                           "continuous",
                           "userDefinedFunctionResources",
                           "tableDefinitions",
                           "writeIncrementalResults",
                           "preserveNulls"},
                          "configuration.query"));
  if (FlagAt(config, "useLegacySql", true)) {
    return Refuse("invalidQuery", "This server speaks no legacy SQL: set useLegacySql to false",
                  "query");
  }
  if (world.demands_key && Find(config, "destinationEncryptionConfiguration") == nullptr) {
    return Refuse("accessDenied",
                  "Access Denied: Operation denied by org policy on resource: "
                  "[\"constraints/gcp.restrictNonCmekServices\"]");
  }
  std::vector<Parameter> parameters;
  for (const Json& one : config.value("queryParameters", Json::array())) {
    SALVOR_TRY(Parameter parameter, ParameterOf(one));
    parameters.push_back(std::move(parameter));
  }
  return ParseScript(TextAt(config, "query"), std::move(parameters));
}

// Runs the statements of one job, one after the other, with a job of its own for each of a
// script's.
class QueryRun {
 public:
  QueryRun(World& world, Job& job, int64_t at_ms)
      : world_(world), job_(job), at_ms_(at_ms), catalog_(world, job) {}

  Status Run() {
    const Json& config = job_.configuration.at("query");
    most_billed_ = NumberAt(config, "maximumBytesBilled").value_or(0);
    SALVOR_TRY(const std::unique_ptr<Script> script, ScriptOf(world_, config));
    is_script_ = script->IsScript();
    for (size_t i = 0; i < script->Count(); ++i) {
      Status done = RunOne(*script, i);
      // What a failed script had begun is undone with the transaction; the rest stays done.
      if (!done) return done;
    }
    if (transaction_) return Done{};  // a transaction that was left open is rolled back
    if (is_script_) Summarise();
    return Done{};
  }

 private:
  Status RunOne(Script& script, size_t index) {
    SALVOR_TRY(const Statement statement,
               script.Translate(index, catalog_, InstantOfMillis(world_.clock.NowMs())));
    SALVOR_TRY(const QueryCost cost, CostOf(statement, catalog_, world_));
    if (most_billed_ > 0 && billed_ + cost.billed > most_billed_) {
      return Refuse("bytesBilledLimitExceeded",
                    "Query exceeded limit for bytes billed: " + std::to_string(most_billed_) +
                        ". " + std::to_string(billed_ + cost.billed) + " or higher required.");
    }
    Json statistics = StatisticsOf(statement, cost);
    if (transaction_ && IsDdl(statement.kind)) {
      return Refuse("invalidQuery",
                    "Transaction is not supported for DDL statements on permanent "
                    "entities: " +
                        StatementTypeOf(statement),
                    "query");
    }
    auto outcome = Perform(statement);
    if (!outcome) {
      Error error = RunTimeError(std::move(outcome).error());
      if (is_script_) AddChild(statement, std::move(statistics), Outcome{}, error);
      return Fail(std::move(error));
    }
    processed_ += cost.processed;
    billed_ += cost.billed;
    world_.meters.bytes_processed += cost.processed;
    world_.meters.bytes_billed += cost.billed;
    AddOutcome(*outcome, statistics);
    if (is_script_) {
      AddChild(statement, statistics, *outcome, std::nullopt);
      if (outcome->result != nullptr) job_.result = outcome->result;
    } else {
      job_.result = outcome->result;
      job_.statistics = std::move(statistics);
      NameResult(job_);
    }
    if (outcome->target && !transaction_) {
      if (const auto table = world_.store.FindTable(*outcome->target)) {
        return world_.store.ExpirePartitions(**table);
      }
    }
    return Done{};
  }

  Result<Outcome> Perform(const Statement& statement) {
    if (statement.kind == StatementKind::kBeginTransaction) {
      if (transaction_) return Refuse("invalidQuery", "Transaction is already in progress");
      transaction_ = std::make_unique<Store::Change>(world_.store, at_ms_);
      catalog_.EnterTransaction(View());
      touched_.clear();
      return Outcome{};
    }
    if (statement.kind == StatementKind::kCommitTransaction ||
        statement.kind == StatementKind::kRollbackTransaction) {
      if (!transaction_) return Refuse("invalidQuery", "There is no transaction in progress");
      const bool commits = statement.kind == StatementKind::kCommitTransaction;
      Status status = Done{};
      if (commits) status = CheckNoConflict();
      if (commits && status) status = transaction_->Commit();
      transaction_.reset();
      catalog_.LeaveTransaction();
      if (!status) return Fail(status.error());
      return Outcome{};
    }
    Store::Change change(world_.store, at_ms_);
    SALVOR_TRY(Outcome outcome,
               StatementRun(world_, job_, catalog_).Run(statement, change.at_ms()));
    SALVOR_OK(change.Commit());
    if (outcome.target) {
      Touched& touched = touched_[*outcome.target];
      touched.added = touched.added || outcome.inserted > 0;
      touched.ended = touched.ended || outcome.deleted + outcome.updated > 0;
    }
    return outcome;
  }

  [[nodiscard]] TransactionView View() const { return {job_.created_ms, transaction_->at_ms()}; }

  // "Transactions: concurrency": two that change or remove rows of one table stop each other. Of
  // two that only insert it says nothing.
  Status CheckNoConflict() {
    for (const auto& [name, mine] : touched_) {
      SALVOR_TRY(const Table* const table, world_.store.FindTable(name));
      SALVOR_TRY(const Rows::Meanwhile others,
                 world_.store.rows().ChangedMeanwhile(*table, View()));
      const bool inserts_conflict = world_.silences.Is("inserting-transactions", "second-fails");
      const bool told = world_.aborted_commits > 0;
      if (told) --world_.aborted_commits;
      if (told || (mine.ended && others.ended) ||
          (inserts_conflict && mine.added && others.added)) {
        return Refuse("invalidQuery",
                      "Transaction is aborted due to concurrent update against table " +
                          name.Text() + ". Transaction ID: " + job_.id,
                      "query");
      }
    }
    return Done{};
  }

  Json StatisticsOf(const Statement& statement, const QueryCost& cost) {
    Json query = {{"statementType", StatementTypeOf(statement)},
                  {"totalBytesProcessed", std::to_string(cost.processed)},
                  {"totalBytesBilled", std::to_string(cost.billed)},
                  {"totalSlotMs", "1"},
                  {"billingTier", 1},
                  {"cacheHit", false},
                  {"referencedTables", catalog_.ReferencesOf(statement.reads)}};
    if (statement.kind == StatementKind::kSelect) {
      Json fields = Json::array();
      for (const Field& field : statement.result) fields.push_back(FieldResource(field));
      query["schema"] = {{"fields", std::move(fields)}};
    }
    return {{"totalBytesProcessed", std::to_string(cost.processed)},
            {"totalSlotMs", "1"},
            {"query", std::move(query)}};
  }

  static void AddOutcome(const Outcome& outcome, Json& statistics) {
    Json& query = statistics["query"];
    const std::string type = query["statementType"];
    if (outcome.target && !outcome.ddl.empty()) {
      query["ddlTargetTable"] = outcome.target->Reference();
      query["ddlOperationPerformed"] = outcome.ddl;
    } else if (outcome.target) {
      query["salvorTarget"] = outcome.target->Reference();
      query["numDmlAffectedRows"] = std::to_string(outcome.Affected());
      query["dmlStats"] = {{"insertedRowCount", std::to_string(outcome.inserted)},
                           {"deletedRowCount", std::to_string(outcome.deleted)},
                           {"updatedRowCount", std::to_string(outcome.updated)}};
    }
  }

  // Where clients find a SELECT's rows as a table.
  static void NameResult(Job& job) {
    Json& config = job.configuration["query"];
    if (job.result != nullptr && Find(config, "destinationTable") == nullptr) {
      config["destinationTable"] = {
          {"projectId", job.project}, {"datasetId", "_anonymous"}, {"tableId", "anon" + job.id}};
    }
  }

  void AddChild(const Statement& statement, Json statistics, const Outcome& outcome,
                const std::optional<Error>& error) {
    Job child;
    child.project = job_.project;
    child.location = job_.location;
    child.principal = job_.principal;
    child.kind = "query";
    child.id = "script_job_" + job_.id + "_" + std::to_string(job_.child_count++);
    child.configuration = job_.configuration;
    child.configuration["query"]["query"] =
        TextAt(job_.configuration, "query.query").substr(statement.offset);
    child.created_ms = job_.created_ms;
    const bool begins = statement.kind == StatementKind::kBeginTransaction;
    child.ends_ms = begins ? job_.created_ms : at_ms_;
    child.done = true;
    child.error = error;
    child.parent_id = job_.id;
    child.statistics = std::move(statistics);
    child.result = outcome.result;
    if (!world_.jobs.Add(std::move(child))) return;
  }

  void Summarise() {
    job_.statistics["totalBytesProcessed"] = std::to_string(processed_);
    job_.statistics["query"] = {{"statementType", "SCRIPT"},
                                {"totalBytesProcessed", std::to_string(processed_)},
                                {"totalBytesBilled", std::to_string(billed_)},
                                {"totalSlotMs", "1"},
                                {"cacheHit", false}};
    NameResult(job_);
  }

  World& world_;
  Job& job_;
  const int64_t at_ms_;
  QueryCatalog catalog_;
  std::unique_ptr<Store::Change> transaction_;
  using Touched = Rows::Meanwhile;
  std::map<TableName, Touched> touched_;  // by the open transaction
  bool is_script_ = false;
  int64_t most_billed_ = 0;
  int64_t processed_ = 0;
  int64_t billed_ = 0;
};

}  // namespace

Status RunQuery(World& world, Job& job, int64_t at_ms) { return QueryRun(world, job, at_ms).Run(); }

Status DryRunQuery(World& world, Job& job) {
  SALVOR_TRY(const std::unique_ptr<Script> script, ScriptOf(world, job.configuration.at("query")));
  if (script->Count() == 0) return Refuse("invalidQuery", "Syntax error: no statement", "query");
  QueryCatalog catalog(world, job);
  SALVOR_TRY(const Statement statement,
             script->Translate(0, catalog, InstantOfMillis(world.clock.NowMs())));
  SALVOR_TRY(const QueryCost cost, CostOf(statement, catalog, world));
  Json fields = Json::array();
  for (const Field& field : statement.result) fields.push_back(FieldResource(field));
  const bool whole = !script->IsScript();
  job.statistics = {{"totalBytesProcessed", std::to_string(cost.processed)},
                    {"query",
                     {{"statementType", whole ? StatementTypeOf(statement) : "SCRIPT"},
                      {"totalBytesProcessed", std::to_string(cost.processed)},
                      {"totalBytesBilled", "0"},
                      {"totalBytesProcessedAccuracy", whole ? "PRECISE" : "LOWER_BOUND"},
                      {"cacheHit", false},
                      {"referencedTables", catalog.ReferencesOf(statement.reads)},
                      {"schema", {{"fields", std::move(fields)}}}}}};
  return Done{};
}

}  // namespace salvor::testing::bigquery
