#include "bigquery/recovery/query_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/sql/apply_transaction.h"
#include "bigquery/sql/create_table.h"

namespace salvor::bigquery {
namespace {

using model::Mode;

// "Transactions: concurrency": "Transaction is aborted due to concurrent update against table". It
// was rolled back; what the other one did is for the assertions of a new attempt to judge.
bool WasAborted(const JobError& error) {
  return error.message.find("concurrent update") != std::string::npos;
}

// `next`: the number of an attempt that may be made now.
Result<Change> RunScript(const OpenedPlan& opened, const std::string& step, const std::string& part,
                         int next, const std::string& script) {
  // At least 1: 0 would be no limit.
  const int64_t most = std::max<int64_t>(opened.connection.max_bytes_billed, 1);
  nlohmann::json configuration =
      QueryConfiguration(script, {.max_bytes_billed = most, .kms_key = *opened.connection.kms_key});
  configuration["labels"] = {{kPlanLabel, PlanMark(opened.digest)}};
  for (int tried = 0; tried < kAttemptsInRun; ++tried) {
    const JobRef ref = JobOf(opened.plan, opened.digest, step, part, next + tried);
    SALVOR_TRY(const Job job,
               RunJob(opened.connection.api, opened.connection.clock, ref, configuration));
    if (!job.error) return Change{job.ended.value_or(job.created), false, ""};
    std::string moved = FailedAssertion(job.error->message);
    if (!moved.empty()) return Change{{}, false, std::move(moved)};
    if (!MayRetryAsNewAttempt(*job.error) && !WasAborted(*job.error)) {
      return Fail(ErrorOfJob(job).At(opened.plan.table.uri));
    }
    opened.connection.clock.Sleep(Millis(1'000LL << tried));
  }
  return Fail(Code::kUnavailable,
              fmt::format("the query of {} failed in {}", step, Plural(kAttemptsInRun, "attempt")),
              opened.plan.table.uri, "Run the same command again later");
}

std::vector<Group> GroupsOf(const Planned& planned, const std::vector<Copy>& copies,
                            const std::vector<size_t>& which) {
  std::map<TableName, Group> groups;
  for (const size_t index : which) {
    const model::PlannedPartition& one = *planned.partitions[index];
    const TableName& name = planned.CopyOf(index);
    Group& group = groups[name];
    group.staged = RowsOf(CopyAt(copies, name).table);
    const std::string& id = planned.ids[index];
    // Nobody counts the rows of a deleted table before they are copied.
    const int64_t staged =
        one.restore.uncounted > 0 ? CopyAt(copies, name).table.rows : one.restore.rows;
    const bool counted = staged != kNotCounted;
    const int64_t present = one.now.rows;
    if (one.mode == Mode::kReplace) {
      group.replace.push_back({id, staged, present, present});
    } else if (one.mode == Mode::kBeside) {
      group.beside.push_back({id, staged, present, 0});
    } else {
      group.fill.push_back({id, counted ? std::optional(staged) : std::nullopt});
    }
  }
  std::vector<Group> list;
  list.reserve(groups.size());
  for (auto& [name, group] : groups) list.push_back(std::move(group));
  return list;
}

}  // namespace

Status CheckFitsInQuery(size_t partitions, const std::string& place, const std::string& next) {
  if (partitions <= kPartitionsInQuery) return Done{};
  return Fail(Code::kRefused,
              fmt::format("{} are more than the {} that one query may change",
                          Plural(static_cast<int64_t>(partitions), "partition"),
                          FormatCount(static_cast<int64_t>(kPartitionsInQuery))),
              place, next);
}

Result<ApplyTransaction> TransactionOf(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(PartitionFilter filter, FilterOf(opened.planned, opened.today));
  return ApplyTransaction{RowsOf(opened.today), std::move(filter),
                          GroupsOf(opened.planned, opened.copies, which)};
}

Result<Transaction> ApplyText(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(const ApplyTransaction apply, TransactionOf(opened, which));
  SALVOR_TRY(Transaction made, ApplyScript(apply));
  if (!opened.planned.table_is_gone) return made;
  SALVOR_TRY(const CreateStatement create, CreateTableStatement(opened.today));
  made.sql = create.sql + ";\n" + LiftExpirationsStatement(opened.today) + ";\n" + made.sql;
  return made;
}

Result<Transaction> UndoText(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(ApplyTransaction apply, TransactionOf(opened, which));
  UndoTransaction undo{
      std::move(apply.present), std::move(apply.filter), {}, std::move(apply.groups)};
  if (opened.planned.Before() != nullptr)
    undo.before = RowsOf(CopyAt(opened.copies, *opened.planned.Before()).table);
  return UndoScript(undo);
}

Result<Change> ApplyRows(const OpenedPlan& opened, const std::vector<size_t>& which) {
  SALVOR_TRY(const Transaction made, ApplyText(opened, which));
  SALVOR_TRY(const Attempt last,
             LastAttempt(opened.connection, opened.plan, opened.digest, "apply", kRowsPart));
  if (last.Succeeded()) return Change{last.job->ended.value_or(last.job->created), true, ""};
  return RunScript(opened, "apply", kRowsPart, last.next, made.sql);
}

Result<Change> UndoRows(const OpenedPlan& opened, const std::vector<size_t>& which, int attempt) {
  SALVOR_TRY(const Transaction made, UndoText(opened, which));
  return RunScript(opened, "undo", kUndoPart, attempt, made.sql);
}

}  // namespace salvor::bigquery
