#include "bigquery/history/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/rest/partition_id.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

// Lost partitions are looked for beside the known ones: so many on each side at a time, as far away
// as a table may have partitions, and so many at most.
constexpr int64_t kStride = 64;
constexpr size_t kMostAsked = 40'000;
// How often the table's rows are counted in the window, if not more than once a minute.
constexpr int64_t kLooks = 168;
constexpr int64_t kShortestPause = 60'000;
// Partitions that changed in the window, unless they are more than this, are asked about at some of
// these looks even where the table's rows add up: as many may have come as went.
constexpr int64_t kLooksInDay = 24;
constexpr size_t kMostDoubts = 150;
constexpr size_t kMostJobInstants = 2'000;
constexpr size_t kMostCostlyInstants = 8;

class Surveyor {
 public:
  Surveyor(Past& past, const SurveyRequest& request, warehouse::Progress& progress)
      : past_(past), request_(request), progress_(progress) {}

  Result<Survey> Run() {
    Survey survey;
    SALVOR_OK(BeginWithPresent());
    instants_ = Instants();
    if (request_.table.partitioning.IsPartitioned()) SALVOR_OK(AccountFor(request_.first));
    SALVOR_TRY(auto drops, PinDown(past_, timelines_, progress_));
    // Partitions that came and went between two instants show at the ones in between.
    CountAhead();
    for (const int64_t at : instants_) {
      learned_ = false;
      if (IsDoubtful(at)) SALVOR_OK(Learn({changed_.begin(), changed_.end()}, at));
      auto accounted = AccountFor(at);
      if (accounted) {
        survey.instants.push_back(at);
      } else if (!past_.Costs() || accounted.error().code != Code::kRefused) {
        return Fail(std::move(accounted).error());
      }
      // What was just found out spares questions about the instants after this one.
      if (learned_) {
        SALVOR_TRY(drops, PinDown(past_, timelines_, progress_));
      }
    }
    std::erase_if(timelines_, [](const auto& entry) {
      return std::all_of(entry.second.begin(), entry.second.end(),
                         [](const auto& point) { return point.second.rows == 0; });
    });
    survey.timelines = std::move(timelines_);
    survey.drops = std::move(drops);
    for (const Drop& drop : survey.drops) {
      for (const int64_t at : {drop.begin, drop.end}) {
        if (survey.totals.contains(at)) continue;
        auto total = past_.At("", at);
        if (total) survey.totals[at] = total->rows;
      }
    }
    return survey;
  }

 private:
  // Partitions that nobody touched since the window began are taken to have been as they are; the
  // sum says whether that is true.
  Status BeginWithPresent() {
    for (const auto& [id, present] : request_.holdings.partitions) {
      timelines_[id][request_.now] = present.tally;
      if (MillisOf(present.modified) >= request_.first || id == model::kUnpartitioned) {
        changed_.insert(id);
      } else {
        timelines_[id][request_.first] = present.tally;
        untouched_.insert(id);
      }
    }
    for (const TableJob& job : request_.jobs) {
      if (job.partition.empty() || !job.MayRemoveRows()) continue;
      if (job.partition != kNullId && !PlaceOf(request_.table.partitioning, job.partition))
        continue;
      timelines_[job.partition].try_emplace(request_.now);
      changed_.insert(job.partition);
    }
    for (const std::string& id : changed_) untouched_.erase(id);
    SALVOR_OK(Learn({changed_.begin(), changed_.end()}, request_.first));
    return LearnAroundJobs();
  }

  // Right before and right after each job that wrote to one partition.
  Status LearnAroundJobs() {
    for (const TableJob& job : request_.jobs) {
      if (job.partition.empty() || !timelines_.contains(job.partition)) continue;
      for (const int64_t at : {MillisOf(job.started) - 1, MillisOf(job.ended) + 1}) {
        if (at > request_.first && at < request_.now) SALVOR_OK(Learn({job.partition}, at));
      }
    }
    return Done{};
  }

