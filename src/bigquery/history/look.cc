#include "bigquery/history/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/access/permissions.h"
#include "bigquery/history/attribution.h"
#include "bigquery/history/deleted_table.h"
#include "bigquery/history/event_builder.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/losses.h"
#include "bigquery/history/overwrites.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/reach.h"
#include "bigquery/history/table_changes.h"
#include "bigquery/history/write_dispositions.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/table/counted_rows.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

using warehouse::LookRequest;

// A window that begins so much later than it could is the table's own.
constexpr Millis kYoung{3'600'000};
// "Time travel and fail-safe": so long after it Google's support may still bring rows back.
constexpr Millis kFailSafe{7 * 86'400'000LL};
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

std::string NamesOf(const std::vector<Counted>& counted, size_t most) {
  std::string names;
  for (size_t i = 0; i < std::min(counted.size(), most); ++i) {
    names += (names.empty() ? "" : ", ") + FormatInstant(counted[i].at);
  }
  if (counted.size() > most) names += fmt::format(" and {} more", counted.size() - most);
  return names;
}

// One table, from what is asked to what is told.
class Looking {
 public:
  Looking(const Connection& connection, const Table& table, const Dataset& dataset,
          const LookRequest& request)
      : connection_(connection),
        table_(table),
        dataset_(dataset),
        request_(request),
        counter_(connection, table) {}

  Result<model::Inventory> Run() {
    connection_.progress.Tell("reading the partitions", 0, 0);
    SALVOR_TRY(holdings_, ReadHoldings(connection_, table_));
    connection_.progress.Tell("asking who changed the table", 0, 0);
    Instant start = holdings_.at - dataset_.time_travel;
    // Another table may have had the name before a young one, and be out of reach by now.
    if (table_.created > start + kYoung) start -= kFailSafe;
    SALVOR_TRY(jobs_, JobsOf(connection_, table_.location, start));
    std::optional<Instant> known_since;
    if (!jobs_.jobs.empty()) known_since = jobs_.jobs.front().ended + Millis(1);
    SALVOR_TRY(reach_,
               FindReach(counter_, table_, dataset_, holdings_.at, request_.since, known_since));
    SALVOR_OK(CheckReach(request_, reach_, table_.name));
    TellOfEarlierTables();
    SALVOR_TRY(const bool told, AskHowTheyWrote(connection_, table_.location, jobs_));
    SALVOR_OK(AskWhenScriptsEnded(connection_, table_.location, jobs_));
    changes_ = ChangesOf(jobs_.jobs);
    SALVOR_OK(CountWhatStays(told));
    SALVOR_OK(FindWhen());
    return Tell();
  }

 private:
  // A table that was dropped, and whose name another one has now, cannot be read under that name:
  // it is a loss, and its jobs are none of this table's.
  void TellOfEarlierTables() {
    const Instant first = reach_.first;
    const bool young =
        reach_.whole && !reach_.replaced && first > holdings_.at - dataset_.time_travel + kYoung;
    const bool made_by_salvor = std::any_of(jobs_.jobs.begin(), jobs_.jobs.end(),
                                            [](const TableJob& job) { return job.BySalvor(); });
    for (const TableJob& job : jobs_.jobs) {
      // What made this table is no trace of another one.
      if (!young || made_by_salvor || job.ended >= table_.created ||
          job.operation.starts_with("CREATE_TABLE")) {
        continue;
      }
      if (!earlier_ || earlier_->operation != "DROP_TABLE" || job.operation == "DROP_TABLE") {
        earlier_ = job;
      }
    }
    if (young && !earlier_ && !made_by_salvor) {
      notes_.push_back(fmt::format(
          "the table was made at {}, and no job of the window tells of an earlier one of this name",
          FormatInstant(first)));
    }
    std::erase_if(jobs_.jobs, [&](const TableJob& job) { return job.ended < first; });
  }

