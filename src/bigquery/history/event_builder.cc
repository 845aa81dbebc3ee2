#include "bigquery/history/event_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/history/attribution.h"
#include "bigquery/history/reach.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {
namespace {

using model::Event;
using model::EventKind;
using model::PartitionRecord;

constexpr const char* kUnknown = "unknown";
constexpr const char* kExpiry = "partition expiration";

// One event: what went between the same two counts, by the table's expiration or otherwise.
struct Part {
  Loss loss;
  bool by_expiry = false;
};

class Teller {
 public:
  Teller(const StoryRequest& request, model::Inventory& inventory)
      : request_(request), inventory_(inventory) {}

  Status Tell() {
    for (const auto& [id, timeline] : request_.timelines) {
      SALVOR_TRY(keys_[id], KeyOfPartition(request_.table, id));
    }
    for (const Part& part : Parts()) TellLoss(part);
    ForgetWhatOutrunsTime();
    TellOtherJobs();
    std::sort(inventory_.events.begin(), inventory_.events.end(),
              [](const Event& a, const Event& b) { return a.version < b.version; });
    for (const auto& [id, timeline] : request_.timelines) {
      if (HeldRows(timeline)) inventory_.partitions.push_back(RecordOf(id, timeline));
    }
    std::sort(inventory_.partitions.begin(), inventory_.partitions.end(),
              [&](const PartitionRecord& a, const PartitionRecord& b) {
                return model::CompareKeys(inventory_.columns, a.key, b.key) < 0;
              });
    TellOfUnknown();
    TellOfRefilled();
    return Done{};
  }

 private:
  [[nodiscard]] int64_t At(const std::string& id, int64_t at) const {
    return RowsAt(request_.timelines.at(id), at);
  }
  static bool HeldRows(const Timeline& timeline) {
    return std::any_of(timeline.begin(), timeline.end(),
                       [](const auto& point) { return point.second > 0; });
  }

  // By the count before the loss, which is the snapshot: losses that share it are one event, but
  // for what went by the table's expiration.
  [[nodiscard]] std::vector<Part> Parts() const {
    std::map<std::pair<int64_t, bool>, Part> parts;
    for (const Loss& loss : LossesOf(request_.timelines)) {
      for (const std::string& id : loss.ids) {
        const Loss own{loss.begin, loss.end, {id}};
        const bool by_expiry = IsExpiry(own);
        Part& part = parts[{loss.begin, by_expiry}];
        part.by_expiry = by_expiry;
        part.loss.begin = loss.begin;
        part.loss.end = std::max(part.loss.end, loss.end);
        part.loss.ids.push_back(id);
      }
    }
    std::vector<Part> list;
    list.reserve(parts.size());
    for (auto& [which, part] : parts) list.push_back(std::move(part));
    return list;
  }

  [[nodiscard]] bool IsExpiry(const Loss& own) const {
    const std::string& id = own.ids.front();
    if (!WasDue(request_.table.partitioning, id, own) || At(id, own.end) > 0) return false;
    const Suspected suspected =
        WhoMayHave(request_.changes, own, {RowsRemoved(request_.timelines, own), {}});
    return suspected.fitting.empty();
  }

  void TellLoss(const Part& part) {
    const Loss& loss = part.loss;
    Event event;
    event.version = loss.begin + 1;
    // Of two events after one count, the one by expiration may be taken from earlier.
    while (taken_.contains(event.version)) --event.version;
    taken_.insert(event.version);
    event.at = InstantOfMillis(loss.end);
    for (const std::string& id : loss.ids) {
      const int64_t before = At(id, loss.begin);
      const int64_t after = At(id, loss.end);
      event.changes.push_back({keys_.at(id), before, after, 0});
      ++event.partitions;
      if (after == 0) ++event.emptied;
      event.rows_removed += before - after;
      versions_[id].push_back({event.version, TallyOf(before, 0), after == 0, {}});
    }
    const auto newest = OldestTaken(loss);
    event.takes_oldest = newest.has_value();
    if (part.by_expiry) {
      event.operation = kExpiry;
      event.by_expiry = true;
    } else {
      Attribute(loss, event);
    }
    if (newest) takings_.push_back({inventory_.events.size(), *newest, MillisOf(event.at)});
    for (const std::string& id : loss.ids) {
      versions_[id].back().since = LastWriteBefore(id, loss.begin);
    }
    inventory_.events.push_back(std::move(event));
  }

