#include "bigquery/history/deleted_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/time_travel.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {

Result<std::optional<Table>> DeletedTableAt(const Connection& connection, int64_t at) {
  auto table = connection.api.GetTable(connection.table, fmt::format("@{}", at));
  if (table) return table;
  const Code code = table.error().code;
  if (code == Code::kTooLate || code == Code::kInvalidArgument) return std::optional<Table>();
  return table;
}

namespace {

constexpr Millis kMargin{60'000};

// How it went.
struct Deletion {
  int64_t last_good = 0;
  Instant at;
  std::string operation = "deleted";
  std::string who;
  std::optional<Table> before;
};

Result<std::optional<Deletion>> FromJobs(const Connection& connection, const TableJobs& jobs) {
  const auto found = std::find_if(jobs.jobs.rbegin(), jobs.jobs.rend(), [](const TableJob& job) {
    return job.operation == "DROP_TABLE";
  });
  if (found == jobs.jobs.rend()) return std::optional<Deletion>();
  // The statement took effect between its start and its end; a moment before, it had not.
  Deletion deletion{MillisOf(found->started) - 1, found->ended, found->operation, found->user, {}};
  SALVOR_TRY(deletion.before, DeletedTableAt(connection, deletion.last_good));
  return std::optional(std::move(deletion));
}

// An instant after the deletion. What is known of the service's time may lag by a second: taken for
// "now", an instant at which the table was still being written would become the last good one.
Result<Instant> NowThatItIsGone(const Connection& connection) {
  constexpr int kMostTries = 5;
  for (int tried = 0; tried < kMostTries; ++tried) {
    const Instant now = connection.api.Now();
    SALVOR_TRY(const auto there, DeletedTableAt(connection, MillisOf(now)));
    if (!there) return now;
    connection.clock.Sleep(Millis(1'000));
  }
  return Fail(Code::kUnavailable, "the table was deleted a moment ago, and its past still shows it",
              UriOf(connection.table), "Run the same command again in a minute");
}

// Between an instant at which the table was there and now.
Result<std::optional<Deletion>> BySearching(const Connection& connection, int64_t first,
                                            int64_t now) {
  constexpr int64_t kDay = 86'400'000;
  std::optional<Table> there;
  int64_t begin = now;
  for (; begin >= first && !there; begin -= kDay) {
    SALVOR_TRY(there, DeletedTableAt(connection, std::max(begin, first)));
    if (there) break;
  }
  if (!there) {
    SALVOR_TRY(there, DeletedTableAt(connection, first));
    begin = first;
  }
  if (!there) return std::optional<Deletion>();
  int64_t end = std::min(begin + kDay, now);
  while (begin + 1 < end) {
    const int64_t middle = begin + (end - begin) / 2;
    SALVOR_TRY(auto seen, DeletedTableAt(connection, middle));
    (seen ? begin : end) = middle;
    if (seen) there = std::move(seen);
  }
  return std::optional(Deletion{begin, InstantOfMillis(end), "deleted", "", std::move(there)});
}

model::Tally TallyThen(const Deletion& deletion) {
  if (deletion.before) return TallyOf(deletion.before->rows, deletion.before->bytes);
  // Nobody counted them, and there may be many.
  return {.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
}

void TellDeletion(const Deletion& deletion, const Dataset& dataset, model::Inventory& inventory) {
  model::Event event;
  event.version = deletion.last_good + 1;
  event.at = deletion.at;
  event.operation = deletion.operation;
  event.who = deletion.who;
  event.partitions = event.emptied = 1;
  const model::Tally before = TallyThen(deletion);
  event.rows_removed = before.rows;
  event.changes.push_back({{}, before.rows, 0, 0});
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
  SALVOR_TRY(TableJobs jobs, JobsOf(connection, dataset.location, first));
  SALVOR_TRY(const Instant now, NowThatItIsGone(connection));
  SALVOR_TRY(auto deletion, BySearching(connection, MillisOf(first), MillisOf(now)));
  SALVOR_TRY(auto told, FromJobs(connection, jobs));
  if (deletion && told) {
    deletion->operation = told->operation;
    deletion->who = told->who;
  }
  if (!deletion) deletion = std::move(told);
  // --as-of: the state after that instant is what was reached for.
  if (!deletion && request.reach_version && *request.reach_version > MillisOf(first)) {
    deletion = Deletion{*request.reach_version - 1, now, "unknown", "", {}};
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
  if (!deletion->before) {
    inventory.notes.push_back("how many rows it had cannot be seen before it is copied");
  }
  return inventory;
}

}  // namespace salvor::bigquery
