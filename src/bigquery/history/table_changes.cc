#include "bigquery/history/table_changes.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace salvor::bigquery {
namespace {

constexpr int64_t kDay = 86'400'000;
// Beyond that many, those that removed most by their own account have instants of their own.
constexpr size_t kMostByThemselves = 30;
constexpr int64_t kMostUntold = 6;
// With those that are needed, where these are fewer.
constexpr size_t kMostWithHelpful = 8;

bool MayAdd(const TableJob& job) {
  if (job.operation == "MERGE") return job.MayMoveRows();
  return job.operation != "DELETE" && job.operation != "TRUNCATE_TABLE" &&
         !job.operation.starts_with("ALTER_TABLE") && !job.operation.starts_with("DROP_");
}

void Add(const TableJob& job, TableChange& change) {
  const int64_t started = MillisOf(job.started);
  const Instant commits = job.script.empty() ? job.ended : job.ended + kLongestJob;
  const int64_t ended = MillisOf(std::max(job.ended, job.commits_by.value_or(commits)));
  const bool first = change.jobs.empty();
  change.started = first ? started : std::min(change.started, started);
  change.ended = first ? ended : std::max(change.ended, ended);
  change.jobs.push_back(&job);
  change.inserted += job.inserted_rows.value_or(0);
  change.updated += job.updated_rows.value_or(0);
  change.may_add = change.may_add || MayAdd(job);
  change.may_expire = change.may_expire || job.operation.starts_with("ALTER_TABLE");
  if (!job.MayRemoveRows()) {
    if (change.removed) *change.removed += job.deleted_rows.value_or(0);
    return;
  }
  const bool first_removal = !change.may_remove;
  change.may_remove = true;
  change.untold = change.untold || job.writes == Writes::kUntold;
  if (first_removal) {
    change.removed = job.deleted_rows;
    if (!job.partition.empty()) change.ids = {job.partition};
    return;
  }
  change.removed = change.removed && job.deleted_rows
                       ? std::optional(*change.removed + *job.deleted_rows)
                       : std::nullopt;
  if (job.partition.empty()) change.ids.clear();
  if (!change.ids.empty() && !job.partition.empty()) change.ids.push_back(job.partition);
}

// What it took by its own account; the most where it does not count.
int64_t Weight(const TableChange& change) {
  if (!change.may_remove) return -2;
  if (change.untold) return -1;
  if (!change.removed) return std::numeric_limits<int64_t>::max();
  return *change.removed - change.inserted;
}

// Changes with instants of their own.
std::vector<const TableChange*> Suspects(const std::vector<TableChange>& changes,
                                         const InstantsRequest& request) {
  std::vector<const TableChange*> suspects;
  for (const TableChange& change : changes) {
    const bool inside = change.ended > request.first && change.started <= request.now;
    if ((change.may_remove || change.may_expire) && inside) suspects.push_back(&change);
  }
  return suspects;
}

// Of which nobody says whether they removed anything, where they are many.
size_t LeaveOutUntold(std::vector<const TableChange*>& suspects) {
  const auto is_untold = [](const TableChange* change) { return change->untold; };
  const auto untold = std::count_if(suspects.begin(), suspects.end(), is_untold);
  return untold <= kMostUntold ? 0 : std::erase_if(suspects, is_untold);
}

class Chooser {
 public:
  Chooser(const std::vector<TableChange>& changes, const InstantsRequest& request)
      : changes_(changes), request_(request), suspects_(Suspects(changes, request)) {}

  Instants Run() {
    Instants instants;
    instants.not_by_themselves =
        static_cast<int64_t>(LeaveOutUntold(suspects_) + LeaveOutTheLightest());
    const bool all = instants.not_by_themselves == 0;
    chosen_.insert(request_.first);
    for (const TableChange* suspect : suspects_) {
      Choose(suspect->started - 1);
      if (NeedsOneAfter(*suspect)) Choose(suspect->ended + 1);
    }
    const bool daily = !all || !request_.every_job_is_known;
    if (daily) {
      for (int64_t at = request_.first + kDay; at < request_.now; at += kDay) Choose(at);
    }
    instants.needed.assign(chosen_.begin(), chosen_.end());
    if (!daily) instants.helpful = AfterWrites();
    return instants;
  }

