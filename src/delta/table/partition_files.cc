#include "delta/table/partition_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/digest.h"
#include "delta/log/reader_views.h"
#include "delta/protocol/path_spelling.h"

namespace salvor::delta {
namespace {

using Values = std::vector<std::optional<std::string>>;

std::string VectorId(const std::shared_ptr<const DeletionVector>& vector) {
  return vector ? vector->UniqueId() : std::string();
}
std::string VectorId(const AddFile& file) { return VectorId(file.deletion_vector); }

// Of the file without a vector.
std::string KeyOfWhole(const std::string& path) {
  AddFile file;
  file.path = path;
  return file.Key();
}

void SortFiles(std::vector<AddFile>& files) {
  std::sort(files.begin(), files.end(), [](const AddFile& a, const AddFile& b) {
    if (a.path != b.path) return a.path < b.path;
    return VectorId(a) < VectorId(b);
  });
}

// The files of a snapshot by partition.
class Sorted {
 public:
  explicit Sorted(SnapshotFiles snapshot)
      : head_(std::move(snapshot.head)), live_(std::move(snapshot.live)) {
    for (size_t i = 0; i < snapshot.files.size(); ++i) {
      by_key_[snapshot.keys[i].values].push_back(std::move(snapshot.files[i]));
    }
    for (auto& [values, files] : by_key_) SortFiles(files);
  }

  [[nodiscard]] const TableHead& GetHead() const { return head_; }
  TableHead TakeHead() { return std::move(head_); }
  [[nodiscard]] const std::shared_ptr<const LiveFiles>& Live() const { return live_; }

  // Each partition is asked for once in nearly every case, so it is handed over, not copied.
  std::vector<AddFile> Take(const model::PartitionKey& key, bool last_use) {
    const auto at = by_key_.find(key.values);
    if (at == by_key_.end()) return {};
    return last_use ? std::move(at->second) : at->second;
  }

 private:
  TableHead head_;
  std::shared_ptr<const LiveFiles> live_;
  std::map<Values, std::vector<AddFile>> by_key_;
};

int64_t SnapshotOf(const warehouse::Wanted& wanted) {
  return wanted.mode == model::Mode::kInvert && wanted.event ? *wanted.event - 1 : wanted.snapshot;
}

// Keeps of `content.adds` what the event removed, and notes what it added to the partition.
Status ApplyEvent(const TableHead& before, const Commit& event, Content& content) {
  std::set<std::string> removed;
  for (const RemoveFile& file : event.removes) removed.insert(file.Key());
  std::erase_if(content.adds, [&](const AddFile& file) { return removed.count(file.Key()) == 0; });
  for (const AddFile& file : event.adds) {
    if (KeyOf(before, file.partition_values) == content.key) content.taken_out.push_back(file);
  }
  SortFiles(content.taken_out);
  return Done{};
}

Result<Commit> ReadEvent(Log& log, int64_t version) {
  auto commit = log.ReadCommit(version, AddDetail::kWhole);
  if (!commit && commit.error().code == Code::kNotFound) {
    return Fail(Code::kTooLate, "the commit that is to be taken back is gone from the log",
                "version " + std::to_string(version),
                "Restore whole partitions from a snapshot instead (--version)");
  }
  return commit;
}

// At which version to read each of them, in order: the fewest, where the state of a partition is
// known to have stood for a while. A table that lost its days one by one is then read once and not
// once for each.
std::vector<int64_t> ReadingVersions(const std::vector<warehouse::Wanted>& wanted) {
  std::vector<size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return SnapshotOf(wanted[a]) < SnapshotOf(wanted[b]); });
  std::vector<int64_t> versions(wanted.size());
  std::optional<int64_t> last;
  for (const size_t index : order) {
    const warehouse::Wanted& one = wanted[index];
    const int64_t snapshot = SnapshotOf(one);
    const int64_t since = one.mode == model::Mode::kInvert
                              ? snapshot
                              : std::min(one.unchanged_since.value_or(snapshot), snapshot);
    if (!last || *last < since) last = snapshot;
    versions[index] = *last;
  }
  return versions;
}

Result<std::vector<Content>> BuildContents(Log& log, const std::vector<warehouse::Wanted>& wanted,
                                           const std::vector<int64_t>& versions,
                                           std::map<int64_t, Sorted>& snapshots) {
  std::map<std::pair<int64_t, Values>, int> uses;
  for (size_t i = 0; i < wanted.size(); ++i) ++uses[{versions[i], wanted[i].key.values}];
  std::map<int64_t, Commit> events;
  std::vector<Content> contents;
  contents.reserve(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const warehouse::Wanted& one = wanted[i];
    const int64_t version = versions[i];
    Sorted& snapshot = snapshots.at(version);
    const bool last_use = --uses[{version, one.key.values}] == 0;
    Content content{.key = one.key,
                    .mode = one.mode,
                    .snapshot = SnapshotOf(one),
                    .adds = snapshot.Take(one.key, last_use),
                    .taken_out = {}};
    if (one.mode == model::Mode::kInvert) {
      if (!one.event) {
        return Fail(Code::kInvalidArgument, "an event to take back must be named");
      }
      auto at = events.find(*one.event);
      if (at == events.end()) {
        SALVOR_TRY(Commit commit, ReadEvent(log, *one.event));
        at = events.emplace(*one.event, std::move(commit)).first;
      }
      SALVOR_OK(ApplyEvent(snapshot.GetHead(), at->second, content));
    }
    contents.push_back(std::move(content));
  }
  return contents;
}

