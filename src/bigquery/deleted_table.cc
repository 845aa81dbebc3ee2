#include "bigquery/deleted_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "bigquery/definition.h"
#include "bigquery/jobs_view.h"
#include "bigquery/partition_digest.h"
#include "bigquery/past.h"
#include "bigquery/present.h"
#include "bigquery/remake.h"
#include "bigquery/table_state.h"
#include "bigquery/words.h"

namespace salvor::bigquery {
namespace {

constexpr Millis kMargin{60'000};

// The table as it was, where the service answers that for one that was deleted.
Result<std::optional<Table>> TableAt(const Connection& connection, int64_t at) {
  auto table = connection.api.GetTable(connection.table, fmt::format("@{}", at));
  if (table) return table;
  const Code code = table.error().code;
  if (code == Code::kTooLate || code == Code::kInvalidArgument) return std::optional<Table>();
  return table;
}

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
  SALVOR_TRY(deletion.before, TableAt(connection, deletion.last_good));
  return std::optional(std::move(deletion));
}

// An instant after the deletion. What is known of the service's time may lag by a second: taken for
// "now", an instant at which the table was still being written would become the last good one.
Result<Instant> NowThatItIsGone(const Connection& connection) {
  constexpr int kMostTries = 5;
  for (int tried = 0; tried < kMostTries; ++tried) {
    const Instant now = connection.api.Now();
    SALVOR_TRY(const auto there, TableAt(connection, MillisOf(now)));
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
    SALVOR_TRY(there, TableAt(connection, std::max(begin, first)));
    if (there) break;
  }
  if (!there) {
    SALVOR_TRY(there, TableAt(connection, first));
    begin = first;
  }
  if (!there) return std::optional<Deletion>();
  int64_t end = std::min(begin + kDay, now);
  while (begin + 1 < end) {
    const int64_t middle = begin + (end - begin) / 2;
    SALVOR_TRY(auto seen, TableAt(connection, middle));
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

// Why such a table cannot be made again; "" if it can.
std::string WhyNotMade(const std::optional<Table>& defined) {
  if (!defined) {
    return "how the deleted table was partitioned can no longer be read. Name a file with "
           "--definition: what bq show --format=json printed of it, or written by hand "
           R"({"timePartitioning": {"type": "DAY", "field": "submission_date"}}; {} for a table )"
           "without partitions";
  }
  std::string why = WhyNotLookedAt(*defined);
  return why.empty() ? WhyNotWritten(*defined, {}) : why;
}

// What is made in a dataset with a default key gets that key, and so must the private copy.
void GiveDefaultKey(const Dataset& dataset, Table& defined) {
  if (!defined.kms_key.empty() || dataset.default_kms_key.empty()) return;
  defined.kms_key = dataset.default_kms_key;
  defined.resource["encryptionConfiguration"] = {{"kmsKeyName", defined.kms_key}};
}

// Which way the rows go back is not known before they are copied: the plan has what both cost, and
// whether the costly one may be taken.
std::string WhatItCosts(const model::Tally& rows, bool by_name) {
  const std::string cost = rows.uncounted > 0
                               ? std::string(
                                     "as many bytes as its rows have, which cannot be seen before "
                                     "they are copied, and 30 MB at least")
                               : "about " + FormatBytes(BytesToFill(rows.bytes));
  const std::string chosen =
      by_name ? "the plan allows that query (--by-name)"
              : "the plan does not allow that query: apply would refuse. --by-name allows it";
  return fmt::format(
      "the rows go back by a copy job, billed nothing, if the service's copy of the deleted table "
      "keeps its partitions and columns, which the documentation leaves open; else only by a query "
      "that bills {}; {}",
      cost, chosen);
}

void WarnOfMaking(const Table& defined, const model::Tally& rows, bool by_name,
                  std::vector<std::string>& warnings) {
  if (defined.partitioning.ByIngestionTime()) {
    warnings.push_back(
        "the table is partitioned by time of ingestion: its rows can come back only if the "
        "service's copy of it keeps the partitions, which the documentation leaves open");
  } else {
    warnings.push_back(WhatItCosts(rows, by_name));
  }
  for (const std::string& line : ToSetAgain(defined)) {
    warnings.push_back("set again by hand after apply: " + line);
  }
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
  inventory.gone = kGone;
  TellDeletion(*deletion, dataset, inventory);
  inventory.notes = jobs.notes;
  inventory.notes.push_back("the table was deleted; it can be brought back as a whole only");
  if (!deletion->before) {
    inventory.notes.push_back("how many rows it had cannot be seen before it is copied");
  }
  return inventory;
}

Result<warehouse::Examination> ExamineDeleted(const Connection& connection, const Dataset& dataset,
                                              const std::vector<warehouse::Wanted>& wanted) {
  warehouse::Examination examination;
  std::optional<Table> defined;
  if (!connection.definition.empty()) {
    SALVOR_TRY(defined, TableOfDefinition(connection.table, connection.definition));
    GiveDefaultKey(dataset, *defined);
  }
  for (const warehouse::Wanted& one : wanted) {
    warehouse::Examined examined;
    examined.wanted = one;
    examined.wanted.mode = model::Mode::kAdd;
    examined.snapshot = {one.snapshot, InstantOfMillis(one.snapshot)};
    examined.deadline = DeadlineOf(one.snapshot, dataset);
    examined.deadline_reason = DeadlineReason(dataset);
    SALVOR_TRY(auto before, TableAt(connection, one.snapshot));
    examined.restore = before ? TallyOf(before->rows, before->bytes)
                              : model::Tally{.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
    examined.restore.files = 1;
    examined.files_present = 1;
    examined.content = ContentDigest("", one.snapshot, examined.restore);
    if (!defined) defined = std::move(before);
    examined.refusal = WhyNotMade(defined);
    examination.partitions.push_back(std::move(examined));
  }
  examination.state = StateOfDeleted(MillisOf(connection.api.Now()));
  examination.pins.job_project = connection.job_project;
  examination.pins.location = dataset.location;
  examination.pins.endpoint = connection.api.Endpoint();
  examination.pins.by_name = connection.by_name;
  examination.pins.allow_unchecked_iam = connection.allow_unchecked_iam;
  if (defined) {
    examination.pins.definition = DefinitionOf(*defined);
    const model::Tally rows =
        examination.partitions.empty() ? model::Tally() : examination.partitions.front().restore;
    WarnOfMaking(*defined, rows, connection.by_name, examination.warnings);
  }
  return examination;
}

}  // namespace salvor::bigquery
