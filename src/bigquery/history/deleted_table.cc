#include "bigquery/history/deleted_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/reach.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {

namespace {

constexpr Millis kMargin{60'000};

// How it went.
struct Deletion {
  int64_t last_good = 0;
  Instant at;
  std::string operation = "deleted";
  std::string who;
};

std::optional<Deletion> FromJobs(const TableJobs& jobs) {
  const auto found = std::find_if(jobs.jobs.rbegin(), jobs.jobs.rend(), [](const TableJob& job) {
    return job.operation == "DROP_TABLE";
  });
  if (found == jobs.jobs.rend()) return std::nullopt;
  // The statement took effect between its start and its end; a moment before, it had not.
  return Deletion{MillisOf(found->started) - 1, found->ended, found->operation, found->user};
}

void TellDeletion(const Deletion& deletion, const Dataset& dataset, model::Inventory& inventory) {
  model::Event event;
  event.version = deletion.last_good + 1;
  event.at = deletion.at;
  event.operation = deletion.operation;
  event.who = deletion.who;
  event.partitions = event.emptied = 1;
  // Nobody counted them, and there may be many.
  const model::Tally before{.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
  event.changes.push_back({{}, 0, 0, 0});
  model::PartitionRecord record;
  record.best = before;
  record.best_version = deletion.last_good;
  record.emptied = model::Before{event.version, before};
  record.emptyings = 1;
  record.files_present = 1;
  record.deadline = DeadlineOf(deletion.last_good, dataset);
  record.deadline_reason = DeadlineReason(dataset);
  inventory.events.push_back(std::move(event));
  inventory.partitions.push_back(std::move(record));
}

// A table that was deleted without a statement leaves no job; those that wrote to it did.
tl::unexpected<Error> NobodyKnows(const TableName& name, const TableJobs& jobs) {
  if (!jobs.jobs.empty()) {
    const TableJob& last = jobs.jobs.back();
    return Fail(Code::kNotFound,
                fmt::format("there is no such table now, but there was one when {} by {} ended, "
                            "at {}; nobody says when it was deleted",
                            last.operation, last.user.empty() ? "somebody" : last.user,
                            FormatInstant(last.ended)),
                UriOf(name),
                fmt::format("Name an instant between that and its deletion, the latest that is "
                            "certain: salvor plan {} --case DIR --as-of {}",
                            UriOf(name), FormatInstant(last.ended)));
  }
  return Fail(Code::kNotFound, "there is no such table, and nobody says that there was one",
              UriOf(name),
              "Check the name. If it was deleted within the time-travel window, name an instant at "
              "which it was there: salvor plan --as-of");
}

}  // namespace

Result<model::Inventory> LookAtDeleted(const Connection& connection, const Dataset& dataset,
                                       const warehouse::LookRequest& request) {
  const Instant first = connection.api.Now() - dataset.time_travel + kMargin;
  SALVOR_TRY(const TableJobs jobs, JobsOf(connection, dataset.location, first));
  const Instant now = connection.api.Now();
  std::optional<Deletion> deletion = FromJobs(jobs);
  // --as-of: the state after that instant is what was reached for.
  if (!deletion && request.reach_version && *request.reach_version > MillisOf(first)) {
    deletion = Deletion{*request.reach_version - 1, now, "unknown", ""};
  }
  if (!deletion) return NobodyKnows(connection.table, jobs);

  model::Inventory inventory;
  inventory.table = IdentityOfDeleted(connection.table);
  inventory.version = MillisOf(now);
  inventory.at = now;
  inventory.window = {MillisOf(first), first, false, DeadlineReason(dataset)};
  TellDeletion(*deletion, dataset, inventory);
  inventory.notes = jobs.notes;
  inventory.notes.push_back("the table was deleted; it can be brought back as a whole only");
  inventory.notes.push_back("how many rows it had cannot be seen before it is copied");
  return inventory;
}

}  // namespace salvor::bigquery
