// Who changed the table: INFORMATION_SCHEMA.JOBS, which keeps 180 days and may be closed to the
// caller.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/connection.h"

namespace salvor::bigquery {

// What a job did with rows that were there. DML and DDL say so by their name; JOBS does not say it
// of load, copy and query jobs with a destination (write_dispositions.h).
enum class Writes { kByItsName, kUntold, kAdds, kReplaces };

// A job that succeeded and wrote to the table.
struct TableJob {
  std::string project;  // whose JOBS view named it
  std::string id;
  std::string user;
  std::string operation;  // DELETE, MERGE, TRUNCATE_TABLE, …; LOAD and COPY for jobs of that type
  std::string partition;  // the id that its destination named; "" for the whole table
  Instant started;
  Instant ended;
  std::optional<int64_t> deleted_rows;  // of DML
  std::optional<int64_t> updated_rows;
  std::optional<int64_t> inserted_rows = {};
  Writes writes = Writes::kByItsName;
  std::string script = {};  // the job that it is a statement of
  // Of a statement in a script, which may take effect when the script commits later: when that had
  // ended. Not known: as long after it as a job may run.
  std::optional<Instant> commits_by = {};

  // False only if it certainly took no row away.
  [[nodiscard]] bool MayRemoveRows() const;
  // UPDATE, and MERGE that did not only delete: rows may live on in another place.
  [[nodiscard]] bool MayMoveRows() const;
  // It wrote the result of a query, a file or another table: what retention never does.
  [[nodiscard]] bool PutsRows() const;
  // The statements of a script have ids that the service chose.
  [[nodiscard]] bool BySalvor() const {
    return id.starts_with("salvor-") || script.starts_with("salvor-");
  }
};

struct TableJobs {
  std::vector<TableJob> jobs;  // by end
  Instant since{};             // ended then or later
  Instant asked_at{};
  bool complete = false;   // every project that was asked answered
  std::string asked = {};  // their names
  std::vector<std::string> notes;
};

// A job runs six hours at most; one that began before the window may have ended in it.
inline constexpr Millis kLongestJob{6 * 3'600'000LL};

// What is asked of one project's view, and the parameters that go with it.
std::string JobsStatement(const std::string& project, const std::string& location);
nlohmann::json JobsParameters(const TableName& table, Instant since);

// From the JOBS views of the table's project, the job project and --jobs-project. A view that may
// not be read is a note, not an error: then who did it is unknown.
Result<TableJobs> JobsOf(const Connection& connection, const std::string& location, Instant since);
// Of those that the look of this command found; asked anew only where it did not look as far back,
// or the table was written to since (`modified`).
Result<TableJobs> JobsSeen(const Connection& connection, const std::string& location, Instant since,
                           Instant modified);
// What JobsOf is billed, where every view may be read.
int64_t CostOfJobs(const Connection& connection);

}  // namespace salvor::bigquery
