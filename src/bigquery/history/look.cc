#include "bigquery/history/look.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "bigquery/access/row_access_policies.h"
#include "bigquery/history/deleted_table.h"
#include "bigquery/history/event_builder.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/overwrites.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/survey.h"
#include "bigquery/history/time_travel_query.h"
#include "bigquery/history/write_dispositions.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

using warehouse::LookRequest;

// A window that begins so much later than it could is the table's own.
constexpr Millis kYoung{3'600'000};
// The dates of answers are in seconds.
constexpr Millis kClockLag{1'000};

Status CheckKind(const Table& table) {
  const std::string why = WhyNotLookedAt(table);
  if (why.empty()) return Done{};
  return Fail(Code::kUnsupported, "salvor does not work on this table: " + why, UriOf(table.name));
}

// The last instant that FormatInstant can write.
constexpr int64_t kLastMillis = 253'402'300'799'999;

// By the service's clock, once it has answered.
Status CheckPast(const LookRequest& request, Instant now) {
  if (request.reach_version && *request.reach_version - 1 > kLastMillis) {
    return Fail(Code::kInvalidArgument, "that is no instant in milliseconds since 1970",
                std::to_string(*request.reach_version - 1),
                "salvor history shows the versions that there are");
  }
  const auto asked = request.reach_version
                         ? std::optional(InstantOfMillis(*request.reach_version - 1))
                         : request.since;
  if (!asked || *asked <= now + kClockLag) return Done{};
  return Fail(Code::kInvalidArgument, "that instant is in the future", FormatInstant(*asked));
}

Status CheckReach(const LookRequest& request, const Reach& reach, const TableName& name) {
  if (!request.reach_version || *request.reach_version > MillisOf(reach.first)) return Done{};
  return Fail(Code::kTooLate,
              fmt::format("the table cannot be read as it was at {}, only from {} on ({})",
                          FormatInstant(InstantOfMillis(*request.reach_version - 1)),
                          FormatInstant(reach.first), reach.reason),
              UriOf(name), "Choose a later one: salvor history shows what there is");
}

void AddNotes(const Table& table, const TableJobs& jobs, model::Inventory& inventory) {
  inventory.notes.insert(inventory.notes.end(), jobs.notes.begin(), jobs.notes.end());
  if (table.streaming) {
    inventory.notes.push_back(fmt::format(
        "the streaming buffer (about {}) is not counted: its rows reach their partitions within 90 "
        "minutes",
        Plural(table.streaming->estimated_rows, "row")));
  }
}

// What a look at one table is made of.
struct Scene {
  const Connection& connection;
  const Table& table;
  const Dataset& dataset;
  Holdings holdings;
  Reach reach;
  TableJobs jobs;
  std::vector<std::string> notes;
  int64_t requests = 0;
};

SurveyRequest RequestFor(const Scene& scene) {
  return {scene.table, scene.holdings, scene.jobs.jobs, MillisOf(scene.reach.first),
          MillisOf(scene.holdings.at)};
}

// True where another way of asking may succeed.
bool MayAskOtherwise(const Error& error) {
  return error.code == Code::kInvalidArgument || error.code == Code::kUnsupported ||
         error.code == Code::kRefused;
}

Result<Survey> SurveyByQuery(Scene& scene, const Error& why) {
  const bool partitioned = scene.table.partitioning.IsPartitioned();
  if (!partitioned) return Fail(Error(why));
  scene.notes.push_back(fmt::format(
      "the past was read by queries over the partition column, since metadata did not tell: {}",
      why.what));
  QueryPast past(scene.connection, scene.table);
  return LookAtPast(past, RequestFor(scene), scene.connection.progress);
}

Instant StartOfWindow(const Scene& scene) { return scene.holdings.at - scene.dataset.time_travel; }

// A table that was dropped, and whose name another one has now, cannot be read under that name.
// What is known of it is told, and its jobs are none of this table's.
void TellOfEarlierTables(Scene& scene) {
  const Instant first = scene.reach.first;
  const bool young = scene.reach.whole && first > StartOfWindow(scene) + kYoung;
  const TableJob* drop = nullptr;
  for (const TableJob& job : scene.jobs.jobs) {
    if (job.ended <= first && job.operation == "DROP_TABLE") drop = &job;
  }
  if (young && drop != nullptr) {
    scene.notes.push_back(fmt::format(
        "{} dropped another table of this name at {}, and what it held is not looked at here. The "
        "service may still copy it as a whole: bq cp {}:{}.{}@{} PROJECT:PRIVATE_DATASET.rescued",
        drop->user.empty() ? "somebody" : drop->user, FormatInstant(drop->ended),
        scene.table.name.project, scene.table.name.dataset, scene.table.name.table,
        MillisOf(drop->started) - 1));
  } else if (young) {
    scene.notes.push_back(fmt::format(
        "a table of this name that was deleted before {}, when it came to be, is not looked at",
        FormatInstant(first)));
  }
  std::erase_if(scene.jobs.jobs, [&](const TableJob& job) { return job.ended < first; });
}

void TellOfPauses(Scene& scene) {
  if (scene.jobs.complete) return;
  const int64_t pause = PauseOf(MillisOf(scene.reach.first), MillisOf(scene.holdings.at));
  scene.notes.push_back(fmt::format(
      "partitions that were made and lost again within {} are not seen, unless by chance",
      Plural(pause / 60'000, "minute")));
}

// The window moves on while a look lasts, and its beginning may be out of reach before it ends.
// Then the look begins anew, later: what was lost before that could not be brought back in time
// either.
Result<Survey> LookAtWhatStays(Scene& scene, const LookRequest& request, MetadataPast& past) {
  constexpr std::array<Millis, 2> kLaterBy{Millis(15 * 60'000), Millis(90 * 60'000)};
  const Connection& connection = scene.connection;
  auto survey = LookAtPast(past, RequestFor(scene), connection.progress);
  for (const Millis later : kLaterBy) {
    const Instant first = connection.api.Now() - scene.dataset.time_travel + later;
    if (survey || survey.error().code != Code::kTooLate || first <= scene.reach.first) break;
    scene.reach.first = first;
    SALVOR_OK(CheckReach(request, scene.reach, scene.table.name));
    past.WasThereAt(MillisOf(first));
    scene.notes.push_back(fmt::format(
        "the look took so long that time travel no longer reached its beginning, and was begun "
        "anew: losses before {} are not seen, and can hardly be brought back in time",
        FormatInstant(first)));
    survey = LookAtPast(past, RequestFor(scene), connection.progress);
  }
  return survey;
}

// By free requests; by queries where those do not tell.
Result<Survey> SurveyTable(Scene& scene, const LookRequest& request) {
  const Connection& connection = scene.connection;
  MetadataPast past(connection.api, scene.table.name);
  auto reach = FindReach(past, scene.table, scene.dataset, scene.holdings.at, request.since);
  if (reach) {
    scene.reach = *reach;
    past.WasThereAt(MillisOf(scene.reach.first));
  } else if (reach.error().code == Code::kUnsupported) {
    scene.reach = ReachUnasked(scene.table, scene.dataset, scene.holdings.at, request.since);
  } else {
    return Fail(std::move(reach).error());
  }
  SALVOR_OK(CheckReach(request, scene.reach, scene.table.name));
  connection.progress.Tell("asking who changed the table", 0, 0);
  SALVOR_TRY(scene.jobs, JobsOf(connection, scene.table.location,
                                std::min(scene.reach.first, StartOfWindow(scene))));
  TellOfEarlierTables(scene);
  TellOfPauses(scene);
  if (!reach) return SurveyByQuery(scene, reach.error());
  auto survey = LookAtWhatStays(scene, request, past);
  scene.requests = past.Asked();
  if (survey || !MayAskOtherwise(survey.error())) return survey;
  return SurveyByQuery(scene, survey.error());
}

Result<model::Inventory> LookAtTable(const Connection& connection, const Table& table,
                                     const Dataset& dataset, const LookRequest& request) {
  connection.progress.Tell("reading the partitions", 0, 0);
  SALVOR_TRY(Holdings holdings, ReadHoldings(connection, table));
  Scene scene{connection, table, dataset, std::move(holdings), {}, {}, {}, 0};
  SALVOR_TRY(const Survey survey, SurveyTable(scene, request));
  SALVOR_TRY(const int64_t asked,
             AskHowThoseAtLossesWrote(connection, table.location, survey.drops, scene.jobs));
  scene.requests += asked;
  SALVOR_TRY(std::string overwrites, NoteOfOverwrites(connection, table, survey.timelines,
                                                      survey.drops, scene.jobs, scene.requests));
  if (!overwrites.empty()) scene.notes.push_back(std::move(overwrites));
  const int64_t now = MillisOf(scene.holdings.at);
  model::Inventory inventory;
  inventory.table = IdentityOf(table);
  inventory.version = now;
  inventory.at = scene.holdings.at;
  inventory.window = {MillisOf(scene.reach.first), scene.reach.first, scene.reach.whole,
                      scene.reach.reason};
  inventory.columns = PartitionColumnsOf(table);
  SALVOR_OK(TellStory({table, dataset, survey, scene.jobs, now}, inventory));
  inventory.notes.insert(inventory.notes.begin(), SpentNote(*connection.spending) + ", and " +
                                                      Plural(scene.requests, "free request"));
  inventory.notes.insert(inventory.notes.end(), scene.notes.begin(), scene.notes.end());
  AddNotes(table, scene.jobs, inventory);
  return inventory;
}

}  // namespace

Result<model::Inventory> ReadInventory(const Connection& connection, const LookRequest& request) {
  const TableName& name = connection.table;
  SALVOR_TRY(auto dataset, connection.api.GetDataset(name.Dataset()));
  if (!dataset) {
    return Fail(Code::kNotFound, "there is no such dataset", FormatName(name.Dataset()),
                "A deleted dataset can be undeleted for 7 days (UNDROP SCHEMA); then look again");
  }
  SALVOR_TRY(auto table, connection.api.GetTable(name));
  SALVOR_OK(CheckPast(request, connection.api.Now()));
  if (!table) return LookAtDeleted(connection, *dataset, request);
  SALVOR_OK(CheckKind(*table));
  auto inventory = LookAtTable(connection, *table, *dataset, request);
  if (!inventory) return Fail(NamePolicies(std::move(inventory).error(), connection.api, name));
  if (!request.event_changes) {
    for (model::Event& event : inventory->events) event.changes.clear();
  }
  return inventory;
}

Result<model::SnapshotRef> VersionAsOf(const Connection& connection, Instant instant) {
  // The service's clock is known from its answers: one must have come.
  SALVOR_TRY(const auto dataset, connection.api.GetDataset(connection.table.Dataset()));
  if (dataset && instant > connection.api.Now()) {
    return Fail(Code::kInvalidArgument, "that instant is in the future", FormatInstant(instant));
  }
  return model::SnapshotRef{MillisOf(instant), instant};
}

}  // namespace salvor::bigquery