  void TellOfEarlierTable(model::Inventory& inventory) const {
    const bool dropped = earlier_->operation == "DROP_TABLE";
    const int64_t last_good = dropped ? MillisOf(earlier_->started) - 1 : MillisOf(earlier_->ended);
    const std::string who = earlier_->user.empty() ? "somebody" : earlier_->user;
    const Instant deadline = DeadlineOf(last_good, dataset_);
    const bool gone = deadline <= holdings_.at;
    inventory.notes.push_back(fmt::format(
        "another table of this name was {} {} at {}, and this one was made at {}: what it held "
        "cannot be read under the name. {}",
        dropped ? "dropped by" : "last written by", who, FormatInstant(earlier_->ended),
        FormatInstant(table_.created),
        gone
            ? fmt::format("Since {} the service copies it no longer: it is gone, unless Google's "
                          "support brings it back within 7 days of that",
                          FormatInstant(deadline))
            : fmt::format("The service may still copy it as a whole: bq cp {}:{}.{}@{} "
                          "PROJECT:PRIVATE_DATASET.rescued",
                          table_.name.project, table_.name.dataset, table_.name.table, last_good)));
    if (!table_.partitioning.IsPartitioned()) return;
    model::Event event;
    event.version = last_good + 1;
    event.at = dropped ? earlier_->ended : table_.created;
    event.operation = dropped ? earlier_->operation : "unknown";
    if (dropped) event.who = earlier_->user;
    event.partitions = event.emptied = 1;
    model::PartitionRecord record;
    record.key.values.emplace_back(std::string(kEarlierTable));
    const model::Tally uncounted{.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
    event.changes.push_back({record.key, 0, 0, 0});
    record.best = uncounted;
    record.best_version = last_good;
    record.emptied = model::Before{event.version, uncounted};
    record.emptyings = 1;
    (gone ? record.files_gone : record.files_present) = 1;
    record.deadline = deadline;
    record.deadline_reason = DeadlineReason(dataset_);
    inventory.events.insert(inventory.events.begin(), std::move(event));
    inventory.partitions.push_back(std::move(record));
  }

  // The window moves on while a look lasts, and its beginning may be out of reach before it is
  // counted. Then the look begins anew, later: what was lost before that could not be brought back
  // in time either.
  Status CountWhatStays(bool every_job_told) {
    constexpr std::array<Millis, 2> kLaterBy{Millis(15 * 60'000), Millis(90 * 60'000)};
    auto status = CountTimes(every_job_told);
    for (const Millis later : kLaterBy) {
      const Instant first = connection_.api.Now() - dataset_.time_travel + later;
      if (status || status.error().code != Code::kTooLate || first <= reach_.first) break;
      reach_.first = first;
      SALVOR_OK(CheckReach(request_, reach_, table_.name));
      notes_.push_back(fmt::format(
          "the look took so long that time travel no longer reached its beginning, and was begun "
          "anew: losses before {} are not seen, and can hardly be brought back in time",
          FormatInstant(first)));
      status = CountTimes(every_job_told);
    }
    return status;
  }

  Status CountTimes(bool every_job_told) {
    const int64_t first = MillisOf(reach_.first);
    const int64_t about_now = MillisOf(holdings_.at);
    const Instants instants =
        InstantsToCount(changes_, {first, about_now, jobs_.complete && every_job_told});
    std::vector<CountRequest> needed{{std::nullopt, {}}};
    for (const int64_t at : instants.needed) needed.push_back({at, {}});
    std::vector<CountRequest> helpful;
    for (const int64_t at : instants.helpful) helpful.push_back({at, {}});
    if (request_.reach_version && *request_.reach_version - 1 > first &&
        *request_.reach_version - 1 < about_now) {
      needed.push_back({*request_.reach_version - 1, {}});
    }
    SALVOR_TRY(counted_, CountAll(counter_, needed, helpful));
    std::map<int64_t, Counts> counts;
    // Not before what was seen: a loss would be sought, and its snapshot taken, before the last
    // write.
    now_ = std::max({MillisOf(counted_.front().at), about_now, first + 1});
    counted_.front().at = InstantOfMillis(now_);
    for (const Counted& one : counted_) counts[MillisOf(one.at)] = one.rows;
    for (auto& [at, rows] : counts) {
      std::erase_if(rows, [this](const auto& one) { return !IsPartition(one.first); });
    }
    totals_.clear();
    for (const auto& [at, rows] : counts) {
      for (const auto& [id, count] : rows) totals_[at] += count;
      totals_.try_emplace(at);
    }
    timelines_ = TimelinesOf(counts);
    SetStreamedRowsApart();
    if (instants.not_by_themselves > 0) {
      notes_.push_back(
          fmt::format("{} may have removed rows and had no count of {} own, but one a day",
                      Plural(instants.not_by_themselves, "change"),
                      instants.not_by_themselves == 1 ? "its" : "their"));
    }
    if (counted_.size() < needed.size() + helpful.size()) {
      notes_.push_back(
          "partitions that were written and lost again within the window, without a job that says "
          "so, are not seen: --max-bytes-billed does not allow the counts after writes");
    }
    return Done{};
  }

  // Of a partition that lost rows, those that came since and are in the streaming buffer alone: it
  // is empty, for whatever would be put back. The buffer is in no metadata.
  void SetStreamedRowsApart() {
    if (!table_.streaming) return;
    for (auto& [id, timeline] : timelines_) {
      const auto held = holdings_.partitions.find(id);
      int64_t& now = timeline.rbegin()->second;
      const bool shrank = std::any_of(timeline.begin(), timeline.end(),
                                      [&](const auto& point) { return point.second > now; });
      if (shrank && (held == holdings_.partitions.end() || held->second.tally.rows == 0)) now = 0;
    }
  }

  [[nodiscard]] Removed RemovedBy(const Loss& loss) const {
    return {RowsRemoved(timelines_, loss), {}};
  }

  // To the minute, where no job says it.
  Status FindWhen() {
    const auto settled = [this](const Loss& loss) {
      const bool due = std::all_of(loss.ids.begin(), loss.ids.end(), [&](const std::string& id) {
        const Loss own{loss.begin, loss.end, {id}};
        return WasDue(table_.partitioning, id, own) && RowsAt(timelines_.at(id), loss.end) == 0 &&
               WhoMayHave(changes_, own, RemovedBy(own)).fitting.empty();
      });
      return due || IsExplained(changes_, loss, RemovedBy(loss));
    };
    SALVOR_TRY(const bool all, Narrow(counter_, settled, timelines_));
    if (!jobs_.complete) SALVOR_OK(CountAroundLosses(settled));
    if (!all) {
      notes_.push_back(
          "when some of the rows went is known less closely than it could be: --max-bytes-billed "
          "does not allow more counts");
    }
    return Done{};
  }

  // Whether as many rows came elsewhere, where no job can tell: of the whole table on both sides.
  Status CountAroundLosses(const std::function<bool(const Loss&)>& settled) {
    constexpr size_t kMost = 3;
    std::set<int64_t> instants;
    for (const Loss& loss : LossesOf(timelines_)) {
      if (instants.size() >= 2 * kMost || settled(loss)) continue;
      for (const int64_t at : {loss.begin, loss.end}) {
        if (!totals_.contains(at)) instants.insert(at);
      }
    }
    std::vector<CountRequest> requests;
    for (const int64_t at : instants) requests.push_back({at, {}});
    SALVOR_TRY(const auto counted, CountAll(counter_, {}, requests));
    for (const Counted& one : counted) {
      int64_t& total = totals_[MillisOf(one.at)];
      for (const auto& [id, rows] : one.rows) {
        if (IsPartition(id)) total += rows;
      }
    }
    return Done{};
  }

  // Rows by time of ingestion without a time yet are in the streaming buffer.
  [[nodiscard]] bool IsPartition(const std::string& id) const {
    return !table_.partitioning.ByIngestionTime() || id != model::kUnpartitioned;
  }

  Result<model::Inventory> Tell() {
    SALVOR_OK(AskHowThoseAtLossesWrote(connection_, table_.location, LossesOf(timelines_), jobs_));
    changes_ = ChangesOf(jobs_.jobs);
    model::Inventory inventory;
    inventory.table = IdentityOf(table_);
    inventory.version = now_;
    inventory.at = InstantOfMillis(now_);
    inventory.window = {MillisOf(reach_.first), reach_.first, reach_.whole, reach_.reason};
    inventory.columns = PartitionColumnsOf(table_);
    SALVOR_OK(TellStory({table_, dataset_, timelines_, totals_, holdings_, jobs_, changes_, now_},
                        inventory));
    inventory.notes.insert(inventory.notes.begin(), HowItLooked());
    if (earlier_) TellOfEarlierTable(inventory);
    std::string overwrites = NoteOfOverwrites(table_, timelines_, jobs_);
    if (!overwrites.empty()) notes_.push_back(std::move(overwrites));
    TellOfMetadata();
    for (const auto* notes : {&notes_, &jobs_.notes}) {
      inventory.notes.insert(inventory.notes.end(), notes->begin(), notes->end());
    }
    return inventory;
  }

  [[nodiscard]] std::string HowItLooked() const {
    constexpr size_t kMostNamed = 6;
    std::vector<Counted> past(counted_.begin() + 1, counted_.end());
    std::sort(past.begin(), past.end(),
              [](const Counted& a, const Counted& b) { return a.at < b.at; });
    return fmt::format(
        "compared the rows of now with those of {}, by one query for each, and the jobs of {}; {}",
        NamesOf(past, kMostNamed), jobs_.asked, SpentNote(*connection_.spending));
  }

  // The service's own count of a partition that nobody wrote to lately.
  void TellOfMetadata() {
    constexpr Millis kLag{15 * 60'000};
    if (!table_.streaming) {
      int64_t others = 0;
      std::string example;
      for (const auto& [id, held] : holdings_.partitions) {
        if (id == model::kUnpartitioned || held.modified + kLag > holdings_.at) continue;
        const auto timeline = timelines_.find(id);
        const int64_t rows = timeline == timelines_.end() ? 0 : RowsAt(timeline->second, now_);
        if (rows == held.tally.rows) continue;
        if (others++ == 0) {
          example =
              fmt::format("{}: {} and {}", id, FormatCount(held.tally.rows), FormatCount(rows));
        }
      }
      if (others > 0) {
        notes_.push_back(fmt::format(
            "metadata and a count disagree about {} ({}): the count is what is told here",
            Plural(others, "partition"), example));
      }
      return;
    }
    notes_.push_back(fmt::format(
        "the table has a streaming buffer (about {}), whose rows reach their partitions within 90 "
        "minutes",
        Plural(table_.streaming->estimated_rows, "row")));
  }

  const Connection& connection_;
  const Table& table_;
  const Dataset& dataset_;
  const LookRequest& request_;
  QueryCounter counter_;
  Holdings holdings_;
  TableJobs jobs_;
  Reach reach_;
  std::optional<TableJob> earlier_;  // the last job of another table that had the name
  std::vector<TableChange> changes_;
  std::vector<Counted> counted_;  // now, then the past
  std::map<int64_t, int64_t> totals_;
  Timelines timelines_;
  int64_t now_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace

Result<model::Inventory> ReadInventory(const Connection& connection, const LookRequest& request) {
  const TableName& name = connection.table;
  SALVOR_TRY(auto dataset, connection.api.GetDataset(name.Dataset()));
  if (!dataset) {
    return Fail(
        Code::kNotFound, "there is no such dataset", FormatName(name.Dataset()),
        fmt::format("If it was deleted within its time-travel window, undelete it and look "
                    "again: bq query --use_legacy_sql=false 'UNDROP SCHEMA `{}`.`{}`'. What "
                    "was granted on it must be set again",
                    name.project, name.dataset));
  }
  SALVOR_TRY(auto table, connection.api.GetTable(name));
  SALVOR_OK(CheckPast(request, connection.api.Now()));
  *connection.kms_key = table ? table->kms_key : dataset->default_kms_key;
  if (!table) return LookAtDeleted(connection, *dataset, request);
  SALVOR_OK(CheckKind(*table));
  auto inventory = Looking(connection, *table, *dataset, request).Run();
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
