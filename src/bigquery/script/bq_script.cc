#include "bigquery/script/bq_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/text.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/staging.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/script/script_writer.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/past_schema.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using Commands = std::vector<std::string>;

class ScriptBuilder {
 public:
  explicit ScriptBuilder(const OpenedPlan& opened)
      : opened_(opened), deleted_(opened.planned.table_is_gone) {}

  Result<std::string> Run() {
    Head();
    SALVOR_OK(Persist());
    if (!ColumnsKnown()) {
      script_.Step(
          "The definition in the plan names no columns. They are those of the private copy: when "
          "step 1 is done, run salvor show --sql again; it prints all steps.");
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
    commands.push_back(MarkerCommand());
    SALVOR_TRY(Commands apply, ApplyCommands());
    std::move(apply.begin(), apply.end(), std::back_inserter(commands));
    return commands;
  }

 private:
  [[nodiscard]] Commands PersistCommands() const {
    Commands commands;
    for (const Copy& copy : opened_.copies) {
      const std::string at = std::to_string(MillisOf(copy.name.at));
      const JobRef job = JobOf(opened_.plan, opened_.digest, "persist", at, 1);
      const CloneRequest clone = CloneOf(opened_, copy.name, opened_.connection.api.Now());
      if (deleted_) {
        commands.push_back(bq_.Copy(Decorated(clone.source, "@" + at), Decorated(clone.copy, ""),
                                    job, clone.kms_key));
        commands.push_back(
            bq_.Query(MarkStatement(clone.copy, clone.expires, clone.labels), nullptr));
      } else {
        commands.push_back(bq_.Query(CloneStatement(clone), &job));
      }
    }
    return commands;
  }

  // What copy jobs cannot do, in one transaction; then one copy job for each of the others.
  [[nodiscard]] Result<Commands> ApplyCommands() const {
    Commands commands;
    if (!ColumnsKnown()) return commands;
    const std::vector<size_t> by_query = Those(/*by_query=*/true);
    if (!by_query.empty()) {
      SALVOR_TRY(const Transaction made, ApplyText(opened_, by_query));
      const JobRef job = JobOf(opened_.plan, opened_.digest, "apply", kRowsPart, 1);
      commands.push_back(bq_.Query(made.sql, &job));
    }
    for (const size_t index : Those(/*by_query=*/false)) commands.push_back(CopyCommand(index));
    return commands;
  }

  // By which salvor sees that somebody has begun.
  [[nodiscard]] std::string MarkerCommand() const {
    const JobRef job = MarkerOf(opened_.plan, opened_.digest);
    return bq_.Query(kBeginStatement, &job);
  }

  // -n is WRITE_EMPTY: refused if the partition has rows.
  [[nodiscard]] std::string CopyCommand(size_t index) const {
    const std::string& id = opened_.planned.ids[index];
    const JobRef job = JobOf(opened_.plan, opened_.digest, "apply", id, 1);
    const std::string decorator = id.empty() ? "" : "$" + id;
    return bq_.Copy(Decorated(opened_.planned.CopyOf(index), decorator),
                    Decorated(opened_.connection.table, decorator), job);
  }

  // A column may have come since the plan was made, and salvor's own apply refuses then; by name
  // the rows fit still.
  [[nodiscard]] SchemaFit FitOf(size_t index) const {
    return FitSchema(CopyAt(opened_.copies, opened_.planned.CopyOf(index)).table.fields,
                     opened_.today.fields);
  }
  [[nodiscard]] bool ByQuery(size_t index) const {
    if (opened_.planned.ByQuery(index)) return true;
    const SchemaFit fit = FitOf(index);
    return !fit.same && fit.refusal.empty();
  }

  [[nodiscard]] std::vector<size_t> Those(bool by_query) const {
    std::vector<size_t> those = All();
    std::erase_if(those, [&](size_t index) { return ByQuery(index) != by_query; });
    return those;
  }

  void SayHowColumnsDiffer() {
    for (const size_t index : All()) {
      const SchemaFit fit = FitOf(index);
      if (deleted_ || fit.same || (fit.refusal.empty() && opened_.planned.by_name)) continue;
      script_.Say("The table's columns are others than the private copy's: " +
                  (fit.refusal.empty() ? fit.by_name : fit.refusal) + ".");
      script_.Say(
          fit.refusal.empty()
              ? "So the rows go by column name, and salvor apply, whose plan does not say so, "
                "refuses."
              : "The service will refuse the copies below. " + fit.next);
      return;
    }
  }

  [[nodiscard]] std::vector<size_t> All() const {
    std::vector<size_t> all;
    for (size_t i = 0; i < opened_.planned.ids.size(); ++i) all.push_back(i);
    return all;
  }

  void Head() {
    script_.Line("#!/bin/sh");
    script_.Say(fmt::format("Recovery of {}{} by hand: what salvor would do for plan {}",
                            deleted_ ? "the deleted table " : "", opened_.plan.table.uri,
                            opened_.digest));
    script_.Say(
        "Run it step by step, and read each answer. The job ids make sure that nothing happens "
        "twice:");
    script_.Say(
        "a command that fails with \"Already Exists: Job\" was run before; look at that job.");
    script_.Line("set -eu");
  }

  Status Persist() {
    if (deleted_) {
      script_.Step(
          "Runbook step 1, persist: a private copy of the deleted table, as it was right before it "
          "went. Free.");
      script_.Say(
          "A deleted table cannot be queried, only copied, and the copy gets its expiration and "
          "label right after.");
    } else {
      script_.Step(
          "Runbook step 1, persist: a private copy, as the table was right before the loss. Free.");
    }
    script_.Say(
        "Nobody may read the dataset who may not read the table; salvor persist checks that, this "
        "does not.");
    for (const std::string& command : PersistCommands()) script_.Line(command);
    if (!ColumnsKnown()) return Done{};
    script_.Say(deleted_ ? "Is it all there? As many rows as the table had:"
                         : "Is it all there? Partition by partition, as many rows as the plan "
                           "says:");
    if (deleted_ && opened_.today.partitioning.ByIngestionTime()) {
      script_.Say(
          "(If this fails for want of _PARTITIONTIME, nothing says any more when a row came in: "
          "stop here. The rows are safe in the private copy.)");
    }
    return ForEachCopy([&](const Copy& copy, const std::vector<size_t>& which) -> Status {
      SALVOR_TRY(const std::string sql, CountOf(copy.name.table, which));
      script_.Line(bq_.Query(sql, nullptr));
      if (!deleted_) SayRows(which);
      return Done{};
    });
  }

  void SayRows(const std::vector<size_t>& which) {
    for (const size_t index : which) {
      script_.Say(fmt::format("  {}: {}", opened_.planned.ids[index],
                              Plural(opened_.planned.partitions[index]->restore.rows, "row")));
    }
  }

  Status Apply() {
    script_.Step(
        fmt::format("Runbook step 2, copy the {} back: only somebody who may write to the {},",
                    deleted_ ? "data" : "missing data", deleted_ ? "dataset" : "table"));
    script_.Say("and only after a second person has read this.");
    script_.Say(
        "First the id by which salvor knows that something was begun; this reads no table:");
    script_.Line(MarkerCommand());
    SayHowColumnsDiffer();
    SALVOR_TRY(const Commands commands, ApplyCommands());
    if (!Those(/*by_query=*/true).empty()) {
      script_.Say(deleted_
                      ? "The table as the plan defines it, and its rows, which bills what it reads:"
                      : "What no copy job can do, in one transaction, which bills what it reads:");
    }
    for (const std::string& command : commands) script_.Line(command);
    if (!deleted_) return Done{};
    script_.Say("Then set again what does not come back with it:");
    for (const std::string& line : ToSetAgain(opened_.today)) script_.Say("  " + line);
    return Done{};
  }

  Status Verify() {
    script_.Step(
        "Runbook step 3, data validation: rows of the private copy that the table lacks. No row "
        "in");
    script_.Say(
        "the answer: nothing is missing. It compares whole rows by column name, NULL with NULL, "
        "and");
    script_.Say("counts duplicates. It bills what it reads.");
    return ForEachCopy([&](const Copy& copy, const std::vector<size_t>& which) -> Status {
      auto sql = Missing(copy, which);
      if (!sql) {
        script_.Say("These rows cannot be compared, only counted: " + sql.error().what);
        sql = CountOf(opened_.connection.table, which);
        if (!sql) return Fail(std::move(sql).error());
      }
      script_.Line(bq_.Query(*sql, nullptr));
      return Done{};
    });
  }

  void Clean() {
    script_.Step(
        "Runbook step 4, delete the private copy. Only when step 3 answered without a row, so "
        "this");
    script_.Say("never runs along with the rest:");
    for (const Copy& copy : opened_.copies) {
      script_.Comment(bq_.Query(DropStatement(copy.name.table), nullptr));
    }
  }

  // For reading, not for running along with the rest.
  void Undo() {
    script_.Step(
        fmt::format("To take step 2 back while nothing else touched {}, before step 4, run:",
                    deleted_ ? "the table" : "these partitions"));
    const auto script = UndoText(opened_, All());
    if (!script) {
      const std::string& why = script.error().what;
      script_.Say(deleted_
                      ? "(" + why + ": run salvor show --sql again when the private copy is there)"
                      : "(not possible by a statement: " + why + ")");
      return;
    }
    const JobRef job = JobOf(opened_.plan, opened_.digest, "undo", kUndoPart, 1);
    script_.Comment(bq_.Query(script->sql, &job));
    if (!deleted_) return;
    script_.Say("It leaves the table, empty. If it must go:");
    script_.Comment(bq_.Words(nullptr) + " rm -t " + Decorated(opened_.connection.table, ""));
  }

  // As long as the private copy is not there, those of a deleted table may not be.
  [[nodiscard]] bool ColumnsKnown() const { return !opened_.today.fields.empty(); }

  [[nodiscard]] Result<std::string> CountOf(const TableName& table,
                                            const std::vector<size_t>& which) const {
    SALVOR_TRY(const PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    return CountStatement(table, filter, Ids(which));
  }
  [[nodiscard]] Result<std::string> Missing(const Copy& copy,
                                            const std::vector<size_t>& which) const {
    SALVOR_TRY(PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    return MissingStatement(
        {{RowsOf(copy.table)}, RowsOf(opened_.today), std::move(filter), Ids(which)});
  }
  [[nodiscard]] std::vector<std::string> Ids(const std::vector<size_t>& which) const {
    std::vector<std::string> ids;
    ids.reserve(which.size());
    for (const size_t index : which) ids.push_back(opened_.planned.ids[index]);
    return ids;
  }
  Status ForEachCopy(const auto& act) {
    std::map<TableName, std::vector<size_t>> groups;
    for (const size_t index : All()) groups[opened_.planned.CopyOf(index)].push_back(index);
    for (const auto& [name, which] : groups) SALVOR_OK(act(CopyAt(opened_.copies, name), which));
    return Done{};
  }

  const OpenedPlan& opened_;
  bool deleted_;
  BqCommand bq_{opened_.plan.pins};
  ScriptWriter script_;
};

// The copies with the columns that they have, or will have.
Result<std::vector<Copy>> CopiesOrDrafts(const OpenedPlan& opened) {
  const Connection& connection = opened.connection;
  std::vector<Copy> copies;
  for (const CopyName& name : opened.planned.copies) {
    SALVOR_TRY(auto found, connection.api.GetTable(name.table));
    if (!found && opened.planned.table_is_gone) {
      found = opened.today;
      found->rows = kNotCounted;
      found->name = name.table;
    } else if (!found) {
      found = opened.today;
      auto then = FieldsAt(connection, opened.today, name.at);
      if (then) found->fields = *std::move(then);
      found->name = name.table;
    }
    copies.push_back({name, *std::move(found)});
  }
  return copies;
}

// Opens the plan as the script needs it, and has it written.
template <typename Text>
Result<Text> ForPlan(const Connection& connection, const model::Plan& plan,
                     const std::string& plan_digest, Result<Text> (ScriptBuilder::*write)()) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kDefinition));
  SALVOR_TRY(opened.copies, CopiesOrDrafts(opened));
  if (opened.planned.table_is_gone && !opened.copies.empty()) {
    SALVOR_TRY(opened.today, TableToMake(plan, connection.table, opened.copies.front().table));
  }
  return (ScriptBuilder(opened).*write)();
}

}  // namespace

Result<std::string> WriteManualScript(const Connection& connection, const model::Plan& plan,
                                      const std::string& plan_digest) {
  return ForPlan(connection, plan, plan_digest, &ScriptBuilder::Run);
}

Result<std::vector<std::string>> ListCommands(const Connection& connection, const model::Plan& plan,
                                              const std::string& plan_digest) {
  return ForPlan(connection, plan, plan_digest, &ScriptBuilder::List);
}

}  // namespace salvor::bigquery
