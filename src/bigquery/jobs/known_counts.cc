#include "bigquery/jobs/known_counts.h"

namespace salvor::bigquery {

std::optional<Counts> KnownCounts::Find(int64_t at, const std::vector<std::string>& ids) const {
  const std::lock_guard lock(mutex_);
  const auto found = counted_.find(at);
  if (found == counted_.end()) return std::nullopt;
  const Counted& known = found->second;
  if (ids.empty()) return known.all;
  Counts counts;
  for (const std::string& id : ids) {
    const Counts& from = known.all ? *known.all : known.some;
    const auto rows = from.find(id);
    if (rows != from.end()) {
      if (rows->second > 0) counts.insert(*rows);
    } else if (!known.all) {
      return std::nullopt;
    }
  }
  return counts;
}

void KnownCounts::Keep(int64_t at, const std::vector<std::string>& ids, const Counts& counts) {
  const std::lock_guard lock(mutex_);
  Counted& known = counted_[at];
  if (ids.empty()) known.all = counts;
  for (const std::string& id : ids) {
    const auto rows = counts.find(id);
    known.some[id] = rows == counts.end() ? 0 : rows->second;
  }
}

}  // namespace salvor::bigquery
