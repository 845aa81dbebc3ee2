#include "bigquery/history/jobs_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/strings.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/sql/quoting.h"

namespace salvor::bigquery {
namespace {

using Cell = std::optional<std::string>;

std::optional<int64_t> Integer(const Cell& cell) { return cell ? ParseInt64(*cell) : std::nullopt; }

// Microseconds since 1970.
std::optional<Instant> Time(const Cell& cell) {
  const auto micros = Integer(cell);
  if (!micros || *micros < 0) return std::nullopt;
  return InstantOfMillis(*micros / 1'000);
}

// The columns as Statement names them.
struct Columns {
  explicit Columns(const Rows& rows) : rows_(rows) {}
  [[nodiscard]] Cell Of(const std::vector<Cell>& row, std::string_view name) const {
    const auto found = std::find(rows_.columns.begin(), rows_.columns.end(), name);
    if (found == rows_.columns.end()) return std::nullopt;
    return row[static_cast<size_t>(found - rows_.columns.begin())];
  }
  const Rows& rows_;
};

bool WritesToADestination(std::string_view operation) {
  return operation == "LOAD" || operation == "COPY" || operation == "SELECT" ||
         operation == "QUERY";
}

std::optional<TableJob> ReadJob(const Columns& columns, const std::vector<Cell>& row,
                                const std::string& project, const std::string& table) {
  TableJob job;
  job.project = project;
  job.id = columns.Of(row, "job_id").value_or("");
  job.user = columns.Of(row, "user_email").value_or("");
  const std::string type = columns.Of(row, "job_type").value_or("");
  const std::string statement = columns.Of(row, "statement_type").value_or("");
  job.operation = type == "QUERY" && !statement.empty() ? statement : type;
  const std::string written = columns.Of(row, "table_id").value_or("");
  if (written.size() > table.size()) job.partition = written.substr(table.size() + 1);
  const auto ended = Time(columns.Of(row, "end_time"));
  const auto started = Time(columns.Of(row, "start_time"));
  const auto created = Time(columns.Of(row, "creation_time"));
  if (!ended || columns.Of(row, "error")) return std::nullopt;
  job.ended = *ended;
  job.started = started.value_or(created.value_or(*ended));
  job.deleted_rows = Integer(columns.Of(row, "deleted_rows"));
  job.updated_rows = Integer(columns.Of(row, "updated_rows"));
  job.inserted_rows = Integer(columns.Of(row, "inserted_rows"));
  if (WritesToADestination(job.operation)) job.writes = Writes::kUntold;
  // A script names the destinations of its children; they are listed themselves.
  if (job.operation == "SCRIPT") return std::nullopt;
  return job;
}

// By job id, of the scripts that are listed themselves.
std::map<std::string, Instant> EndsOfScripts(const Columns& columns, const Rows& rows) {
  std::map<std::string, Instant> ends;
  for (const auto& row : rows.rows) {
    const auto ended = Time(columns.Of(row, "end_time"));
    if (ended && columns.Of(row, "statement_type").value_or("") == "SCRIPT") {
      ends[columns.Of(row, "job_id").value_or("")] = *ended;
    }
  }
  return ends;
}

Status AskProject(const Connection& connection, const std::string& project,
                  const std::string& location, Instant since, TableJobs& found) {
  auto answer = RunWithin(connection, JobsStatement(project, location), location,
                          JobsParameters(connection.table, since - kLongestJob), /*estimate=*/true);
  if (!answer) {
    const Error& error = answer.error();
    if (error.code == Code::kUnavailable) return Fail(std::move(answer).error());
    found.complete = false;
    found.notes.push_back(fmt::format(
        "who changed the table is unknown as far as project {} goes: its jobs cannot be read ({})",
        project, error.what));
    return Done{};
  }
  const Columns columns(answer->rows);
  const auto scripts = EndsOfScripts(columns, answer->rows);
  for (const auto& row : answer->rows.rows) {
    auto job = ReadJob(columns, row, project, connection.table.table);
    if (!job) continue;
    const std::string parent = columns.Of(row, "parent_job_id").value_or("");
    job->script = parent;
    if (!parent.empty()) {
      const auto script = scripts.find(parent);
      if (script != scripts.end()) job->commits_by = script->second;
    }
    if (job->ended >= since) found.jobs.push_back(*std::move(job));
  }
  return Done{};
}

std::set<std::string> ProjectsOf(const Connection& connection) {
  std::set<std::string> projects{connection.table.project, connection.job_project};
  projects.insert(connection.jobs_projects.begin(), connection.jobs_projects.end());
  return projects;
}

}  // namespace

std::string JobsStatement(const std::string& project, const std::string& location) {
  return fmt::format(
      "SELECT job_id, parent_job_id, user_email, job_type, statement_type, creation_time, "
      "start_time, end_time, destination_table.table_id AS table_id, "
      "dml_statistics.deleted_row_count AS deleted_rows, "
      "dml_statistics.inserted_row_count AS inserted_rows, "
      "dml_statistics.updated_row_count AS updated_rows, error_result.reason AS error "
      "FROM {}.{}.INFORMATION_SCHEMA.JOBS "
      "WHERE creation_time >= @since AND state = 'DONE' "
      "AND destination_table.project_id = @project AND destination_table.dataset_id = @dataset "
      "AND (destination_table.table_id = @table OR STARTS_WITH(destination_table.table_id, "
      "@prefix))",
      QuoteName(project), QuoteName("region-" + LowerCase(location)));
}

nlohmann::json JobsParameters(const TableName& table, Instant since) {
  return {TextParameter("project", table.project), TextParameter("dataset", table.dataset),
          TextParameter("table", table.table), TextParameter("prefix", table.table + "$"),
          TimestampParameter("since", since)};
}

bool TableJob::MayRemoveRows() const {
  if (writes == Writes::kAdds) return false;
  if (operation == "INSERT" || operation.starts_with("ALTER_TABLE") ||
      operation.starts_with("CREATE_ROW_ACCESS") || operation.starts_with("DROP_ROW_ACCESS")) {
    return false;
  }
  const bool dml = operation == "DELETE" || operation == "UPDATE" || operation == "MERGE";
  return !dml || deleted_rows.value_or(1) > 0 || updated_rows.value_or(1) > 0;
}

bool TableJob::MayMoveRows() const {
  if (operation == "MERGE") return updated_rows.value_or(1) + inserted_rows.value_or(1) > 0;
  return operation == "UPDATE";
}

bool TableJob::PutsRows() const {
  return WritesToADestination(operation) || MayMoveRows() || operation == "CREATE_TABLE_AS_SELECT";
}

int64_t CostOfJobs(const Connection& connection) {
  return static_cast<int64_t>(ProjectsOf(connection).size()) * kLeastBilled;
}

Result<TableJobs> JobsOf(const Connection& connection, const std::string& location, Instant since) {
  TableJobs found;
  found.complete = true;
  found.since = since;
  found.asked_at = connection.api.Now();
  const std::set<std::string> projects = ProjectsOf(connection);
  found.asked = fmt::format("{}", fmt::join(projects, ", "));
  for (const std::string& project : projects) {
    SALVOR_OK(AskProject(connection, project, location, since, found));
  }
  std::stable_sort(found.jobs.begin(), found.jobs.end(),
                   [](const TableJob& a, const TableJob& b) { return a.ended < b.ended; });
  connection.known->jobs = std::make_shared<const TableJobs>(found);
  return found;
}

Result<TableJobs> JobsSeen(const Connection& connection, const std::string& location, Instant since,
                           Instant modified) {
  const auto seen = connection.known->jobs;
  if (!seen || seen->since > since || seen->asked_at < modified)
    return JobsOf(connection, location, since);
  TableJobs found = *seen;
  std::erase_if(found.jobs, [&](const TableJob& job) { return job.ended < since; });
  return found;
}

}  // namespace salvor::bigquery
