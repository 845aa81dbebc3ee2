#include "bigquery/history/attribution.h"

#include <algorithm>

#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

constexpr Millis kLateExpiry{48 * 3'600'000LL};

bool MayTouchAny(const TableChange& change, const Loss& loss) {
  return std::any_of(loss.ids.begin(), loss.ids.end(),
                     [&](const std::string& id) { return change.MayTouch(id); });
}

bool MayHaveTakenAll(const TableChange& change, const Loss& loss, const Removed& removed) {
  if (change.untold) return false;
  const bool touches = std::all_of(loss.ids.begin(), loss.ids.end(),
                                   [&](const std::string& id) { return change.MayTouch(id); });
  // Rows that it updated may have moved to another partition.
  return touches && (!change.removed || *change.removed + change.updated >= removed.rows);
}

bool CountsExactly(const TableChange& change, const Removed& removed) {
  if (!change.removed) return false;
  return *change.removed == removed.rows ||
         (removed.net && *change.removed - change.inserted == *removed.net);
}

}  // namespace

Suspected WhoMayHave(const std::vector<TableChange>& changes, const Loss& loss,
                     const Removed& removed) {
  std::vector<const TableChange*> exact;
  std::vector<const TableChange*> possible;
  Suspected suspected;
  for (const TableChange& change : changes) {
    const bool then = change.RanIn(loss.begin, loss.end) && MayTouchAny(change, loss);
    if (!then || (!change.may_remove && !change.may_expire)) continue;
    if (!change.may_remove || !MayHaveTakenAll(change, loss, removed)) {
      suspected.others.push_back(&change);
    } else {
      (CountsExactly(change, removed) ? exact : possible).push_back(&change);
    }
  }
  if (exact.empty()) {
    suspected.fitting = std::move(possible);
    return suspected;
  }
  suspected.fitting = std::move(exact);
  suspected.others.insert(suspected.others.begin(), possible.begin(), possible.end());
  return suspected;
}

bool IsExplained(const std::vector<TableChange>& changes, const Loss& loss,
                 const Removed& removed) {
  const Suspected suspected = WhoMayHave(changes, loss, removed);
  const TableChange* one = suspected.TheOne();
  if (one == nullptr) return false;
  return std::none_of(changes.begin(), changes.end(), [&](const TableChange& other) {
    return &other != one && other.RanIn(one->started, one->ended);
  });
}

bool WasDue(const Partitioning& partitioning, const std::string& id, const Loss& loss) {
  const auto due = ExpiryOf(partitioning, id);
  return due && InstantOfMillis(loss.end) >= *due &&
         InstantOfMillis(loss.begin) <= *due + kLateExpiry;
}

}  // namespace salvor::bigquery
