#include "bigquery/script/deleted_table_steps.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/staging.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/script/script_writer.h"
#include "bigquery/sql/create_table.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using Commands = std::vector<std::string>;

// What is known of the copy beside what is opened.
struct Scene {
  bool copied = false;    // else what is opened has a draft in the shape of the table to make
  std::string why_query;  // of a copy that is there: why only a query can fill the table
};

class Writing {
 public:
  Writing(const OpenedPlan& opened, Scene scene) : opened_(opened), scene_(std::move(scene)) {}

  Result<std::string> Run() {
    script_.Line("#!/bin/sh");
    script_.Say(
        fmt::format("Recovery of the deleted table {} by hand: what salvor would do for plan {}",
                    opened_.plan.table.uri, opened_.digest));
    script_.Say(
        "Run it step by step, and read each answer. The job ids make sure that nothing "
        "happens twice:");
    script_.Say(
        "a command that fails with \"Already Exists: Job\" was run before; look at that job.");
    script_.Line("set -eu");
    SALVOR_OK(Persist());
    if (!ColumnsKnown() && !Simple()) {
      script_.Step(
          "The definition in the plan names no columns. They are those of the private "
          "copy: when step 1 is done, run salvor show --sql again; it prints all steps.");
      return script_.Take();
    }
    SALVOR_OK(Apply());
    SALVOR_OK(Verify());
    Clean();
    Undo();
    return script_.Take();
  }

  Result<Commands> List() {
    Commands commands = PersistCommands();
    commands.push_back(BeginCommand());
    if (ColumnsKnown()) {
      SALVOR_TRY(const CreateStatement create, CreateTableStatement(opened_.today));
      commands.push_back(bq_.Query(create.sql, nullptr));
      commands.push_back(bq_.Query(LiftExpirationsStatement(opened_.today), nullptr));
    }
    if (scene_.why_query.empty()) commands.push_back(FillByCopy());
    if (!opened_.planned.by_name || (scene_.copied && scene_.why_query.empty())) return commands;
    SALVOR_TRY(std::string query, FillByQuery());
    if (!scene_.copied)
      query = "# only if that copy is refused; it bills " + Cost() + ":\n" + query;
    commands.push_back(std::move(query));
    return commands;
  }

 private:
  // Where its copy is not there yet, its columns may be unknown.
  [[nodiscard]] bool ColumnsKnown() const { return !opened_.today.fields.empty(); }
  [[nodiscard]] bool Simple() const {
    return !opened_.today.partitioning.IsPartitioned() && opened_.today.clustering.empty();
  }

  // --- step 1
  [[nodiscard]] Commands PersistCommands() const {
    const CopyName& copy = opened_.copies.front().name;
    const std::string at = std::to_string(MillisOf(copy.at));
    const JobRef job = JobOf(opened_.plan, opened_.digest, "persist", at, 1);
    Commands commands{bq_.Copy(Decorated(opened_.connection.table, "@" + at),
                               Decorated(copy.table, ""), job, opened_.today.kms_key)};
    const CloneRequest marks = CloneOf(opened_, copy, opened_.connection.api.Now());
    commands.push_back(bq_.Query(MarkStatement(copy.table, marks.expires, marks.labels), nullptr));
    return commands;
  }

  Status Persist() {
    script_.Step(
        "Runbook step 1, persist: a private copy of the deleted table, as it was right "
        "before it went. Free.");
    script_.Say(
        "A deleted table cannot be queried, only copied, and the copy gets its expiration "
        "and label right after.");
    script_.Say(
        "Nobody may read the dataset who may not read the table; salvor persist checks "
        "that, this does not.");
    for (const std::string& command : PersistCommands()) script_.Line(command);
    if (opened_.today.partitioning.expiration) {
      script_.Say(
          "Its partitions must not expire meanwhile (this fails, and may, if the copy has "
          "lost its partitions):");
      script_.Line(bq_.Query(KeepPartitionsStatement(opened_.copies.front().name.table), nullptr,
                             " || true"));
    }
    if (!ColumnsKnown() && !Simple()) return Done{};
    script_.Say("Is it all there? As many rows as the table had" + RowsSaid() + ":");
    if (opened_.today.partitioning.ByIngestionTime()) {
      script_.Say(
          "(If this fails for want of _PARTITIONTIME, the service's copy has lost the "
          "partitions, and with them");
      script_.Say("when each row came in: stop here. The rows are safe in the private copy.)");
    }
    SALVOR_TRY(const std::string sql, CountOf(opened_.copies.front().name.table));
    script_.Line(bq_.Query(sql, nullptr));
    return Done{};
  }

