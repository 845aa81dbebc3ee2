#include "bigquery/history/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/text.h"

namespace salvor::bigquery {
namespace {

constexpr int64_t kCloseEnough = 60'000;
// For a whole look: one loss in a week is found to the minute with fourteen.
constexpr int kMostCounts = 14;

using Span = std::pair<int64_t, int64_t>;

class Narrower {
 public:
  Narrower(RowCounter& counter, const std::function<bool(const Loss&)>& settled,
           Timelines& timelines)
      : counter_(counter), settled_(settled), timelines_(timelines) {}

  Result<bool> Run() {
    for (int counts = 0; counts < kMostCounts; ++counts) {
      const auto loss = Widest();
      if (!loss) break;
      SALVOR_OK(Halve(*loss));
    }
    return unaffordable_.empty();
  }

 private:
  [[nodiscard]] std::optional<Loss> Widest() const {
    std::optional<Loss> widest;
    for (Loss& loss : LossesOf(timelines_)) {
      const int64_t span = loss.end - loss.begin;
      if (span <= kCloseEnough || unaffordable_.contains({loss.begin, loss.end})) continue;
      if (widest && span <= widest->end - widest->begin) continue;
      if (!settled_(loss)) widest = std::move(loss);
    }
    return widest;
  }

  Status Halve(const Loss& loss) {
    const int64_t middle = loss.begin + (loss.end - loss.begin) / 2;
    SALVOR_TRY(const int64_t bill, BillOf(loss));
    if (bill > counter_.Left()) {
      unaffordable_.insert({loss.begin, loss.end});
      return Done{};
    }
    auto counted = counter_.Count({middle, loss.ids}, bill);
    if (!counted && counted.error().code == Code::kRefused) {
      unaffordable_.insert({loss.begin, loss.end});
      return Done{};
    }
    if (!counted) return Fail(std::move(counted).error());
    for (const std::string& id : loss.ids) {
      const auto rows = counted->rows.find(id);
      timelines_[id][middle] = rows == counted->rows.end() ? 0 : rows->second;
    }
    return Done{};
  }

  // By a dry run for the partitions where they had most rows; what is a part of them costs no more.
  Result<int64_t> BillOf(const Loss& loss) {
    for (const auto& [ids, bill] : bills_) {
      if (std::includes(ids.begin(), ids.end(), loss.ids.begin(), loss.ids.end())) return bill;
    }
    SALVOR_TRY(const int64_t bill, counter_.Estimate({loss.begin + 1, loss.ids}));
    counter_.Say(fmt::format(
        "finding when {} lost rows, to the minute: at most {} queries of at most {} billed each",
        Plural(static_cast<int64_t>(loss.ids.size()), "partition"), kMostCounts,
        FormatBytes(bill)));
    bills_.emplace_back(std::set<std::string>(loss.ids.begin(), loss.ids.end()), bill);
    return bill;
  }

  RowCounter& counter_;
  const std::function<bool(const Loss&)>& settled_;
  Timelines& timelines_;
  std::vector<std::pair<std::set<std::string>, int64_t>> bills_;
  std::set<Span> unaffordable_;
};

}  // namespace

Timelines TimelinesOf(const std::map<int64_t, Counts>& counts) {
  Timelines timelines;
  for (const auto& [at, rows] : counts) {
    for (const auto& [id, count] : rows) timelines[id];
  }
  for (auto& [id, timeline] : timelines) {
    for (const auto& [at, rows] : counts) {
      const auto found = rows.find(id);
      timeline[at] = found == rows.end() ? 0 : found->second;
    }
  }
  return timelines;
}

int64_t RowsAt(const Timeline& timeline, int64_t at) {
  const auto after = timeline.upper_bound(at);
  return after == timeline.begin() ? 0 : std::prev(after)->second;
}

std::vector<Loss> LossesOf(const Timelines& timelines) {
  std::map<Span, Loss> losses;  // by end, then by begin
  for (const auto& [id, timeline] : timelines) {
    const Timeline::value_type* before = nullptr;
    for (const auto& point : timeline) {
      if (before != nullptr && point.second < before->second) {
        Loss& loss = losses[{point.first, before->first}];
        loss.begin = before->first;
        loss.end = point.first;
        loss.ids.push_back(id);
      }
      before = &point;
    }
  }
  std::vector<Loss> list;
  list.reserve(losses.size());
  for (auto& [span, loss] : losses) list.push_back(std::move(loss));
  return list;
}

int64_t RowsRemoved(const Timelines& timelines, const Loss& loss) {
  int64_t rows = 0;
  for (const std::string& id : loss.ids) {
    const Timeline& timeline = timelines.at(id);
    rows += RowsAt(timeline, loss.begin) - RowsAt(timeline, loss.end);
  }
  return rows;
}

Result<bool> Narrow(RowCounter& counter, const std::function<bool(const Loss&)>& settled,
                    Timelines& timelines) {
  return Narrower(counter, settled, timelines).Run();
}

}  // namespace salvor::bigquery
