#include "bigquery/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bigquery/partition_id.h"
#include "bigquery/present.h"

namespace salvor::bigquery {
namespace {

using model::Event;
using model::EventKind;
using model::PartitionRecord;

// The service does not say how soon after it is due a partition goes.
constexpr Millis kLateExpiry{48 * 3'600'000LL};
// A job takes effect at its end. How long after that the service says that it has ended is not
// documented.
constexpr Millis kEndIsToldWithin{10'000};
constexpr const char* kExpiry = "partition expiration";

// Drops that one change made: between the same two instants.
struct Loss {
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<std::string> ids;
};

std::vector<Loss> LossesOf(const std::vector<Drop>& drops) {
  std::map<std::pair<int64_t, int64_t>, Loss> losses;
  for (const Drop& drop : drops) {
    Loss& loss = losses[{drop.end, drop.begin}];
    loss.begin = drop.begin;
    loss.end = drop.end;
    loss.ids.push_back(drop.id);
  }
  std::vector<Loss> list;
  list.reserve(losses.size());
  for (auto& [when, loss] : losses) list.push_back(std::move(loss));
  return list;
}

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
    event.takes_oldest = TakesOldest(loss);
    Attribute(loss, event);
    inventory_.events.push_back(std::move(event));
  }

  // It emptied partitions, and exactly the oldest of those that had rows. NULL is of no age.
  [[nodiscard]] bool TakesOldest(const Loss& loss) const {
    std::set<std::string> emptied;
    for (const std::string& id : loss.ids) {
      if (At(request_.survey.timelines.at(id), loss.end).rows > 0) return false;
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
    return newest_gone && oldest_left && *newest_gone < *oldest_left;
  }

  [[nodiscard]] static bool MayHaveWritten(const TableJob& job, const Loss& loss) {
    return job.MayRemoveRows() &&
           (job.partition.empty() ||
            std::find(loss.ids.begin(), loss.ids.end(), job.partition) != loss.ids.end());
  }

  // It ran then, or its script did: enough to doubt that nobody took the rows.
  [[nodiscard]] static bool RanThen(const TableJob& job, const Loss& loss) {
    const Instant until = std::max(job.ended, job.commits_by.value_or(job.ended));
    return MayHaveWritten(job, loss) && MillisOf(job.started) <= loss.end &&
           MillisOf(until) >= loss.begin;
  }

  // A job takes effect at one instant: the last loss before its end.
  [[nodiscard]] bool TookLaterOnes(const TableJob& job, const Loss& loss) const {
    return std::any_of(losses_.begin(), losses_.end(), [&](const Loss& other) {
      return other.begin >= loss.end && other.begin <= MillisOf(job.ended) &&
             MayHaveWritten(job, other);
    });
  }

  // Of fewer rows than went, it says itself that others took them.
  [[nodiscard]] static bool CountsFewer(const TableJob& job, int64_t rows_removed) {
    if (!job.deleted_rows) return false;
    if (job.operation == "DELETE") return *job.deleted_rows < rows_removed;
    return job.MayMoveRows() && job.updated_rows &&
           *job.deleted_rows + *job.updated_rows < rows_removed;
  }

  [[nodiscard]] bool Fits(const TableJob& job, const Loss& loss, int64_t rows_removed) const {
    if (!MayHaveWritten(job, loss) || CountsFewer(job, rows_removed)) return false;
    const int64_t ended = MillisOf(job.ended);
    const int64_t earliest = std::max(MillisOf(job.started), ended - kEndIsToldWithin.count());
    if (earliest <= loss.end && ended >= loss.begin) return !TookLaterOnes(job, loss);
    // A script's own end proves less than that of a job.
    return job.commits_by && ended < loss.begin && MillisOf(*job.commits_by) >= loss.begin &&
           job.deleted_rows == rows_removed;
  }

  // The one job that fits; of several, the one that counts exactly these rows.
  const TableJob* JobFor(const Loss& loss, int64_t rows_removed) const {
    std::vector<const TableJob*> fitting;
    for (const TableJob& job : request_.jobs.jobs) {
      if (Fits(job, loss, rows_removed)) fitting.push_back(&job);
    }
    if (fitting.size() > 1) {
      std::vector<const TableJob*> exact;
      for (const TableJob* job : fitting) {
        if (job->deleted_rows == rows_removed) exact.push_back(job);
      }
      if (!exact.empty()) fitting = std::move(exact);
    }
    return fitting.size() == 1 ? fitting.front() : nullptr;
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
    event.operation = "unknown";
    const TableJob* job = JobFor(loss, event.rows_removed);
    if (job != nullptr) {
      event.operation = job->operation;
      event.who = job->user;
      event.by_salvor = job->BySalvor();
      event.kind = job->MayMoveRows() ? EventKind::kRewrite : EventKind::kRemoval;
      told_.insert(job);
      return;
    }
    const bool nobody = std::none_of(request_.jobs.jobs.begin(), request_.jobs.jobs.end(),
                                     [&](const TableJob& each) { return RanThen(each, loss); });
    if (nobody && IsExpiry(loss)) {
      event.operation = kExpiry;
      event.by_expiry = true;
      return;
    }
    event.kind =
        GainedElsewhere(loss, event.rows_removed) ? EventKind::kRewrite : EventKind::kRemoval;
  }

  // Rows that came into another partition in the same moment may be the ones that went.
  [[nodiscard]] bool GainedElsewhere(const Loss& loss, int64_t removed) const {
    const auto before = request_.survey.totals.find(loss.begin);
    const auto after = request_.survey.totals.find(loss.end);
    if (before == request_.survey.totals.end() || after == request_.survey.totals.end())
      return true;
    return before->second - after->second < removed;
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
    return record;
  }

  struct Part {
    int64_t version = 0;
    model::Tally before;
    bool emptied = false;
  };

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
        record.emptied_earlier = model::Before{largest_earlier->version, largest_earlier->before};
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
  std::map<std::string, model::PartitionKey> keys_;
  std::map<std::string, std::vector<Part>> versions_;
  std::set<const TableJob*> told_;
};

}  // namespace

Status TellStory(const StoryRequest& request, model::Inventory& inventory) {
  return Teller(request, inventory).Tell();
}

}  // namespace salvor::bigquery
