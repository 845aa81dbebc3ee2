// BigQueryReader: what is there, and what happened to it.
#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "bigquery/deleted_table.h"
#include "bigquery/events.h"
#include "bigquery/jobs_view.h"
#include "bigquery/partition_id.h"
#include "bigquery/present.h"
#include "bigquery/reader.h"
#include "bigquery/survey.h"
#include "bigquery/table_state.h"

namespace salvor::bigquery {
namespace {

using warehouse::LookRequest;

Status CheckKind(const Table& table) {
  const std::string why = WhyNotLookedAt(table);
  if (why.empty()) return Done{};
  return Fail(Code::kUnsupported, "salvor does not work on this table: " + why, UriOf(table.name));
}

Status CheckReach(const LookRequest& request, const Reach& reach, const TableName& name) {
  if (!request.reach_version || *request.reach_version > MillisOf(reach.first)) return Done{};
  return Fail(Code::kTooLate,
              fmt::format("version {} is before {}, the earliest instant that can be read",
                          *request.reach_version, FormatInstant(reach.first)),
              UriOf(name), reach.reason);
}

void AddNotes(const Table& table, const Holdings& holdings, const TableJobs& jobs,
              const MetadataPast& past, model::Inventory& inventory) {
  inventory.notes.push_back(fmt::format("looked with {} billed ({}), and {} free requests",
                                        FormatBytes(holdings.bytes_billed + jobs.bytes_billed),
                                        holdings.bytes_billed + jobs.bytes_billed > 0
                                            ? "INFORMATION_SCHEMA charges 10 MB a query"
                                            : "nothing was charged",
                                        FormatCount(past.Asked())));
  inventory.notes.insert(inventory.notes.end(), jobs.notes.begin(), jobs.notes.end());
  if (table.streaming) {
    inventory.notes.push_back(fmt::format(
        "about {} in the streaming buffer are not counted: they reach their partitions within 90 "
        "minutes",
        Plural(table.streaming->estimated_rows, "row")));
  }
}

Result<model::Inventory> LookAtTable(const Connection& connection, const Table& table,
                                     const Dataset& dataset, const LookRequest& request) {
  connection.progress.Tell("reading the partitions", 0, 0);
  SALVOR_TRY(Holdings holdings, ReadHoldings(connection, table));
  MetadataPast past(connection.api, table.name);
  SALVOR_TRY(Reach reach, FindReach(past, table, dataset, holdings.at, request.since));
  SALVOR_OK(CheckReach(request, reach, table.name));
  connection.progress.Tell("asking who changed the table", 0, 0);
  SALVOR_TRY(TableJobs jobs, JobsOf(connection, table.location, reach.first));

  const int64_t now = MillisOf(holdings.at);
  SALVOR_TRY(Survey survey,
             LookAtPast(past, {table, holdings, jobs.jobs, MillisOf(reach.first), now},
                        connection.progress));
  model::Inventory inventory;
  inventory.table = IdentityOf(table);
  inventory.version = now;
  inventory.at = holdings.at;
  inventory.window = {MillisOf(reach.first), reach.first, reach.whole, reach.reason};
  inventory.columns = PartitionColumnsOf(table);
  SALVOR_OK(TellStory({table, dataset, survey, jobs, now}, inventory));
  AddNotes(table, holdings, jobs, past, inventory);
  return inventory;
}

}  // namespace

Result<model::Inventory> BigQueryReader::Look(const LookRequest& request) {
  const TableName& name = connection_.table;
  SALVOR_TRY(auto dataset, connection_.api.GetDataset(name.Dataset()));
  if (!dataset) {
    return Fail(Code::kNotFound, "there is no such dataset", FormatName(name.Dataset()),
                "A deleted dataset can be undeleted for 7 days (UNDROP SCHEMA); then look again");
  }
  SALVOR_TRY(auto table, connection_.api.GetTable(name));
  if (!table) return LookAtDeleted(connection_, *dataset, request);
  SALVOR_OK(CheckKind(*table));
  SALVOR_TRY(model::Inventory inventory, LookAtTable(connection_, *table, *dataset, request));
  if (!request.event_changes) {
    for (model::Event& event : inventory.events) event.changes.clear();
  }
  return inventory;
}

Result<model::SnapshotRef> BigQueryReader::VersionAsOf(Instant instant) {
  if (instant > connection_.clock.Now()) {
    return Fail(Code::kInvalidArgument, "that instant is in the future", FormatInstant(instant));
  }
  return model::SnapshotRef{MillisOf(instant), instant};
}

}  // namespace salvor::bigquery
