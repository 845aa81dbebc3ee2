#include "bigquery/history/event_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/history/attribution.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

using model::Event;
using model::EventKind;
using model::PartitionRecord;

// The service does not say how soon after it is due a partition goes.
constexpr Millis kLateExpiry{48 * 3'600'000LL};
constexpr const char* kUnknown = "unknown";
constexpr const char* kExpiry = "partition expiration";

class Teller {
 public:
  Teller(const StoryRequest& request, model::Inventory& inventory)
      : request_(request), inventory_(inventory) {}

  Status Tell() {
    for (const auto& [id, timeline] : request_.survey.timelines) {
      SALVOR_TRY(keys_[id], KeyOfPartition(request_.table, id));
    }
    losses_ = LossesOf(request_.survey.drops);
    for (const Loss& loss : losses_) TellLoss(loss);
    ForgetWhatOutrunsTime();
    TellOtherJobs();
    std::sort(inventory_.events.begin(), inventory_.events.end(),
              [](const Event& a, const Event& b) { return a.version < b.version; });
    for (const auto& [id, timeline] : request_.survey.timelines) {
      inventory_.partitions.push_back(RecordOf(id, timeline));
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
  // The last good instant is one before the version, whatever the search could find out.
  static int64_t VersionOf(const Loss& loss) { return loss.begin + 1; }

  [[nodiscard]] model::Tally At(const Timeline& timeline, int64_t at) const {
    const auto after = timeline.upper_bound(at);
    return after == timeline.begin() ? model::Tally{} : std::prev(after)->second;
  }

  void TellLoss(const Loss& loss) {
    Event event;
    event.version = VersionOf(loss);
    event.at = InstantOfMillis(loss.end);
    for (const std::string& id : loss.ids) {
      const Timeline& timeline = request_.survey.timelines.at(id);
      const int64_t before = At(timeline, loss.begin).rows;
      const int64_t after = At(timeline, loss.end).rows;
      event.changes.push_back({keys_.at(id), before, after, 0});
      ++event.partitions;
      if (after == 0) ++event.emptied;
      event.rows_removed += before - after;
      versions_[id].push_back({event.version, At(timeline, loss.begin), after == 0});
    }
    if (const auto newest = OldestTaken(loss)) {
      event.takes_oldest = true;
      takings_.push_back({inventory_.events.size(), *newest, loss.end});
    }
    Attribute(loss, event);
    inventory_.events.push_back(std::move(event));
  }

  // If it emptied partitions, and exactly the oldest of those that had rows: the place of the
  // newest that went. NULL is of no age.
  [[nodiscard]] std::optional<int64_t> OldestTaken(const Loss& loss) const {
    std::set<std::string> emptied;
    for (const std::string& id : loss.ids) {
      if (At(request_.survey.timelines.at(id), loss.end).rows > 0) return std::nullopt;
      emptied.insert(id);
    }
    std::optional<int64_t> newest_gone;
    std::optional<int64_t> oldest_left;
    for (const auto& [id, timeline] : request_.survey.timelines) {
      const auto place = PlaceOf(request_.table.partitioning, id);
      if (!place || At(timeline, loss.begin).rows == 0) continue;
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

  [[nodiscard]] bool IsExpiry(const Loss& loss) const {
    for (const std::string& id : loss.ids) {
      const auto expiry = ExpiryOf(request_.table.partitioning, id);
      if (!expiry || InstantOfMillis(loss.end) < *expiry) return false;
      if (InstantOfMillis(loss.begin) > *expiry + kLateExpiry) return false;
      if (At(request_.survey.timelines.at(id), loss.end).rows > 0) return false;
    }
    return true;
  }

  void Attribute(const Loss& loss, Event& event) {
    const Blame blame(request_.jobs.jobs, losses_);
    const auto took = blame.WhoTook(loss, {event.rows_removed, NetOf(loss)});
    if (!took.empty()) {
      Name(took, loss, event);
      return;
    }
    event.operation = kUnknown;
    if (IsExpiry(loss) && !blame.SomebodyMayHave(loss)) {
      event.operation = kExpiry;
      event.by_expiry = true;
      return;
    }
    event.kind =
        GainedElsewhere(loss, event.rows_removed) ? EventKind::kRewrite : EventKind::kRemoval;
  }

  // One job, or the statements of one script.
  void Name(const std::vector<const TableJob*>& took, const Loss& loss, Event& event) {
    const TableJob& first = *took.front();
    event.operation = first.operation;
    event.who = first.user;
    event.kind = EventKind::kRemoval;
    event.by_salvor = true;
    for (const TableJob* job : took) {
      if (job->operation != first.operation) event.operation = "SCRIPT";
      // Other statements of a script may have put them elsewhere.
      if (job->MayMoveRows() || (job->commits_by && GainedElsewhere(loss, event.rows_removed))) {
        event.kind = EventKind::kRewrite;
      }
      if (job->PutsRows()) event.takes_oldest = false;
      event.by_salvor = event.by_salvor && job->BySalvor();
      told_.insert(job);
    }
  }

  [[nodiscard]] std::optional<int64_t> NetOf(const Loss& loss) const {
    const auto before = request_.survey.totals.find(loss.begin);
    const auto after = request_.survey.totals.find(loss.end);
    if (before == request_.survey.totals.end() || after == request_.survey.totals.end()) {
      return std::nullopt;
    }
    return before->second - after->second;
  }

  // Rows that came into another partition in the same moment may be the ones that went.
  [[nodiscard]] bool GainedElsewhere(const Loss& loss, int64_t removed) const {
    const auto net = NetOf(loss);
    return !net || *net < removed;
  }

  // Jobs that say that they removed or changed rows, though no partition has fewer.
  void TellOtherJobs() {
    std::set<int64_t> taken;
    for (const Event& event : inventory_.events) taken.insert(event.version);
    for (const TableJob& job : request_.jobs.jobs) {
      if (told_.contains(&job) || job.ended < inventory_.window.first_at) continue;
      const int64_t removed = job.deleted_rows.value_or(0);
      if (removed + job.updated_rows.value_or(0) == 0) continue;
      Event event;
      event.version = MillisOf(job.ended) + 1;
      while (!taken.insert(event.version).second) ++event.version;
      event.at = job.ended;
      event.operation = job.operation;
      event.who = job.user;
      event.kind = job.MayMoveRows() ? EventKind::kRewrite : EventKind::kRemoval;
      event.rows_removed = removed;
      event.by_salvor = job.BySalvor();
      inventory_.events.push_back(std::move(event));
    }
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

  PartitionRecord RecordOf(const std::string& id, const Timeline& timeline) {
    PartitionRecord record;
    record.key = keys_.at(id);
    record.now = At(timeline, request_.now);
    for (const auto& [at, tally] : timeline) {
      if (tally.rows < record.best.rows) continue;
      record.best = tally;
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

  struct Part {
    int64_t version = 0;
    model::Tally before;
    bool emptied = false;
  };

  static model::PastContent PastOf(const Part& part) {
    model::PastContent content;
    content.last_version = part.version - 1;
    content.tally = part.before;
    return content;
  }

  void TellLosses(const std::vector<Part>& parts, PartitionRecord& record) {
    const Part* last_emptying = nullptr;
    const Part* largest_earlier = nullptr;
    const Part* left_best = nullptr;
    for (const Part& part : parts) {
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
      record.emptied = model::Before{last_emptying->version, last_emptying->before};
      if (largest_earlier != nullptr && largest_earlier->before.rows > last_emptying->before.rows) {
        record.contents = {PastOf(*largest_earlier), PastOf(*last_emptying)};
      }
    } else if (record.now.rows < left_best->before.rows) {
      record.replaced = model::Before{left_best->version, left_best->before};
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
  std::vector<Loss> losses_;
  // Events that took exactly the oldest partitions, by time.
  struct Taking {
    size_t event = 0;
    int64_t newest = 0;  // the place of the newest partition that went
    int64_t at = 0;
  };
  std::vector<Taking> takings_;
  std::map<std::string, model::PartitionKey> keys_;
  std::map<std::string, std::vector<Part>> versions_;
  std::vector<model::PartitionKey> refilled_;  // that lost rows and have as many again
  std::set<const TableJob*> told_;
};

}  // namespace

Status TellStory(const StoryRequest& request, model::Inventory& inventory) {
  return Teller(request, inventory).Tell();
}

}  // namespace salvor::bigquery