  // Before and after each job that may have removed rows anywhere; those that say so come first.
  [[nodiscard]] std::set<int64_t> AroundJobs() const {
    std::vector<const TableJob*> jobs;
    for (const TableJob& job : request_.jobs) {
      if (job.partition.empty() && job.MayRemoveRows()) jobs.push_back(&job);
    }
    std::stable_sort(jobs.begin(), jobs.end(), [](const TableJob* a, const TableJob* b) {
      return a->deleted_rows.value_or(0) > b->deleted_rows.value_or(0);
    });
    const size_t most = past_.Costs() ? kMostCostlyInstants : kMostJobInstants;
    std::set<int64_t> instants;
    for (const TableJob* job : jobs) {
      if (instants.size() >= most) break;
      instants.insert(MillisOf(job->started) - 1);
      instants.insert(MillisOf(job->ended) + 1);
    }
    return instants;
  }

  [[nodiscard]] std::vector<int64_t> Instants() const {
    std::set<int64_t> instants = AroundJobs();
    instants.insert(request_.first);
    const int64_t pause = PauseOf(request_.first, request_.now);
    for (int64_t at = request_.first; at < request_.now && !past_.Costs(); at += pause) {
      instants.insert(at);
    }
    std::vector<int64_t> inside;
    std::copy_if(instants.begin(), instants.end(), std::back_inserter(inside),
                 [&](int64_t at) { return at >= request_.first && at < request_.now; });
    return inside;
  }

  // The answers are kept, and what failed is met again where it matters.
  void CountAhead() {
    std::atomic<int64_t> done = 0;
    const auto count = [&](size_t i) -> Status {
      if (past_.At("", instants_[i]))
        progress_.Tell("counting the table's past", ++done, static_cast<int64_t>(instants_.size()));
      return Done{};
    };
    if (!past_.Costs()) (void)ForEach(instants_.size(), kRequestsInFlight, count);
  }

  [[nodiscard]] bool IsDoubtful(int64_t at) const {
    const int64_t pause = kLooksInDay * PauseOf(request_.first, request_.now);
    return !past_.Costs() && (at - request_.first) % pause == 0 && changed_.size() <= kMostDoubts;
  }

  Status Learn(std::vector<std::string> ids, int64_t at) {
    std::erase_if(ids, [&](const std::string& id) {
      const auto found = timelines_.find(id);
      return found != timelines_.end() && found->second.contains(at) && !untouched_.contains(id);
    });
    std::vector<model::Tally> tallies(ids.size());
    learned_ = learned_ || !ids.empty();
    const auto total = past_.At("", at);
    if (total && total->rows == 0) {
      for (const std::string& id : ids) {
        timelines_[id][at] = {};
        timelines_[id].try_emplace(request_.now);
      }
      return Done{};
    }
    std::atomic<int64_t> done = 0;
    SALVOR_OK(ForEach(ids.size(), kRequestsInFlight, [&](size_t i) -> Status {
      SALVOR_TRY(tallies[i], past_.At(ids[i], at));
      progress_.Tell("looking at the past of partitions", ++done, static_cast<int64_t>(ids.size()));
      return Done{};
    }));
    for (size_t i = 0; i < ids.size(); ++i) {
      timelines_[ids[i]][at] = tallies[i];
      timelines_[ids[i]].try_emplace(request_.now);
    }
    return Done{};
  }

  // Rows of the table at the instant that no partition accounts for, as far as is known.
  Result<int64_t> Unaccounted(int64_t at) {
    SALVOR_TRY(model::Tally total, past_.At("", at));
    int64_t rows = total.rows;
    for (const auto& [id, timeline] : timelines_) {
      const auto after = timeline.upper_bound(at);
      if (after != timeline.begin()) rows -= std::prev(after)->second.rows;
    }
    return rows;
  }