  // The instant from which on the partition had the same rows until the loss began: no job may have
  // added any, and no count is another. Nothing where not all jobs are known.
  [[nodiscard]] std::optional<int64_t> LastWriteBefore(const std::string& id, int64_t begin) const {
    if (!request_.jobs.complete) return std::nullopt;
    const Timeline& timeline = request_.timelines.at(id);
    const int64_t rows = RowsAt(timeline, begin);
    int64_t since = MillisOf(inventory_.window.first_at);
    for (auto point = timeline.begin(); point != timeline.end() && point->first <= begin; ++point) {
      if (point->second != rows) since = std::next(point)->first;
    }
    for (const TableChange& change : request_.changes) {
      if (change.started > begin || !change.may_add) continue;
      const bool named = std::all_of(
          change.jobs.begin(), change.jobs.end(),
          [&](const TableJob* job) { return !job->partition.empty() && job->partition != id; });
      if (!named) since = std::max(since, std::min(change.ended + 1, begin));
    }
    return since;
  }

  // If it emptied partitions, and exactly the oldest of those that had rows: the place of the
  // newest that went. NULL is of no age.
  [[nodiscard]] std::optional<int64_t> OldestTaken(const Loss& loss) const {
    std::set<std::string> emptied;
    for (const std::string& id : loss.ids) {
      if (At(id, loss.end) > 0) return std::nullopt;
      emptied.insert(id);
    }
    std::optional<int64_t> newest_gone;
    std::optional<int64_t> oldest_left;
    for (const auto& [id, timeline] : request_.timelines) {
      const auto place = PlaceOf(request_.table.partitioning, id);
      if (!place || RowsAt(timeline, loss.begin) == 0) continue;
      if (emptied.contains(id)) {
        newest_gone = std::max(newest_gone.value_or(*place), *place);
      } else {
        oldest_left = std::min(oldest_left.value_or(*place), *place);
      }
    }
    return oldest_left && newest_gone < oldest_left ? newest_gone : std::nullopt;
  }

  // What keeps a table young takes a partition when one is too old, so it goes on through the
  // partitions as fast as time does. A backfill from the oldest day on goes faster.
  void ForgetWhatOutrunsTime() {
    const Partitioning& partitioning = request_.table.partitioning;
    const auto start = [&](const Taking& taking) {
      return StartOf(partitioning, IdAt(partitioning, taking.newest));
    };
    for (size_t i = 1; i < takings_.size(); ++i) {
      const auto from = start(takings_[i - 1]);
      const auto to = start(takings_[i]);
      if (!from || !to) continue;
      const Millis passed{takings_[i].at - takings_[i - 1].at};
      if (std::chrono::abs(*to - *from) <= 2 * passed) continue;
      inventory_.events[takings_[i - 1].event].takes_oldest = false;
      inventory_.events[takings_[i].event].takes_oldest = false;
    }
  }

  void Attribute(const Loss& loss, Event& event) {
    const Suspected suspected =
        WhoMayHave(request_.changes, loss, {event.rows_removed, NetOf(loss)});
    for (const TableChange* change : suspected.fitting) AddCandidate(*change, true, event);
    for (const TableChange* change : suspected.others) AddCandidate(*change, false, event);
    if (const TableChange* one = suspected.TheOne()) {
      Name(*one, loss, event);
      return;
    }
    event.operation = kUnknown;
    event.not_before = InstantOfMillis(loss.begin);
    for (const auto* list : {&suspected.fitting, &suspected.others}) {
      for (const TableChange* change : *list) told_.insert(change);
    }
    event.kind =
        GainedElsewhere(loss, event.rows_removed) ? EventKind::kRewrite : EventKind::kRemoval;
  }

  static void AddCandidate(const TableChange& change, bool fits, Event& event) {
    const TableJob& first = *change.jobs.front();
    event.candidates.push_back({first.script.empty() ? first.id : first.script, OperationOf(change),
                                first.user, InstantOfMillis(change.ended), change.removed, fits});
  }

  // Of the statements of a script, what they have in common.
  static std::string OperationOf(const TableChange& change) {
    std::string operation;
    for (const TableJob* job : change.jobs) {
      if (!job->MayRemoveRows() && change.may_remove) continue;
      if (!operation.empty() && operation != job->operation) return "SCRIPT";
      operation = job->operation;
    }
    return operation;
  }