  [[nodiscard]] std::string RowsSaid() const {
    const model::Tally& rows = opened_.planned.partitions.front()->restore;
    if (rows.uncounted == 0) return " (" + Plural(rows.rows, "row") + ")";
    return scene_.copied ? fmt::format(" (the copy has {}; nobody counted the table)",
                                       Plural(opened_.copies.front().table.rows, "row"))
                         : " (nobody can count them before)";
  }

  // --- step 2
  [[nodiscard]] std::string BeginCommand() const {
    const JobRef job = BeginningOf(opened_.plan, opened_.digest);
    return bq_.Query(kBeginStatement, &job);
  }

  [[nodiscard]] JobRef FillJob(int attempt) const {
    return JobOf(opened_.plan, opened_.digest, "apply", kWholePart, attempt);
  }

  [[nodiscard]] std::string FillByCopy() const {
    return bq_.Copy(Decorated(opened_.copies.front().name.table, ""),
                    Decorated(opened_.connection.table, ""), FillJob(1),
                    ColumnsKnown() ? "" : opened_.today.kms_key);
  }

  // The id of a job that failed is taken for good: after a copy that was refused, the second.
  [[nodiscard]] Result<std::string> FillByQuery() const {
    SALVOR_TRY(const std::string script, ApplyText(opened_, {size_t{0}}));
    const JobRef job = FillJob(scene_.copied ? 1 : 2);
    return bq_.Query(script, &job);
  }

  [[nodiscard]] std::string Cost() const {
    const model::Tally& rows = opened_.planned.partitions.front()->restore;
    if (scene_.copied)
      return "about " + FormatBytes(BytesToFill(opened_.copies.front().table.bytes));
    if (rows.uncounted > 0) return "as many bytes as the rows have";
    return "about " + FormatBytes(BytesToFill(rows.bytes));
  }

  Status Make() {
    if (!ColumnsKnown()) return Done{};
    SALVOR_TRY(const CreateStatement create, CreateTableStatement(opened_.today));
    script_.Say("The table as the plan defines it, empty; it fails if somebody made it meanwhile:");
    script_.Line(bq_.Query(create.sql, nullptr));
    if (!create.left_out.empty()) {
      script_.Say("The definition also has, to be set before rows come in where it matters:");
      for (const std::string& line : create.left_out) script_.Say("  " + line);
    }
    script_.Say(
        "As long as it is empty: expirations that its dataset gives by default would take "
        "old rows at once:");
    script_.Line(bq_.Query(LiftExpirationsStatement(opened_.today), nullptr));
    return Done{};
  }

  Status Apply() {
    script_.Step("Runbook step 2, copy the data back: only somebody who may write to the dataset,");
    script_.Say("and only after a second person has read this.");
    script_.Say(
        "First the id by which salvor knows that something was begun; this reads no table:");
    script_.Line(BeginCommand());
    SALVOR_OK(Make());
    SALVOR_OK(scene_.why_query.empty() ? FillFree() : FillAtACost());
    script_.Say("Then set again what does not come back with it:");
    for (const std::string& line : ToSetAgain(opened_.today)) script_.Say("  " + line);
    return Done{};
  }

  Status FillFree() {
    script_.Say("Its rows, billed nothing; refused if the table has rows (-n):");
    if (scene_.copied || opened_.today.partitioning.ByIngestionTime() || !ColumnsKnown()) {
      script_.Line(FillByCopy());
      return Done{};
    }
    SALVOR_TRY(const std::string query, FillByQuery());
    if (opened_.planned.by_name) {
      script_.Say(
          "Where the service's copy has lost its partitions that is refused, and only a "
          "query does it,");
      script_.Say(fmt::format("which the plan allows (--by-name) and which bills {}:", Cost()));
      script_.Line(FillByCopy() + " || " + query);
      return Done{};
    }
    script_.Line(FillByCopy());
    script_.Say(
        "Where the service's copy has lost its partitions that is refused, and only a query "
        "does it. It bills");
    script_.Say(Cost() +
                ", and the plan does not allow it to salvor (--by-name): a person's choice.");
    script_.Comment(query);
    return Done{};
  }