std::vector<model::PartitionKey> Unique(std::vector<model::PartitionKey> keys) {
  auto less = [](const auto& a, const auto& b) { return a.values < b.values; };
  std::sort(keys.begin(), keys.end(), less);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Holding TakeHolding(Sorted& snapshot, const std::vector<model::PartitionKey>& keys) {
  std::map<Values, int> uses;
  for (const model::PartitionKey& key : keys) ++uses[key.values];
  Holding holding;
  for (const model::PartitionKey& key : keys) {
    holding.files.push_back(snapshot.Take(key, --uses[key.values] == 0));
  }
  holding.head = snapshot.TakeHead();
  holding.live = snapshot.Live();
  return holding;
}

std::vector<model::PartitionKey> KeysOfWanted(const std::vector<warehouse::Wanted>& wanted) {
  std::vector<model::PartitionKey> keys;
  keys.reserve(wanted.size());
  for (const warehouse::Wanted& one : wanted) keys.push_back(one.key);
  return keys;
}

// Of the snapshots that were read at another version; ascending, as the log likes it.
Status ReadOtherHeads(Log& log, Gathered& gathered) {
  std::set<int64_t> snapshots;
  for (const Content& content : gathered.contents) snapshots.insert(content.snapshot);
  for (const int64_t version : snapshots) {
    if (gathered.heads.contains(version)) continue;
    SALVOR_TRY(TableHead head, log.HeadAt(version));
    gathered.heads.emplace(version, std::move(head));
  }
  return Done{};
}

Result<GatheredBoth> Gather(Log& log, const std::vector<warehouse::Wanted>& wanted, bool with_now,
                            AddDetail detail) {
  std::map<int64_t, std::vector<model::PartitionKey>> by_version;
  const std::vector<int64_t> versions = ReadingVersions(wanted);
  for (size_t i = 0; i < wanted.size(); ++i) by_version[versions[i]].push_back(wanted[i].key);
  std::vector<SnapshotRequest> requests;
  requests.reserve(by_version.size() + 1);
  for (auto& [version, keys] : by_version) {
    requests.push_back({.version = version, .only = Unique(std::move(keys)), .detail = detail});
  }
  if (with_now) {
    requests.push_back(
        {.version = log.Latest(), .only = Unique(KeysOfWanted(wanted)), .detail = detail});
  }
  SALVOR_TRY(std::vector<SnapshotFiles> results, log.FilesAt(std::move(requests)));
  GatheredBoth both;
  if (with_now) {
    Sorted now(std::move(results.back()));
    results.pop_back();
    both.now = TakeHolding(now, KeysOfWanted(wanted));
  }
  std::map<int64_t, Sorted> snapshots;
  size_t next = 0;
  for (const auto& entry : by_version) {
    snapshots.emplace(entry.first, Sorted(std::move(results.at(next++))));
  }
  SALVOR_TRY(both.old.contents, BuildContents(log, wanted, versions, snapshots));
  for (auto& [version, snapshot] : snapshots) both.old.heads.emplace(version, snapshot.TakeHead());
  SALVOR_OK(ReadOtherHeads(log, both.old));
  return both;
}

}  // namespace

Result<Gathered> GatherContents(Log& log, const std::vector<warehouse::Wanted>& wanted) {
  SALVOR_TRY(GatheredBoth both, Gather(log, wanted, false, AddDetail::kWhole));
  return std::move(both.old);
}

Result<GatheredBoth> GatherBoth(Log& log, const std::vector<warehouse::Wanted>& wanted,
                                AddDetail detail) {
  return Gather(log, wanted, true, detail);
}

Result<std::vector<Holding>> GatherAt(Log& log, const std::vector<ReadAt>& versions,
                                      const std::vector<model::PartitionKey>& keys) {
  std::vector<SnapshotRequest> requests;
  requests.reserve(versions.size());
  for (const ReadAt& one : versions) {
    requests.push_back({.version = one.version, .only = Unique(keys), .detail = one.detail});
  }
  SALVOR_TRY(std::vector<SnapshotFiles> results, log.FilesAt(std::move(requests)));
  std::vector<Holding> holdings;
  for (SnapshotFiles& result : results) {
    Sorted sorted(std::move(result));
    holdings.push_back(TakeHolding(sorted, keys));
  }
  return holdings;
}