 private:
  void Choose(int64_t at) {
    if (at > request_.first && at < request_.now) chosen_.insert(at);
  }

  size_t LeaveOutTheLightest() {
    if (suspects_.size() <= kMostByThemselves) return 0;
    std::stable_sort(
        suspects_.begin(), suspects_.end(),
        [](const TableChange* a, const TableChange* b) { return Weight(*a) > Weight(*b); });
    const size_t left = suspects_.size() - kMostByThemselves;
    suspects_.resize(kMostByThemselves);
    return left;
  }

  // Changes with nothing written between them share the count before the later one.
  [[nodiscard]] bool NeedsOneAfter(const TableChange& suspect) const {
    if (!request_.every_job_is_known) return true;
    int64_t next = request_.now;
    for (const TableChange* other : suspects_) {
      if (other->started > suspect.ended) next = std::min(next, other->started - 1);
    }
    return std::any_of(changes_.begin(), changes_.end(), [&](const TableChange& other) {
      return &other != &suspect && other.ended > suspect.ended && other.started <= next;
    });
  }

  [[nodiscard]] std::vector<int64_t> AfterWrites() const {
    std::vector<int64_t> instants;
    std::vector<int64_t> of_days;
    for (auto change = changes_.begin(); change != changes_.end(); ++change) {
      const int64_t at = change->ended + 1;
      if (!change->may_add || at <= request_.first || at >= request_.now ||
          IsCountedUntilTheNext(change))
        continue;
      const bool same_day =
          !of_days.empty() && DayOf(of_days.back()) == DayOf(at) && of_days.back() < at;
      if (same_day) of_days.pop_back();
      of_days.push_back(at);
      instants.push_back(at);
    }
    const size_t most = kMostWithHelpful - std::min(chosen_.size(), kMostWithHelpful);
    if (instants.size() > most) instants = std::move(of_days);
    // What was lost last can be brought back for longest.
    if (instants.size() > most)
      instants.erase(instants.begin(), instants.end() - static_cast<int64_t>(most));
    return instants;
  }

  [[nodiscard]] int64_t DayOf(int64_t at) const { return (at - request_.first) / kDay; }

  [[nodiscard]] bool IsCountedUntilTheNext(std::vector<TableChange>::const_iterator change) const {
    const auto next = std::next(change);
    const int64_t until = next == changes_.end() ? request_.now : next->started;
    const auto counted = chosen_.upper_bound(change->ended);
    return until <= change->ended || (counted != chosen_.end() && *counted <= until);
  }

  const std::vector<TableChange>& changes_;
  const InstantsRequest& request_;
  std::vector<const TableChange*> suspects_;
  std::set<int64_t> chosen_;
};

}  // namespace

bool TableChange::MayTouch(const std::string& id) const {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

std::vector<TableChange> ChangesOf(const std::vector<TableJob>& jobs) {
  std::vector<TableChange> changes;
  std::map<std::string, size_t> scripts;
  for (const TableJob& job : jobs) {
    if (job.script.empty()) {
      Add(job, changes.emplace_back());
      continue;
    }
    const auto [found, is_new] = scripts.try_emplace(job.script, changes.size());
    if (is_new) changes.emplace_back();
    Add(job, changes[found->second]);
  }
  std::stable_sort(changes.begin(), changes.end(), [](const TableChange& a, const TableChange& b) {
    return a.started < b.started;
  });
  return changes;
}

Instants InstantsToCount(const std::vector<TableChange>& changes, const InstantsRequest& request) {
  return Chooser(changes, request).Run();
}

}  // namespace salvor::bigquery
