// The live files of past versions.

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>

#include "delta/log/history.h"
#include "delta/log/load_adds.h"
#include "delta/log/replay.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {
namespace {

// Of more files a copy would take more memory than reading them again takes time.
constexpr size_t kMaxKeptFiles = 10'000;

// What of the live files a request is about, as places; `keys[i]` belongs to `places[i]`.
struct Selection {
  std::vector<Place> places;
  std::vector<model::PartitionKey> keys;
};

Result<Selection> Select(History& history, const SnapshotRequest& request) {
  enum class Answer : char { kUnknown, kNo, kYes };
  std::set<std::string> wanted;
  if (request.only)
    for (const model::PartitionKey& key : *request.only) wanted.insert(EncodeKey(key));
  std::vector<Answer> answers;
  std::vector<uint32_t> partitions;
  Selection selection;
  Status outcome = Done{};
  history.Live().Each([&](const LiveFile& file) {
    if (!outcome) return;
    if (file.values_id >= answers.size()) {
      answers.resize(file.values_id + size_t{1}, Answer::kUnknown);
      partitions.resize(answers.size());
    }
    Answer& answer = answers[file.values_id];
    if (answer == Answer::kUnknown) {
      auto partition = history.PartitionOf(file.values_id);
      if (!partition) {
        outcome = Fail(std::move(partition).error());
        return;
      }
      partitions[file.values_id] = *partition;
      const bool yes =
          !request.only || wanted.contains(EncodeKey(history.Partitions()[*partition].key));
      answer = yes ? Answer::kYes : Answer::kNo;
    }
    if (answer == Answer::kNo) return;
    selection.places.push_back({file.source, file.place});
    selection.keys.push_back(history.Partitions()[partitions[file.values_id]].key);
  });
  SALVOR_OK(outcome);
  return selection;
}

void SortFiles(SnapshotFiles& snapshot) {
  std::vector<size_t> order(snapshot.files.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&snapshot](size_t a, size_t b) {
    const auto by_key = CompareKeys(snapshot.head.columns, snapshot.keys[a], snapshot.keys[b]);
    if (by_key != std::strong_ordering::equal) return by_key == std::strong_ordering::less;
    return snapshot.files[a].path < snapshot.files[b].path;
  });
  SnapshotFiles sorted;
  sorted.files.reserve(order.size());
  sorted.keys.reserve(order.size());
  for (const size_t index : order) {
    sorted.files.push_back(std::move(snapshot.files[index]));
    sorted.keys.push_back(std::move(snapshot.keys[index]));
  }
  snapshot.files = std::move(sorted.files);
  snapshot.keys = std::move(sorted.keys);
}

}  // namespace

// On to the latest by the commits alone only where the pass began with the newest checkpoint, or
// that is known to say the same as the commits: what readers read now begins with it.
bool StoredLog::MayCross(const Pass& pass, int64_t version) const {
  if (version != listing_.latest) return true;
  const auto newest = listing_.checkpoints.upper_bound(version);
  if (newest == listing_.checkpoints.begin()) return true;
  const int64_t at = std::prev(newest)->first;
  return at <= pass.base || agreeing_.contains(at);
}

// All requests in one pass where the log between them can be read and is no longer than what a pass
// of its own would read.
Result<std::vector<StoredLog::Pass>> StoredLog::PassesFor(
    const std::vector<SnapshotRequest>& requests) {
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return requests[a].version < requests[b].version; });
  std::vector<Pass> passes;
  int64_t at = -1;
  for (const size_t index : order) {
    const int64_t version = requests[index].version;
    if (at >= 0 && version == at) {
      passes.back().requests.push_back(index);
      continue;
    }
    SALVOR_TRY(const ReadCost* const own, ReadableCostOf(version));
    const auto onward =
        at >= 0 && MayCross(passes.back(), version) ? Costs().BytesOn(at, version) : std::nullopt;
    if (onward && *onward <= own->bytes) {
      passes.back().last = version;
      passes.back().requests.push_back(index);
    } else {
      passes.push_back({version, version, own->base ? own->base->version : -1, {index}});
    }
    at = version;
  }
  return passes;
}