Result<Holding> GatherNow(Log& log, const std::vector<model::PartitionKey>& keys,
                          AddDetail detail) {
  SALVOR_TRY(std::vector<Holding> holdings, GatherAt(log, {{log.Latest(), detail}}, keys));
  return std::move(holdings.front());
}

std::vector<warehouse::Wanted> WantedOf(const model::Plan& plan) {
  std::vector<warehouse::Wanted> wanted;
  for (const model::PlannedPartition* partition : ToRestore(plan)) {
    wanted.push_back({.key = partition->key,
                      .mode = partition->mode,
                      .snapshot = partition->snapshot.version,
                      .event = partition->event});
  }
  return wanted;
}

std::vector<model::PartitionKey> KeysOf(const model::Plan& plan) {
  return KeysOfWanted(WantedOf(plan));
}

std::string DigestFiles(const std::vector<AddFile>& files) {
  std::vector<const AddFile*> order;
  order.reserve(files.size());
  for (const AddFile& file : files) order.push_back(&file);
  return DigestFiles(std::move(order));
}

std::string DigestFiles(std::vector<const AddFile*> order) {
  if (order.empty()) return {};
  std::sort(order.begin(), order.end(), [](const AddFile* a, const AddFile* b) {
    if (a->path != b->path) return a->path < b->path;
    return VectorId(*a) < VectorId(*b);
  });
  Sha256 digest;
  for (const AddFile* file : order) {
    digest.UpdateField(file->path);
    digest.UpdateField(VectorId(*file));
    digest.UpdateField(std::to_string(file->size));
    digest.UpdateField(std::to_string(file->partition_values.size()));
    for (const auto& [name, value] : file->partition_values) {
      digest.UpdateField(name);
      // "" as NULL: plans of before the two were told apart keep their digests.
      digest.UpdateField(value && !value->empty() ? "=" + *value : std::string());
    }
  }
  return digest.FinishHex();
}

model::Tally TallyFiles(const std::vector<AddFile>& files) {
  model::Tally tally;
  for (const AddFile& file : files) {
    ++tally.files;
    tally.bytes += file.size;
    const auto rows = file.LiveRows();
    if (rows) {
      tally.rows += *rows;
    } else {
      ++tally.uncounted;
    }
  }
  return tally;
}

std::set<std::string> LogicalFiles(const std::vector<AddFile>& files) {
  std::set<std::string> keys;
  for (const AddFile& file : files) keys.insert(file.Key());
  return keys;
}

std::vector<AddFile> FilesNotIn(const std::vector<AddFile>& files,
                                const std::vector<AddFile>& others) {
  const std::set<std::string> known = LogicalFiles(others);
  std::vector<AddFile> rest;
  for (const AddFile& file : files) {
    if (known.count(file.Key()) == 0) rest.push_back(file);
  }
  return rest;
}

std::vector<AddFile> FilesToRemove(const Content& content, const std::vector<AddFile>& now) {
  switch (content.mode) {
    case model::Mode::kReplace:
    case model::Mode::kInstead:
      return FilesNotIn(now, content.adds);
    case model::Mode::kInvert:
      return content.taken_out;
    case model::Mode::kAdd:
    case model::Mode::kBeside:
      break;
  }
  return {};
}

std::string TwinRefusal(const LiveFiles& live, const std::vector<AddFile>& adds,
                        const std::vector<AddFile>& now) {
  const std::set<std::string> present = LogicalFiles(now);
  for (const AddFile& file : adds) {
    if (present.contains(file.Key()) || present.contains(KeyOfWhole(file.path))) continue;
    if (live.AnyReaderHas(file))
      return fmt::format(
          "the file {} is read now, in another partition or under another spelling of its path: "
          "its rows would be there twice",
          file.path);
    if (!IsPlainSpelling(file.path) && !TextsOf(live.table_root, file.path).is_uri)
      return fmt::format("the path '{}' is not a URI: Spark could not read the table with it",
                         file.path);
  }
  return {};
}

FileKey KeyOfAdd(const AddFile& file) { return KeyOfFile(file.path, VectorId(file)); }

FileKey KeyOfRemove(const RemoveFile& file) {
  return KeyOfFile(file.path, VectorId(file.deletion_vector));
}

FileKey KeyOfFileMeant(const std::string& table_root, const AddFile& file) {
  return KeyOfFile(TextsOf(table_root, file.path).file, {});
}

model::TableIdentity IdentityOf(const Log& log, const TableHead& head) {
  return {.uri = log.Root(),
          .name = io::BaseName(log.Root()),
          .id = head.metadata.id,
          .engine = "delta"};
}

}  // namespace salvor::delta
