#include "bigquery/script/bq_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/recovery/query_jobs.h"
#include "bigquery/recovery/staging.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/script/deleted_table_steps.h"
#include "bigquery/script/script_writer.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/schema_compatibility.h"

namespace salvor::bigquery {
namespace {

class Writing {
 public:
  explicit Writing(const OpenedPlan& opened) : opened_(opened) {}

  Result<std::string> Run() {
    Head();
    SALVOR_OK(Persist());
    SALVOR_OK(Apply());
    SALVOR_OK(Verify());
    Clean();
    SALVOR_OK(Undo());
    return script_.Take();
  }

  [[nodiscard]] Result<std::vector<std::string>> Commands() const {
    std::vector<std::string> commands;
    for (const Copy& copy : opened_.copies) commands.push_back(CloneCommand(copy));
    commands.push_back(BeginCommand());
    SALVOR_TRY(auto rows, RowsCommand());
    if (rows) commands.push_back(*std::move(rows));
    for (const size_t index : All()) {
      if (!ByQuery(index)) commands.push_back(CopyCommand(index));
    }
    return commands;
  }

 private:
  [[nodiscard]] std::string CloneCommand(const Copy& copy) const {
    const JobRef job =
        JobOf(opened_.plan, opened_.digest, "persist", std::to_string(MillisOf(copy.name.at)), 1);
    return bq_.Query(CloneStatement(CloneOf(opened_, copy.name, opened_.connection.api.Now())),
                     &job);
  }

  // The mark by which salvor sees that somebody has begun.
  [[nodiscard]] std::string BeginCommand() const {
    const JobRef job = BeginningOf(opened_.plan, opened_.digest);
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

  // What copy jobs cannot do, in one transaction; nothing if they can do all of it.
  Result<std::optional<std::string>> RowsCommand() const {
    std::vector<size_t> by_query;
    for (const size_t index : All()) {
      if (ByQuery(index)) by_query.push_back(index);
    }
    if (by_query.empty()) return std::optional<std::string>();
    SALVOR_TRY(const std::string script, ApplyText(opened_, by_query));
    const JobRef job = JobOf(opened_.plan, opened_.digest, "apply", "rows", 1);
    return std::optional<std::string>(bq_.Query(script, &job));
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

  void SayHowColumnsDiffer() {
    for (const size_t index : All()) {
      const SchemaFit fit = FitOf(index);
      if (fit.same || (fit.refusal.empty() && opened_.planned.by_name)) continue;
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
    script_.Say(fmt::format("Recovery of {} by hand: what salvor would do for plan {}",
                            opened_.plan.table.uri, opened_.digest));
    script_.Say(
        "Run it step by step, and read each answer. The job ids make sure that nothing happens "
        "twice:");
    script_.Say(
        "a command that fails with \"Already Exists: Job\" was run before; look at that job.");
    script_.Line("set -eu");
  }

  Status Persist() {
    script_.Step(
        "Runbook step 1, persist: a private copy, as the table was right before the loss. Free.");
    script_.Say(
        "Nobody may read the dataset who may not read the table; salvor persist checks that, this "
        "does not.");
    for (const Copy& copy : opened_.copies) script_.Line(CloneCommand(copy));
    script_.Say("Is it all there? Partition by partition, as many rows as the plan says:");
    return ForEachCopy([&](const Copy& copy, const std::vector<size_t>& which) -> Status {
      SALVOR_TRY(const PartitionFilter filter, Filter());
      SALVOR_TRY(const std::string sql, CountStatement(copy.name.table, filter, Ids(which)));
      script_.Line(bq_.Query(sql, nullptr));
      for (const size_t index : which) {
        script_.Say(fmt::format("  {}: {}", opened_.planned.ids[index],
                                Plural(opened_.planned.partitions[index]->restore.rows, "row")));
      }
      return Done{};
    });
  }

  Status Apply() {
    script_.Step(
        "Runbook step 2, copy the missing data back: only somebody who may write to the table,");
    script_.Say("and only after a second person has read this.");
    script_.Say(
        "First the id by which salvor knows that something was begun; this reads no table:");
    script_.Line(BeginCommand());
    SayHowColumnsDiffer();
    SALVOR_TRY(const auto rows, RowsCommand());
    if (rows) {
      script_.Say("What no copy job can do, in one transaction, which bills what it reads:");
      script_.Line(*rows);
    }
    for (const size_t index : All()) {
      if (!ByQuery(index)) script_.Line(CopyCommand(index));
    }
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
      SALVOR_TRY(PartitionFilter filter, Filter());
      auto sql = MissingStatement(
          {{RowsOf(copy.table)}, RowsOf(opened_.today), std::move(filter), Ids(which)});
      if (!sql) {
        script_.Say("These rows cannot be compared, only counted: " + sql.error().what);
        SALVOR_TRY(const PartitionFilter counting, Filter());
        sql = CountStatement(opened_.connection.table, counting, Ids(which));
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
  Status Undo() {
    auto script = UndoText(opened_, All());
    script_.Step(
        "To take step 2 back while nothing else touched these partitions, before step 4, run:");
    if (!script) {
      script_.Say("(not possible by a statement: " + script.error().what + ")");
      return Done{};
    }
    const JobRef job = JobOf(opened_.plan, opened_.digest, "undo", "all", 1);
    script_.Comment(bq_.Query(*script, &job));
    return Done{};
  }

  [[nodiscard]] Result<PartitionFilter> Filter() const {
    return PartitionFilter::Make(opened_.today.partitioning, opened_.today.fields);
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
  Bq bq_{opened_.plan.pins};
  HandScript script_;
};

// The copies with the columns that they have, or will have.
Result<std::vector<Copy>> CopiesOrDrafts(const OpenedPlan& opened) {
  const Connection& connection = opened.connection;
  std::vector<Copy> copies;
  for (const CopyName& name : opened.planned.copies) {
    SALVOR_TRY(auto found, connection.api.GetTable(name.table));
    if (!found) {
      auto then =
          connection.api.GetTable(connection.table, "@" + std::to_string(MillisOf(name.at)));
      found = then && *then ? *std::move(then) : opened.today;
      found->name = name.table;
    }
    copies.push_back({name, *std::move(found)});
  }
  return copies;
}

// Calls `write` with what there is to write about.
template <typename Text>
Result<Text> ForPlan(const Connection& connection, const model::Plan& plan,
                     const std::string& plan_digest, Result<Text> (*write)(Writing&&),
                     Result<Text> (*write_deleted)(OpenedPlan&)) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection, plan, plan_digest, Need::kTable));
  if (opened.planned.table_is_gone) return write_deleted(opened);
  SALVOR_TRY(opened.copies, CopiesOrDrafts(opened));
  return write(Writing(opened));
}

}  // namespace

Result<std::string> WriteByHand(const Connection& connection, const model::Plan& plan,
                                const std::string& plan_digest) {
  return ForPlan<std::string>(
      connection, plan, plan_digest, [](Writing&& writing) { return writing.Run(); },
      WriteDeletedByHand);
}

Result<std::vector<std::string>> ListCommands(const Connection& connection, const model::Plan& plan,
                                              const std::string& plan_digest) {
  return ForPlan<std::vector<std::string>>(
      connection, plan, plan_digest, [](Writing&& writing) { return writing.Commands(); },
      ListDeletedCommands);
}

}  // namespace salvor::bigquery