  void Name(const TableChange& change, const Loss& loss, Event& event) {
    event.operation = OperationOf(change);
    event.who = change.jobs.front()->user;
    event.at = std::min(event.at, InstantOfMillis(change.ended));
    event.kind = EventKind::kRemoval;
    event.by_salvor = true;
    told_.insert(&change);
    for (const TableJob* job : change.jobs) {
      // Other statements of a script may have put them elsewhere.
      if (job->MayMoveRows() || (!job->script.empty() && GainedElsewhere(loss, event.rows_removed)))
        event.kind = EventKind::kRewrite;
      if (job->PutsRows()) event.takes_oldest = false;
      event.by_salvor = event.by_salvor && job->BySalvor();
    }
  }

  [[nodiscard]] std::optional<int64_t> NetOf(const Loss& loss) const {
    const auto before = request_.totals.find(loss.begin);
    const auto after = request_.totals.find(loss.end);
    if (before == request_.totals.end() || after == request_.totals.end()) {
      return std::nullopt;
    }
    return before->second - after->second;
  }

  // Rows that came into another partition in the same time may be the ones that went.
  [[nodiscard]] bool GainedElsewhere(const Loss& loss, int64_t removed) const {
    if (const auto net = NetOf(loss)) return *net < removed;
    if (!request_.jobs.complete) return true;
    return std::any_of(request_.changes.begin(), request_.changes.end(),
                       [&](const TableChange& change) {
                         return change.may_add && change.RanIn(loss.begin, loss.end);
                       });
  }

  // Changes that say that they removed or changed rows, though no partition has fewer.
  void TellOtherJobs() {
    for (const TableChange& change : request_.changes) {
      const Instant ended = InstantOfMillis(change.ended);
      if (told_.contains(&change) || ended < inventory_.window.first_at) continue;
      const int64_t removed = change.removed.value_or(0);
      if (removed + change.updated == 0) continue;
      Event event;
      event.version = change.ended + 1;
      while (!taken_.insert(event.version).second) ++event.version;
      event.at = ended;
      event.operation = OperationOf(change);
      event.who = change.jobs.front()->user;
      event.rows_removed = removed;
      event.by_salvor = true;
      for (const TableJob* job : change.jobs) {
        if (job->MayMoveRows()) event.kind = EventKind::kRewrite;
        event.by_salvor = event.by_salvor && job->BySalvor();
      }
      TellOfDisagreement(change, removed);
      inventory_.events.push_back(std::move(event));
    }
  }

  // It counts rows that no count misses, though nothing else ran between the counts around it.
  void TellOfDisagreement(const TableChange& change, int64_t removed) {
    if (removed <= change.inserted) return;
    const auto after = request_.totals.upper_bound(change.ended);
    if (after == request_.totals.begin() || after == request_.totals.end()) return;
    const auto before = std::prev(request_.totals.upper_bound(change.started - 1));
    if (before->first >= change.started) return;
    const bool alone = std::none_of(
        request_.changes.begin(), request_.changes.end(), [&](const TableChange& other) {
          return &other != &change && other.RanIn(before->first, after->first);
        });
    if (!alone || before->second - after->second == removed - change.inserted) return;
    inventory_.notes.push_back(fmt::format(
        "counts and jobs disagree: {} by {} says that it removed {} at {}, and the table had {} "
        "rows before it and {} after: do not take it for whole before somebody has looked",
        change.jobs.front()->operation, change.jobs.front()->user, Plural(removed, "row"),
        FormatInstant(InstantOfMillis(change.ended)), FormatCount(before->second),
        FormatCount(after->second)));
  }

  void TellOfUnknown() {
    const auto unknown = std::count_if(
        inventory_.events.begin(), inventory_.events.end(),
        [](const Event& event) { return event.operation == kUnknown && event.who.empty(); });
    if (unknown == 0 || !request_.jobs.complete) return;
    inventory_.notes.push_back(fmt::format(
        "who took rows is unknown of {}: no job of {} fits. Those of other projects are read with "
        "--jobs-project; partitions that are deleted without a query (bq rm) leave no job",
        Plural(unknown, "event"), request_.jobs.asked));
  }