  Status FillAtACost() {
    SALVOR_TRY(const std::string query, FillByQuery());
    script_.Say(
        fmt::format("Its rows, in one transaction that bills {} ({}):", Cost(), scene_.why_query));
    if (opened_.planned.by_name) {
      script_.Line(query);
      return Done{};
    }
    script_.Say("The plan does not allow this query to salvor (--by-name): a person's choice.");
    script_.Comment(query);
    return Done{};
  }

  // --- steps 3 and 4
  [[nodiscard]] Result<std::string> CountOf(const TableName& table) const {
    if (!ColumnsKnown()) {
      SALVOR_TRY(const PartitionFilter none, PartitionFilter::Make({}, {}));
      return CountStatement(table, none, {""});
    }
    SALVOR_TRY(const PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    return CountStatement(table, filter, {""});
  }

  [[nodiscard]] Result<std::string> Missing() const {
    if (!ColumnsKnown()) {
      return Fail(Code::kUnsupported, "their columns are known when the private copy is there");
    }
    SALVOR_TRY(PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    return MissingStatement(
        {{RowsOf(opened_.copies.front().table)}, RowsOf(opened_.today), std::move(filter), {""}});
  }

  Status Verify() {
    script_.Step(
        "Runbook step 3, data validation: rows of the private copy that the table lacks. "
        "No row in");
    script_.Say(
        "the answer: nothing is missing. It compares whole rows by column name, NULL with "
        "NULL, and");
    script_.Say("counts duplicates. It bills what it reads.");
    auto sql = Missing();
    if (!sql) {
      script_.Say("These rows cannot be compared, only counted: " + sql.error().what);
      sql = CountOf(opened_.connection.table);
      if (!sql) return Fail(std::move(sql).error());
    }
    script_.Line(bq_.Query(*sql, nullptr));
    return Done{};
  }

  void Clean() {
    script_.Step(
        "Runbook step 4, delete the private copy. Only when step 3 answered without a "
        "row, so this");
    script_.Say("never runs along with the rest:");
    script_.Comment(bq_.Query(DropStatement(opened_.copies.front().name.table), nullptr));
  }

  void Undo() {
    script_.Step("To take step 2 back while nothing else touched the table, before step 4, run:");
    const auto script = ColumnsKnown()
                            ? UndoText(opened_, {size_t{0}})
                            : Result<std::string>(Fail(Code::kUnsupported, "no columns"));
    if (!script) {
      script_.Say("(" + script.error().what +
                  ": run salvor show --sql again when the private copy is there)");
      return;
    }
    const JobRef job = JobOf(opened_.plan, opened_.digest, "undo", kUndoPart, 1);
    script_.Comment(bq_.Query(*script, &job));
    script_.Say("It leaves the table, empty. If it must go:");
    script_.Comment(bq_.Words(nullptr) + " rm -t " + Decorated(opened_.connection.table, ""));
  }

  const OpenedPlan& opened_;
  Scene scene_;
  Bq bq_{opened_.plan.pins};
  HandScript script_;
};

// Puts the table to make and its one copy, or a draft of it, into what is opened.
Result<Scene> SceneOf(OpenedPlan& opened) {
  const model::Plan& plan = opened.plan;
  const Connection& connection = opened.connection;
  if (opened.planned.copies.empty()) {
    return Fail(Code::kInvalidArgument, "the plan restores nothing", plan.table.uri);
  }
  const CopyName& name = opened.planned.copies.front();
  Scene scene;
  SALVOR_TRY(auto found, connection.api.GetTable(name.table));
  scene.copied = found.has_value();
  if (found) {
    SALVOR_TRY(opened.today, TableToMake(plan, connection.table, *found));
    SALVOR_TRY(scene.why_query, WhyQuery(opened.today, *found));
    opened.copies = {{name, *std::move(found)}};
    return scene;
  }
  SALVOR_TRY(opened.today, TableOfDefinition(connection.table, plan.pins.definition));
  opened.copies = {{name, opened.today}};
  opened.copies.front().table.name = name.table;
  opened.copies.front().table.rows = kNotCounted;
  return scene;
}

}  // namespace

Result<std::string> WriteDeletedByHand(OpenedPlan& opened) {
  SALVOR_TRY(Scene scene, SceneOf(opened));
  return Writing(opened, std::move(scene)).Run();
}

Result<std::vector<std::string>> ListDeletedCommands(OpenedPlan& opened) {
  SALVOR_TRY(Scene scene, SceneOf(opened));
  return Writing(opened, std::move(scene)).List();
}

}  // namespace salvor::bigquery
