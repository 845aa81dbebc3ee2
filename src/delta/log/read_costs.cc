#include "delta/log/read_costs.h"

#include <algorithm>
#include <iterator>

namespace salvor::delta {
namespace {

ReadCost CostOf(const Checkpoint& checkpoint) {
  ReadCost cost{&checkpoint, 0, checkpoint.parts.front().modified};
  for (const LogFile& part : checkpoint.parts) {
    cost.bytes += part.size;
    cost.oldest = std::min(cost.oldest, part.modified);
  }
  return cost;
}

}  // namespace

ReadCosts::ReadCosts(const Listing& listing) {
  entries_.reserve(listing.commits.size() + listing.checkpoints.size());
  auto commit = listing.commits.begin();
  auto checkpoint = listing.checkpoints.begin();
  Entry last{-1, 0, 0, ReadCost()};  // an empty table, before all
  while (commit != listing.commits.end() || checkpoint != listing.checkpoints.end()) {
    Entry next;
    next.version = commit == listing.commits.end() ? checkpoint->first : commit->first;
    if (checkpoint != listing.checkpoints.end())
      next.version = std::min(next.version, checkpoint->first);
    next.commit_bytes = last.commit_bytes;
    next.run_begin = next.version + 1;
    const bool follows = last.version == next.version - 1;
    if (commit != listing.commits.end() && commit->first == next.version) {
      const LogFile& file = commit->second;
      next.commit_bytes += file.size;
      next.run_begin = follows && last.run_begin <= last.version ? last.run_begin : next.version;
      if (follows && last.cost) {
        next.cost = last.cost;
        next.cost->bytes += file.size;
        const bool is_first = last.version < 0;
        next.cost->oldest = is_first ? file.modified : std::min(next.cost->oldest, file.modified);
      }
      ++commit;
    }
    // As SegmentTo: the last one of its version.
    for (; checkpoint != listing.checkpoints.end() && checkpoint->first == next.version;
         ++checkpoint)
      next.cost = CostOf(checkpoint->second);
    entries_.push_back(next);
    last = std::move(next);
  }
}

const ReadCosts::Entry* ReadCosts::FindAtOrBelow(int64_t version) const {
  const auto above =
      std::upper_bound(entries_.begin(), entries_.end(), version,
                       [](int64_t wanted, const Entry& entry) { return wanted < entry.version; });
  return above == entries_.begin() ? nullptr : &*std::prev(above);
}

const ReadCosts::Entry* ReadCosts::Find(int64_t version) const {
  const Entry* const found = FindAtOrBelow(version);
  return found != nullptr && found->version == version ? found : nullptr;
}

const ReadCost* ReadCosts::To(int64_t version) const {
  const Entry* const found = Find(version);
  return found != nullptr && found->cost ? &*found->cost : nullptr;
}

std::optional<int64_t> ReadCosts::BytesOn(int64_t from, int64_t version) const {
  if (version <= from) return 0;
  const Entry* const end = Find(version);
  if (end == nullptr || end->run_begin > from + 1) return std::nullopt;
  const Entry* const begin = FindAtOrBelow(from);
  return end->commit_bytes - (begin == nullptr ? 0 : begin->commit_bytes);
}

}  // namespace salvor::delta
