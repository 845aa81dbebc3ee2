#include "bigquery/history/row_drops.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "bigquery/rest/parallel_for.h"

namespace salvor::bigquery {
namespace {

// Drops of one interval, waiting to be narrowed.
using Interval = std::pair<int64_t, int64_t>;
using Waiting = std::map<Interval, std::vector<std::string>>;

class Search {
 public:
  Search(Past& past, Timelines& timelines, warehouse::Progress& progress)
      : past_(past), timelines_(timelines), progress_(progress) {}

  Result<std::vector<Drop>> Run() {
    for (Drop& drop : FindDrops(timelines_)) Queue(drop.id, drop.begin, drop.end);
    total_ = static_cast<int64_t>(FindDrops(timelines_).size());
    while (!waiting_.empty()) {
      auto next = waiting_.extract(waiting_.begin());
      SALVOR_OK(Narrow(next.key(), next.mapped()));
      progress_.Tell("finding when rows went away", static_cast<int64_t>(found_.size()), total_);
    }
    std::sort(found_.begin(), found_.end(), [](const Drop& a, const Drop& b) {
      return std::tie(a.end, a.id) < std::tie(b.end, b.id);
    });
    return std::move(found_);
  }

 private:
  [[nodiscard]] int64_t Rows(const std::string& id, int64_t at) const {
    return timelines_.at(id).at(at).rows;
  }

  // Queues the drop between two known instants, if there is one.
  void Queue(const std::string& id, int64_t begin, int64_t end) {
    if (begin >= end || Rows(id, end) >= Rows(id, begin)) return;
    if (begin + 1 == end) {
      Find({id, begin, end});
    } else {
      waiting_[{begin, end}].push_back(id);
    }
  }

  Status Learn(const std::vector<std::string>& ids, int64_t at) {
    std::vector<model::Tally> tallies(ids.size());
    SALVOR_OK(ForEach(ids.size(), kRequestsInFlight, [&](size_t i) -> Status {
      SALVOR_TRY(tallies[i], past_.At(ids[i], at));
      return Done{};
    }));
    for (size_t i = 0; i < ids.size(); ++i) timelines_[ids[i]][at] = tallies[i];
    return Done{};
  }

  // One of the partitions shows the way; the others are asked on both sides of where it leads.
  Status Narrow(const Interval& interval, const std::vector<std::string>& ids) {
    auto [begin, end] = interval;
    const std::string& guide = ids[ids.size() / 2];
    const int64_t whole = Rows(guide, begin);
    while (begin + 1 < end) {
      const int64_t middle = Middle(begin, end);
      auto learned = Learn({guide}, middle);
      if (!learned && learned.error().code == Code::kRefused)
        return Settle(ids, interval, begin, end);
      if (!learned) return learned;
      (Rows(guide, middle) < whole ? end : begin) = middle;
    }
    return Settle(ids, interval, begin, end);
  }

  // Where to look next between two instants. Partitions that were lost together may come with
  // different intervals (they were written one by one since): the losses found already are tried
  // first, from the middle one on, so that each question rules out half of them.
  [[nodiscard]] int64_t Middle(int64_t begin, int64_t end) const {
    const auto from = losses_.upper_bound(begin);
    const auto to = losses_.lower_bound(end);
    const auto between = std::distance(from, to);
    if (between == 0) return begin + (end - begin) / 2;
    return *std::next(from, between / 2);
  }

  void Find(Drop drop) {
    if (drop.begin + 1 == drop.end) losses_.insert({drop.begin, drop.end});
    found_.push_back(std::move(drop));
  }

  // The guide's loss was at `end`; what of the others?
  Status Settle(const std::vector<std::string>& ids, const Interval& interval, int64_t begin,
                int64_t end) {
    if (ids.size() > 2 && begin + 1 == end) {
      SALVOR_TRY(const bool together, SettleBySum(ids, interval, begin, end));
      if (together) return Done{};
    }
    for (const int64_t at : {begin, end}) {
      auto learned = Learn(ids, at);
      if (learned) continue;
      if (learned.error().code != Code::kRefused) return learned;
      // What the last answers say must do.
      for (const std::string& id : ids) Find({id, interval.first, interval.second});
      return Done{};
    }
    for (const std::string& id : ids) {
      Queue(id, interval.first, begin);
      if (Rows(id, end) < Rows(id, begin)) Find({id, begin, end});
      Queue(id, end, interval.second);
    }
    return Done{};
  }

  [[nodiscard]] int64_t Lost(const std::vector<std::string>& ids, const Interval& interval) const {
    int64_t lost = 0;
    for (const std::string& id : ids) lost += Rows(id, interval.first) - Rows(id, interval.second);
    return lost;
  }

  // Spares a question for each partition: if the table lost in that millisecond exactly what these
  // partitions lost in the whole interval, they all lost it then. (What is to be restored is asked
  // once more, partition by partition, before anything is planned.)
  Result<bool> SettleBySum(const std::vector<std::string>& ids, const Interval& interval,
                           int64_t begin, int64_t end) {
    auto before = past_.At("", begin);
    auto after = past_.At("", end);
    if (!before || !after) return false;
    const int64_t lost = before->rows - after->rows;
    if (lost == Lost(ids, interval)) {
      Infer(ids, interval, begin, end);
      return true;
    }
    if (!Learn(ids, end)) return false;
    std::vector<std::string> gone;
    std::vector<std::string> rest;
    for (const std::string& id : ids) {
      (Rows(id, end) == Rows(id, interval.second) ? gone : rest).push_back(id);
    }
    // One that lost only a part by then needs a closer look.
    const bool partly = std::any_of(rest.begin(), rest.end(), [&](const std::string& id) {
      return Rows(id, end) < Rows(id, interval.first);
    });
    if (partly || lost != Lost(gone, interval)) return false;
    Infer(gone, interval, begin, end);
    for (const std::string& id : rest) Queue(id, end, interval.second);
    return true;
  }

  void Infer(const std::vector<std::string>& ids, const Interval& interval, int64_t begin,
             int64_t end) {
    for (const std::string& id : ids) {
      Timeline& timeline = timelines_.at(id);
      timeline[begin] = timeline.at(interval.first);
      timeline[end] = timeline.at(interval.second);
      Find({id, begin, end});
    }
  }

  Past& past_;
  Timelines& timelines_;
  warehouse::Progress& progress_;
  Waiting waiting_;
  std::vector<Drop> found_;
  std::set<int64_t> losses_;  // the milliseconds on both sides of each one found
  int64_t total_ = 0;
};

}  // namespace

std::vector<Drop> FindDrops(const Timelines& timelines) {
  std::vector<Drop> drops;
  for (const auto& [id, timeline] : timelines) {
    const Timeline::value_type* before = nullptr;
    for (const auto& point : timeline) {
      if (before != nullptr && point.second.rows < before->second.rows) {
        drops.push_back({id, before->first, point.first});
      }
      before = &point;
    }
  }
  return drops;
}

Result<std::vector<Drop>> PinDown(Past& past, Timelines& timelines, warehouse::Progress& progress) {
  return Search(past, timelines, progress).Run();
}

}  // namespace salvor::bigquery
