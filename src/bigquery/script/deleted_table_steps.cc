#include "bigquery/script/deleted_table_steps.h"

#include <fmt/format.h>

#include "base/text.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/staging.h"
#include "bigquery/sql/create_table.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {

using Commands = std::vector<std::string>;

Result<DeletedTableSteps> DeletedTableSteps::Make(OpenedPlan& opened) {
  const model::Plan& plan = opened.plan;
  const Connection& connection = opened.connection;
  if (opened.planned.copies.empty()) {
    return Fail(Code::kInvalidArgument, "the plan restores nothing", plan.table.uri);
  }
  const CopyName& name = opened.planned.copies.front();
  DeletedTableSteps steps(opened);
  SALVOR_TRY(auto found, connection.api.GetTable(name.table));
  steps.copied_ = found.has_value();
  if (found) {
    SALVOR_TRY(opened.today, TableToMake(plan, connection.table, *found));
    SALVOR_TRY(steps.why_query_, WhyQuery(opened.today, *found));
    opened.copies = {{name, *std::move(found)}};
    return steps;
  }
  SALVOR_TRY(opened.today, TableOfDefinition(connection.table, plan.pins.definition));
  opened.copies = {{name, opened.today}};
  opened.copies.front().table.name = name.table;
  opened.copies.front().table.rows = kNotCounted;
  return steps;
}

// --- step 1
Commands DeletedTableSteps::PersistCommands() const {
  const CopyName& copy = TheCopy().name;
  const std::string at = std::to_string(MillisOf(copy.at));
  const JobRef job = JobOf(opened_.plan, opened_.digest, "persist", at, 1);
  const CloneRequest marks = CloneOf(opened_, copy, opened_.connection.api.Now());
  return {bq_.Copy(Decorated(opened_.connection.table, "@" + at), Decorated(copy.table, ""), job,
                   opened_.today.kms_key),
          bq_.Query(MarkStatement(copy.table, marks.expires, marks.labels), nullptr)};
}

void DeletedTableSteps::KeepPartitions(ScriptWriter& script) const {
  if (!opened_.today.partitioning.expiration) return;
  script.Say(
      "Its partitions must not expire meanwhile (this fails, and may, if the copy has lost its "
      "partitions):");
  script.Line(bq_.Query(KeepPartitionsStatement(TheCopy().name.table), nullptr, " || true"));
}

void DeletedTableSteps::SayRows(ScriptWriter& script) const {
  const std::string rows = Restored().uncounted == 0 ? " (" + Plural(Restored().rows, "row") + ")"
                           : copied_ ? fmt::format(" (the copy has {}; nobody counted the table)",
                                                   Plural(TheCopy().table.rows, "row"))
                                     : " (nobody can count them before)";
  script.Say("Is it all there? As many rows as the table had" + rows + ":");
  if (!opened_.today.partitioning.ByIngestionTime()) return;
  script.Say(
      "(If this fails for want of _PARTITIONTIME, the service's copy has lost the partitions, and "
      "with them");
  script.Say("when each row came in: stop here. The rows are safe in the private copy.)");
}

// --- step 2
JobRef DeletedTableSteps::FillJob(int attempt) const {
  return JobOf(opened_.plan, opened_.digest, "apply", kWholePart, attempt);
}

std::string DeletedTableSteps::FillByCopy() const {
  return bq_.Copy(Decorated(TheCopy().name.table, ""), Decorated(opened_.connection.table, ""),
                  FillJob(1), ColumnsKnown() ? "" : opened_.today.kms_key);
}

// The id of a job that failed is taken for good: after a copy that was refused, the second.
Result<std::string> DeletedTableSteps::FillByQuery() const {
  SALVOR_TRY(const std::string script, ApplyText(opened_, {size_t{0}}));
  const JobRef job = FillJob(copied_ ? 1 : 2);
  return bq_.Query(script, &job);
}

std::string DeletedTableSteps::Cost() const {
  if (copied_) return "about " + FormatBytes(BytesToFill(TheCopy().table.bytes));
  if (Restored().uncounted > 0) return "as many bytes as the rows have";
  return "about " + FormatBytes(BytesToFill(Restored().bytes));
}

Result<Commands> DeletedTableSteps::ApplyCommands() const {
  Commands commands;
  if (ColumnsKnown()) {
    SALVOR_TRY(const CreateStatement create, CreateTableStatement(opened_.today));
    commands.push_back(bq_.Query(create.sql, nullptr));
    commands.push_back(bq_.Query(LiftExpirationsStatement(opened_.today), nullptr));
  }
  if (why_query_.empty()) commands.push_back(FillByCopy());
  if (!opened_.planned.by_name || (copied_ && why_query_.empty())) return commands;
  SALVOR_TRY(std::string query, FillByQuery());
  if (!copied_) query = "# only if that copy is refused; it bills " + Cost() + ":\n" + query;
  commands.push_back(std::move(query));
  return commands;
}

Status DeletedTableSteps::MakeTable(ScriptWriter& script) const {
  if (!ColumnsKnown()) return Done{};
  SALVOR_TRY(const CreateStatement create, CreateTableStatement(opened_.today));
  script.Say("The table as the plan defines it, empty; it fails if somebody made it meanwhile:");
  script.Line(bq_.Query(create.sql, nullptr));
  if (!create.left_out.empty()) {
    script.Say("The definition also has, to be set before rows come in where it matters:");
    for (const std::string& line : create.left_out) script.Say("  " + line);
  }
  script.Say(
      "As long as it is empty: expirations that its dataset gives by default would take old rows "
      "at once:");
  script.Line(bq_.Query(LiftExpirationsStatement(opened_.today), nullptr));
  return Done{};
}

Status DeletedTableSteps::Apply(ScriptWriter& script) const {
  SALVOR_OK(MakeTable(script));
  SALVOR_OK(why_query_.empty() ? FillFree(script) : FillAtACost(script));
  script.Say("Then set again what does not come back with it:");
  for (const std::string& line : ToSetAgain(opened_.today)) script.Say("  " + line);
  return Done{};
}

Status DeletedTableSteps::FillFree(ScriptWriter& script) const {
  script.Say("Its rows, billed nothing; refused if the table has rows (-n):");
  if (copied_ || opened_.today.partitioning.ByIngestionTime() || !ColumnsKnown()) {
    script.Line(FillByCopy());
    return Done{};
  }
  SALVOR_TRY(const std::string query, FillByQuery());
  if (opened_.planned.by_name) {
    script.Say(
        "Where the service's copy has lost its partitions that is refused, and only a query does "
        "it,");
    script.Say(fmt::format("which the plan allows (--by-name) and which bills {}:", Cost()));
    script.Line(FillByCopy() + " || " + query);
    return Done{};
  }
  script.Line(FillByCopy());
  script.Say(
      "Where the service's copy has lost its partitions that is refused, and only a query does it. "
      "It bills");
  script.Say(Cost() + ", and the plan does not allow it to salvor (--by-name): a person's choice.");
  script.Comment(query);
  return Done{};
}

Status DeletedTableSteps::FillAtACost(ScriptWriter& script) const {
  SALVOR_TRY(const std::string query, FillByQuery());
  script.Say(fmt::format("Its rows, in one transaction that bills {} ({}):", Cost(), why_query_));
  if (opened_.planned.by_name) {
    script.Line(query);
    return Done{};
  }
  script.Say("The plan does not allow this query to salvor (--by-name): a person's choice.");
  script.Comment(query);
  return Done{};
}

}  // namespace salvor::bigquery