  [[nodiscard]] std::vector<std::string> Known(bool untouched_too) const {
    std::vector<std::string> ids;
    for (const auto& [id, timeline] : timelines_) {
      if (untouched_too || !untouched_.contains(id)) ids.push_back(id);
    }
    return ids;
  }

  // Partitions that changed at some time around the instant.
  [[nodiscard]] std::vector<std::string> InBetween(int64_t at) const {
    std::vector<std::string> ids;
    for (const auto& [id, timeline] : timelines_) {
      const auto after = timeline.upper_bound(at);
      if (after == timeline.begin() || after == timeline.end()) continue;
      if (std::prev(after)->second.rows != after->second.rows) ids.push_back(id);
    }
    return ids;
  }

  // One answer told of every partition.
  Status LearnAll(int64_t at) {
    std::vector<std::string> ids = past_.IdsAt(at);
    const std::vector<std::string> known = Known(true);
    untouched_.clear();
    ids.insert(ids.end(), known.begin(), known.end());
    for (const std::string& id : known) {
      if (at != request_.now) timelines_[id].erase(at);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return Learn(std::move(ids), at);
  }

  Status AccountFor(int64_t at) {
    SALVOR_TRY(int64_t missing, Unaccounted(at));
    if (missing == 0) return Done{};
    if (past_.Costs()) return LearnAll(at);
    SALVOR_OK(Learn(InBetween(at), at));
    SALVOR_TRY(missing, Unaccounted(at));
    if (missing != 0) {
      SALVOR_OK(Learn({changed_.begin(), changed_.end()}, at));
      SALVOR_TRY(missing, Unaccounted(at));
    }
    if (missing != 0) {
      SALVOR_OK(Learn(Known(false), at));
      SALVOR_TRY(missing, Unaccounted(at));
    }
    if (missing > 0) {
      SALVOR_OK(Learn({std::string(kNullId), std::string(model::kUnpartitioned)}, at));
      SALVOR_TRY(missing, Unaccounted(at));
    }
    if (missing > 0) {
      SALVOR_OK(LearnBeside(at));
      SALVOR_TRY(missing, Unaccounted(at));
    }
    if (missing != 0) {
      const std::vector<std::string> all = Known(true);
      untouched_.clear();
      for (const std::string& id : all) timelines_[id].erase(at);
      SALVOR_OK(Learn(all, at));
      SALVOR_TRY(missing, Unaccounted(at));
    }
    if (missing == 0) return Done{};
    return Fail(Code::kRefused,
                fmt::format("at {} the table had {} rows {} its partitions account for",
                            FormatInstant(InstantOfMillis(at)), FormatCount(std::abs(missing)),
                            missing > 0 ? "more than" : "fewer than"),
                UriOf(request_.table.name),
                "salvor will not say that nothing is lost. Allow a query over the partition column "
                "with --max-bytes-billed");
  }

  // Places between two known partitions, or beyond the first or the last one.
  struct Gap {
    std::optional<int64_t> after;
    std::optional<int64_t> before;

    [[nodiscard]] bool Has(int64_t place) const {
      return (!after || place > *after) && (!before || place < *before);
    }
  };

  [[nodiscard]] std::vector<Gap> Gaps(int64_t at) const {
    std::set<int64_t> places;
    for (const auto& [id, timeline] : timelines_) {
      const auto place = PlaceOf(request_.table.partitioning, id);
      if (place) places.insert(*place);
    }
    std::vector<Gap> gaps;
    std::optional<int64_t> last;
    for (const int64_t place : places) {
      if (!last || *last + 1 < place) gaps.push_back({last, place});
      last = place;
    }
    if (last) {
      gaps.push_back({last, std::nullopt});
      return gaps;
    }
    // A table that has nothing left is looked at around the present day, or from its first range.
    const bool ranges = request_.table.partitioning.kind == PartitionKind::kRange;
    const int64_t middle = ranges ? 0 : PlaceOfInstant(at);
    return {{std::nullopt, middle + 1}, {middle, std::nullopt}};
  }

  [[nodiscard]] bool MayBe(int64_t place) const {
    const Partitioning& partitioning = request_.table.partitioning;
    if (partitioning.kind != PartitionKind::kRange) {
      return PlaceOf(partitioning, IdAt(partitioning, place)) == place;
    }
    return place >= 0 && place < (partitioning.range_end - partitioning.range_start - 1) /
                                         partitioning.range_interval +
                                     1;
  }

  // Where conversions that went wrong put rows, however far from the others that is. True if all
  // rows are accounted for.
  Result<bool> LearnTheEpoch(int64_t at) {
    if (request_.table.partitioning.kind == PartitionKind::kRange) return false;
    const int64_t epoch = PlaceOfInstant(0);
    std::vector<std::string> ids;
    for (const int64_t place : {epoch - 1, epoch, epoch + 1}) {
      const std::string id = IdAt(request_.table.partitioning, place);
      if (!timelines_.contains(id)) ids.push_back(id);
    }
    SALVOR_OK(Learn(ids, at));
    // No place to go on from, if there was nothing.
    for (const std::string& id : ids) {
      if (timelines_[id][at].rows == 0) timelines_.erase(id);
    }
    SALVOR_TRY(const int64_t missing, Unaccounted(at));
    return missing <= 0;
  }

  // Away from the known partitions, until the rows are found: the nearest are the likeliest.
  Status LearnBeside(int64_t at) {
    const std::vector<Gap> gaps = Gaps(at);
    SALVOR_TRY(const bool found, LearnTheEpoch(at));
    if (found) return Done{};
    size_t asked = 0;
    for (int64_t step = 0; step < kMostPartitions && asked < kMostAsked; step += kStride) {
      std::set<int64_t> places;
      for (const Gap& gap : gaps) {
        for (int64_t i = step + 1; i <= step + kStride; ++i) {
          if (gap.after && gap.Has(*gap.after + i)) places.insert(*gap.after + i);
          if (gap.before && gap.Has(*gap.before - i)) places.insert(*gap.before - i);
        }
      }
      std::vector<std::string> ids;
      for (const int64_t place : places) {
        if (MayBe(place)) ids.push_back(IdAt(request_.table.partitioning, place));
      }
      if (ids.empty()) continue;
      asked += ids.size();
      SALVOR_OK(Learn(std::move(ids), at));
      SALVOR_TRY(const int64_t missing, Unaccounted(at));
      if (missing <= 0) return Done{};
    }
    return Done{};
  }

  [[nodiscard]] int64_t PlaceOfInstant(int64_t at) const {
    const std::string text = FormatInstant(InstantOfMillis(at));
    std::string id = text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 2) + text.substr(11, 2);
    switch (request_.table.partitioning.kind) {
      case PartitionKind::kHour:
        break;
      case PartitionKind::kMonth:
        id.resize(6);
        break;
      case PartitionKind::kYear:
        id.resize(4);
        break;
      default:
        id.resize(8);
    }
    return PlaceOf(request_.table.partitioning, id).value_or(0);
  }

  Past& past_;
  const SurveyRequest& request_;
  warehouse::Progress& progress_;
  Timelines timelines_;
  std::set<std::string> changed_;    // since the first instant, as the service says
  std::set<std::string> untouched_;  // at the first instant taken to have been as they are now
  std::vector<int64_t> instants_;
  bool learned_ = false;  // since it was last set to false
};

}  // namespace

int64_t PauseOf(int64_t first, int64_t now) {
  return std::max((now - first) / kLooks, kShortestPause);
}

Result<Survey> LookAtPast(Past& past, const SurveyRequest& request, warehouse::Progress& progress) {
  return Surveyor(past, request, progress).Run();
}

}  // namespace salvor::bigquery