  // Counts do not tell whether the rows that a partition has again are those that it lost.
  void TellOfRefilled() {
    if (refilled_.empty()) return;
    std::sort(refilled_.begin(), refilled_.end(), [&](const auto& a, const auto& b) {
      return model::CompareKeys(inventory_.columns, a, b) < 0;
    });
    const bool one = refilled_.size() == 1;
    inventory_.notes.push_back(fmt::format(
        "{} lost rows in the window and {} as many again, or more ({}{}): whether they are the "
        "same rows cannot be seen by counts; salvor history names the events",
        Plural(static_cast<int64_t>(refilled_.size()), "partition"), one ? "has" : "have",
        model::FormatKey(inventory_.columns, refilled_.front()), one ? "" : ", …"));
  }

  [[nodiscard]] bool FilledBySalvor(const std::string& id, int64_t since) const {
    return std::any_of(request_.jobs.jobs.begin(), request_.jobs.jobs.end(),
                       [&](const TableJob& job) {
                         return job.BySalvor() && MillisOf(job.ended) >= since &&
                                (job.partition == id || job.partition.empty());
                       });
  }

  // By the count; its bytes by metadata.
  [[nodiscard]] model::Tally NowOf(const std::string& id) const {
    const auto found = request_.holdings.partitions.find(id);
    const bool told = found != request_.holdings.partitions.end();
    return TallyOf(At(id, request_.now), told ? found->second.tally.bytes : 0);
  }

  PartitionRecord RecordOf(const std::string& id, const Timeline& timeline) {
    PartitionRecord record;
    record.key = keys_.at(id);
    record.now = NowOf(id);
    for (const auto& [at, rows] : timeline) {
      if (rows < record.best.rows) continue;
      record.best = at == request_.now ? record.now : TallyOf(rows, 0);
      record.best_version = at;
    }
    const auto found = versions_.find(id);
    if (found == versions_.end()) return record;
    TellLosses(found->second, record);
    if (!record.emptied && !record.replaced && !FilledBySalvor(id, found->second.back().version)) {
      refilled_.push_back(record.key);
    }
    return record;
  }

  struct LostPart {
    int64_t version = 0;
    model::Tally before;
    bool emptied = false;
    std::optional<int64_t> since;
  };

  static model::PastContent PastOf(const LostPart& part) {
    model::PastContent content;
    content.last_version = part.version - 1;
    content.tally = part.before;
    return content;
  }

  void TellLosses(const std::vector<LostPart>& parts, PartitionRecord& record) {
    const LostPart* last_emptying = nullptr;
    const LostPart* largest_earlier = nullptr;
    const LostPart* left_best = nullptr;
    for (const LostPart& part : parts) {
      if (left_best == nullptr || part.before.rows >= left_best->before.rows) left_best = &part;
      if (!part.emptied) continue;
      ++record.emptyings;
      if (last_emptying != nullptr &&
          (largest_earlier == nullptr ||
           last_emptying->before.rows >= largest_earlier->before.rows)) {
        largest_earlier = last_emptying;
      }
      last_emptying = &part;
    }
    if (record.now.rows == 0 && last_emptying != nullptr) {
      record.emptied =
          model::Before{last_emptying->version, last_emptying->before, last_emptying->since};
      if (largest_earlier != nullptr && largest_earlier->before.rows > last_emptying->before.rows) {
        record.contents = {PastOf(*largest_earlier), PastOf(*last_emptying)};
      }
    } else if (record.now.rows < left_best->before.rows) {
      record.replaced = model::Before{left_best->version, left_best->before, left_best->since};
      record.content_differs = true;
    }
    const auto& before = record.emptied ? record.emptied : record.replaced;
    if (!before) return;
    record.files_present = 1;
    record.deadline = DeadlineOf(before->event - 1, request_.dataset);
    record.deadline_reason = DeadlineReason(request_.dataset);
  }

  const StoryRequest& request_;
  model::Inventory& inventory_;
  // Events that took exactly the oldest partitions, by time.
  struct Taking {
    size_t event = 0;
    int64_t newest = 0;  // the place of the newest partition that went
    int64_t at = 0;
  };
  std::vector<Taking> takings_;
  std::map<std::string, model::PartitionKey> keys_;
  std::map<std::string, std::vector<LostPart>> versions_;
  std::vector<model::PartitionKey> refilled_;  // that lost rows and have as many again
  std::set<const TableChange*> told_;
  std::set<int64_t> taken_;  // versions of events
};

}  // namespace

Status TellStory(const StoryRequest& request, model::Inventory& inventory) {
  return Teller(request, inventory).Tell();
}

}  // namespace salvor::bigquery