// A pass ends with its latest version.
void StoredLog::KeepLive(History& history, const Replay& replay, const Pass& pass,
                         const std::vector<SnapshotRequest>& requests,
                         std::vector<SnapshotFiles>& results) const {
  if (requests[pass.requests.back()].version != listing_.latest) return;
  TableHead head = history.CurrentHead();
  auto taken = history.TakeLive(root_);
  taken.head = std::move(head);
  taken.sources = replay.Sources();
  const auto live = std::make_shared<const LiveFiles>(std::move(taken));
  for (const size_t request : pass.requests)
    if (requests[request].version == listing_.latest) results[request].live = live;
}

Status StoredLog::RunPass(const Pass& pass, const std::vector<SnapshotRequest>& requests,
                          std::vector<SnapshotFiles>& results, std::optional<int64_t>& unreadable) {
  PartitionValuesPool pool;
  History history(pool, std::nullopt);
  Replay replay(fs_, duck_, progress_, pool, history);
  size_t next = 0;
  SALVOR_TRY(LogSegment segment, ReadableSegmentTo(pass.first));
  SALVOR_TRY(LogSegment onward, listing_.SegmentOn(pass.first, pass.last));
  std::move(onward.to_apply.begin(), onward.to_apply.end(), std::back_inserter(segment.to_apply));
  ReplayPlan plan{log_folder_, root_, std::move(segment), false, false, {}, {}};
  plan.time_of = [this](int64_t version) { return FileTime(version).value_or(Instant()); };
  plan.reached = [&](int64_t version) -> Status {
    for (; next < pass.requests.size(); ++next) {
      const SnapshotRequest& request = requests[pass.requests[next]];
      if (request.version != version) break;
      SnapshotFiles& result = results[pass.requests[next]];
      SALVOR_TRY(Selection selection, Select(history, request));
      result.head = history.CurrentHead();
      if (result.head.metadata.id.empty()) SALVOR_OK(HeadAt(version));  // the log may have none
      result.head.version = version;
      SALVOR_TRY(result.head.at, CommitTime(version));
      SALVOR_TRY(result.files, LoadAdds(fs_, duck_, result.head, replay.Sources(), selection.places,
                                        request.detail));
      result.keys = std::move(selection.keys);
      SortFiles(result);
    }
    return Done{};
  };
  const Status ran = replay.Run(plan);
  unreadable = replay.UnreadableCommit();
  SALVOR_OK(ran);
  if (next == pass.requests.size()) {
    KeepLive(history, replay, pass, requests, results);
    return Done{};
  }
  return Fail(Code::kInternal, "the log was read past a version that was asked for", root_);
}

Result<std::vector<AddFile>> StoredLog::LiveOfSizes(const LiveFiles& live,
                                                    const std::unordered_set<int64_t>& sizes) {
  std::vector<Place> places;
  live.set.Each([&](const LiveFile& file) {
    if (file.size == 0 || sizes.contains(file.size)) places.push_back({file.source, file.place});
  });
  return LoadAdds(fs_, duck_, live.head, live.sources, places, AddDetail::kEssential);
}

Result<std::vector<SnapshotFiles>> StoredLog::FilesAt(std::vector<SnapshotRequest> requests) {
  if (!requests.empty() && requests == last_requests_) return last_results_;
  last_requests_.clear();
  last_results_.clear();
  std::vector<SnapshotFiles> results;
  while (true) {
    results.assign(requests.size(), {});
    std::optional<int64_t> unreadable;
    SALVOR_TRY(std::vector<Pass> passes, PassesFor(requests));
    Status ran = Done{};
    for (const Pass& pass : passes)
      if (ran) ran = RunPass(pass, requests, results, unreadable);
    if (ran) break;
    if (!unreadable || !DiscardCommit(*unreadable, ran.error())) return Fail(ran.error());
  }
  const bool named = std::all_of(requests.begin(), requests.end(),
                                 [](const SnapshotRequest& request) { return !!request.only; });
  size_t files = 0;
  for (const SnapshotFiles& result : results) files += result.files.size();
  if (named && files <= kMaxKeptFiles) {
    last_requests_ = std::move(requests);
    last_results_ = results;
  }
  return results;
}

}  // namespace salvor::delta
