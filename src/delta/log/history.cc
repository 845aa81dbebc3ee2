#include "delta/log/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "delta/protocol/table_head.h"

namespace salvor::delta {
namespace {

bool Sum(int64_t& into, int64_t number) { return !__builtin_add_overflow(into, number, &into); }

auto TooLarge() {
  return Fail(Code::kCorrupt, "sizes or row counts in the log add up to more than 64 bits hold");
}

bool AddTo(PartitionContents& content, const PartitionContents& delta) {
  content.signature += delta.signature;
  content.identity += delta.identity;
  return Sum(content.tally.rows, delta.tally.rows) && Sum(content.tally.bytes, delta.tally.bytes) &&
         Sum(content.tally.files, delta.tally.files) &&
         Sum(content.tally.uncounted, delta.tally.uncounted);
}

bool IsCounted(const PartitionContents& content) { return content.tally.uncounted == 0; }

bool HasAge(const TableHead& head) {
  using model::ColumnType;
  if (head.columns.size() != 1) return false;
  const ColumnType type = head.columns[0].type;
  return type == ColumnType::kDate || type == ColumnType::kInteger ||
         type == ColumnType::kTimestamp || type == ColumnType::kTimestampNtz;
}

}  // namespace

std::string EncodeKey(const model::PartitionKey& key) {
  std::string text;
  for (const auto& value : key.values)
    text += value ? fmt::format("{}:{}", value->size(), *value) : "-";
  return text;
}

History::History(const PartitionValuesPool& pool, std::optional<int64_t> changes_from)
    : pool_(pool), changes_from_(changes_from) {}

bool History::ByAge::operator()(uint32_t a, uint32_t b) const {
  return model::CompareValues(type, (*partitions)[a].key.values[0],
                              (*partitions)[b].key.values[0]) == std::strong_ordering::less;
}

History::Touch& History::TouchOf(uint32_t values_id) {
  if (values_id >= touch_of_values_.size()) touch_of_values_.resize(values_id + size_t{1}, -1);
  int32_t& number = touch_of_values_[values_id];
  if (number < 0) {
    number = static_cast<int32_t>(touches_.size());
    touches_.push_back({values_id, {}, 0, 0});
  }
  return touches_[static_cast<size_t>(number)];
}

Status History::Shift(Touch& touch, const LiveFile& file, int sign) {
  PartitionContents& delta = touch.delta;
  delta.signature += sign > 0 ? file.Signature() : -file.Signature();
  delta.identity += sign > 0 ? file.Identity() : -file.Identity();
  delta.tally.files += sign;
  if (file.records < 0) delta.tally.uncounted += sign;
  if (!Sum(delta.tally.rows, sign * file.Rows()) || !Sum(delta.tally.bytes, sign * file.size))
    return TooLarge();
  return Done{};
}

Status History::Add(const FileAction& action, uint32_t source, const OddPath* odd) {
  if (odd != nullptr || !readings_.IsEmpty()) readings_.Add(action, odd, live_);
  vectored_.TakeWhole(action);
  if (!removed_keys_.empty()) added_after_.push_back(action.key);
  if (action.bad_size || action.bad_vector) DoubtNumbers(action);
  ++files_added_;
  const auto [file, is_new] = live_.Place(action.key);
  if (!is_new) {
    // Within one file of the log the later place wins, in whatever order the two were read.
    if (file->source == source && file->place > action.place) return Done{};
    const bool differs = file->size != action.size || file->values_id != action.values_id;
    if (file->source == source && differs) {
      readings_.Contest(action.key, file->values_id, file->Rows());
      readings_.Contest(action.key, action.values_id, file->Rows());
    }
    SALVOR_OK(Shift(TouchOf(file->values_id), *file, -1));
  }
  *file = {action.key,   action.size, action.records,  action.cardinality,
           action.place, source,      action.values_id};
  return Shift(TouchOf(file->values_id), *file, 1);
}

void History::Expect(int64_t files) {
  // Room for more is made as they come: a footer may say anything.
  constexpr int64_t kMaxExpected = 4'000'000;
  live_.Reserve(live_.Size() + static_cast<size_t>(std::clamp<int64_t>(files, 0, kMaxExpected)));
}

Status History::Remove(const FileAction& action, uint32_t source, const OddPath* odd) {
  if (odd != nullptr || !readings_.IsEmpty()) readings_.Remove(action, odd, live_);
  vectored_.TakeWhole(action);
  removed_keys_.push_back(action.key);
  const LiveFile* known = live_.Find(action.key);
  if (known == nullptr) return Done{};
  if (known->source == source) readings_.Contest(action.key, known->values_id, known->Rows());
  return TakeOut(LiveFile(*known), {source, action.place, action.key, known->size},
                 action.data_change, action.deletion_timestamp);
}

Status History::Drop(const LiveFile& file, RemovedFile removed) {
  return TakeOut(file, removed, true, 0);
}

Status History::TakeOut(const LiveFile& file, RemovedFile removed, bool data_change,
                        int64_t deletion_timestamp) {
  Touch& touch = TouchOf(file.values_id);
  SALVOR_OK(Shift(touch, file, -1));
  ++touch.files_removed;
  if (data_change) ++touch.data_removed;
  if (watching_) removals_.push_back({file.values_id, removed, deletion_timestamp});
  live_.Erase(file.key);
  return Done{};
}

void History::SetHead(TableHead head) {
  if (!head_.metadata.id.empty() || !partitions_.empty())
    repartition_ = repartition_ || !SamePartitioning(head_, head);
  head_ = std::move(head);
  keys_.insert(head_.physical_partition_columns);
}

Result<uint32_t> History::PartitionOfKey(model::PartitionKey key) {
  const auto [at, is_new] =
      partition_numbers_.try_emplace(EncodeKey(key), static_cast<uint32_t>(partitions_.size()));
  if (is_new) {
    partitions_.emplace_back();
    partitions_.back().key = std::move(key);
  }
  return at->second;
}

Result<uint32_t> History::PartitionOf(uint32_t values_id) {
  if (values_id >= partition_of_values_.size())
    partition_of_values_.resize(values_id + size_t{1}, -1);
  int64_t& number = partition_of_values_[values_id];
  if (number < 0) {
    SALVOR_TRY(number, PartitionOfKey(KeyOf(head_, pool_.Values(values_id))));
  }
  return static_cast<uint32_t>(number);
}

std::optional<uint32_t> History::KnownPartitionOf(uint32_t values_id) const {
  if (values_id >= partition_of_values_.size() || partition_of_values_[values_id] < 0)
    return std::nullopt;
  return static_cast<uint32_t>(partition_of_values_[values_id]);
}

// Several texts of values may mean one partition. Adds the deltas to the partitions' contents.
Result<std::vector<History::PartitionDelta>> History::Combine() {
  std::vector<PartitionDelta> deltas;
  std::unordered_map<uint32_t, size_t> seen;
  for (const Touch& touch : touches_) {
    SALVOR_TRY(const uint32_t partition, PartitionOf(touch.values_id));
    const auto [at, is_new] = seen.try_emplace(partition, deltas.size());
    if (is_new) deltas.push_back({partition, partitions_[partition].content, {}, 0, 0});
    PartitionDelta& delta = deltas[at->second];
    if (!AddTo(delta.delta, touch.delta) || !AddTo(partitions_[partition].content, touch.delta))
      return TooLarge();
    delta.files_removed += touch.files_removed;
    delta.data_removed += touch.data_removed;
  }
  return deltas;
}

void History::Forget() {
  for (const Touch& touch : touches_) touch_of_values_[touch.values_id] = -1;
  touches_.clear();
  removals_.clear();
  files_added_ = 0;
}

void History::DoubtNumbers(const FileAction& action) {
  if (!watching_) {
    faulty_.push_back(action);
    return;
  }
  doubts_.Raise(DoubtKind::kNumbers, action.key, action.values_id,
                {action.bad_size ? "a file without a valid size in the log: Spark may read fewer "
                                   "rows of it than it has, and others fail"
                                 : "a file whose deletion vector deletes more rows than the log "
                                   "counts in it: nobody can tell how many are left",
                 true});
}

// Removed first, then added: who takes the first action has it not.
void History::ContestReAdded() {
  if (!added_after_.empty()) {
    const auto less = [](const FileKey& a, const FileKey& b) {
      return a.low != b.low ? a.low < b.low : a.high < b.high;
    };
    std::sort(removed_keys_.begin(), removed_keys_.end(), less);
    for (const FileKey& key : added_after_) {
      if (!std::binary_search(removed_keys_.begin(), removed_keys_.end(), key, less)) continue;
      const LiveFile* file = live_.Find(key);
      if (file != nullptr) readings_.Contest(key, file->values_id, file->Rows());
    }
  }
  removed_keys_.clear();
  added_after_.clear();
}

// No partition of before is one of those after, so that what fell is told of all together.
model::Event History::RepartitionEvent(const CommitFacts& commit) const {
  model::Event event;
  event.version = commit.version;
  event.at = commit.at;
  event.operation = commit.operation;
  event.who = commit.who;
  event.by_salvor = commit.by_salvor;
  event.files_added = files_added_;
  event.repartitions = true;
  EventTraits traits{commit.operation, commit.by_salvor, files_added_ > 0, true, false, false};
  std::set<int64_t> left;
  for (const Touch& touch : touches_) {
    event.files_removed += touch.files_removed;
    if (touch.data_removed > 0) traits.all_without_data_change = false;
    // Of values that are new, it removed only what it added itself.
    const bool known = touch.values_id < partition_of_values_.size();
    if (touch.files_removed > 0 && known) left.insert(partition_of_values_[touch.values_id]);
  }
  event.partitions = event.emptied = static_cast<int64_t>(left.size());
  event.rows_removed = CountRows();
  event.kind = KindOf(traits);
  return event;
}

int64_t History::CountRows() const {
  int64_t rows = 0;
  for (const Partition& partition : partitions_) rows += partition.content.tally.rows;
  return rows;
}

Status History::Repartition(const CommitFacts& commit) {
  repartition_ = false;
  model::Event event = RepartitionEvent(commit);
  partitions_.clear();
  partition_numbers_.clear();
  partition_of_values_.clear();
  keys_ = {head_.physical_partition_columns};
  alive_by_age_.reset();
  Forget();
  Status outcome = Done{};
  live_.Each([&](const LiveFile& file) {
    if (outcome) outcome = Shift(TouchOf(file.values_id), file, 1);
  });
  SALVOR_OK(outcome);
  auto combined = Combine();
  Forget();
  if (!combined) return Fail(std::move(combined).error());
  if (!watching_) return Done{};
  event.rows_removed = std::max<int64_t>(0, event.rows_removed - CountRows());
  if (event.files_removed > 0) events_.push_back(std::move(event));
  repartitioned_ = commit.version;
  return Watch(commit.version);
}

Status History::EndCommit(const CommitFacts& commit) {
  ContestReAdded();
  readings_.EndCommit(commit.version, watching_ ? &doubts_ : nullptr);
  vectored_.EndCommit(commit.version, live_, watching_ ? &doubts_ : nullptr);
  if (repartition_) return Repartition(commit);
  auto deltas = Combine();
  if (!deltas) return Fail(std::move(deltas).error().At(fmt::format("version {}", commit.version)));
  if (watching_) {
    Record(commit, *deltas);
    KeepLost(*deltas);
  }
  Forget();
  return Done{};
}

Status History::Watch(int64_t version) {
  watching_ = true;
  for (const FileAction& action : faulty_)
    if (live_.Find(action.key) != nullptr) DoubtNumbers(action);
  faulty_.clear();
  readings_.TellAll(version, doubts_);
  vectored_.TellAll(version, live_, doubts_);
  // An unpartitioned table has its one partition even before the first file.
  if (head_.columns.empty()) SALVOR_OK(PartitionOfKey({}));
  for (Partition& partition : partitions_) partition.history.Begin(version, partition.content);
  return Done{};
}

void History::Record(const CommitFacts& commit, const std::vector<PartitionDelta>& deltas) {
  model::Event event;
  EventTraits traits;
  int64_t data_removed = 0;
  for (const PartitionDelta& delta : deltas) {
    event.files_removed += delta.files_removed;
    data_removed += delta.data_removed;
  }
  traits.operation = commit.operation;
  traits.by_salvor = commit.by_salvor;
  traits.adds = files_added_ > 0;
  traits.all_without_data_change = data_removed == 0;
  const bool says_upkeep = traits.all_without_data_change || IsUpkeep(commit.operation);
  for (const PartitionDelta& delta : deltas) {
    Partition& partition = partitions_[delta.partition];
    const PartitionContents& after = partition.content;
    const bool emptied = delta.before.HasRows() && !after.HasRows();
    const int64_t fewer = delta.before.tally.rows - after.tally.rows;
    if (fewer > 0 || emptied) {
      ++event.partitions;
      event.rows_removed += std::max<int64_t>(0, fewer);
      if (emptied || (IsCounted(delta.before) && IsCounted(after))) traits.rows_fell = true;
    }
    if (emptied) {
      ++event.emptied;
      if (delta.data_removed == 0) traits.emptied_without_data_change = true;
    }
    if (changes_from_ && commit.version >= *changes_from_ && (delta.files_removed > 0 || fewer > 0))
      event.changes.push_back(
          {partition.key, delta.before.tally.rows, after.tally.rows, delta.files_removed});
    PartitionChange change{commit.version, after};
    change.removed = delta.files_removed > 0;
    change.upkeep = says_upkeep || delta.data_removed == 0;
    change.replaced_all = change.removed && !change.upkeep && !CarriesRowsOver(commit.operation) &&
                          delta.files_removed >= delta.before.tally.files;
    change.puts_back = commit.by_salvor || PutsBack(commit.operation);
    if (partition.history.Advance(change)) writers_.try_emplace(commit.version, commit);
  }
  TrackAge(deltas, &event);
  if (event.files_removed == 0) return;
  event.version = commit.version;
  event.at = commit.at;
  event.operation = commit.operation;
  event.who = commit.who;
  event.by_salvor = commit.by_salvor;
  event.files_added = files_added_;
  event.kind = KindOf(traits);
  std::sort(event.changes.begin(), event.changes.end(), [this](const auto& a, const auto& b) {
    return CompareKeys(head_.columns, a.key, b.key) == std::strong_ordering::less;
  });
  events_.push_back(std::move(event));
}

const CommitFacts* History::WriterOf(int64_t version) const {
  const auto found = writers_.find(version);
  return found == writers_.end() ? nullptr : &found->second;
}

// The removed files are kept for partitions that are empty from now on; those that had no rows
// before have theirs already.
void History::KeepLost(const std::vector<PartitionDelta>& deltas) {
  std::unordered_map<uint32_t, bool> emptied;
  for (const PartitionDelta& delta : deltas) {
    Partition& partition = partitions_[delta.partition];
    if (delta.files_removed == 0 || !delta.before.HasRows() || partition.content.HasRows())
      continue;
    partition.history.lost.clear();
    emptied.emplace(delta.partition, true);
  }
  if (emptied.empty()) return;
  for (const Removal& removal : removals_) {
    const auto number = partition_of_values_[removal.values_id];
    if (!emptied.contains(static_cast<uint32_t>(number))) continue;
    PartitionHistory& history = partitions_[static_cast<size_t>(number)].history;
    if (history.lost.empty() || removal.deletion_timestamp < history.earliest_deletion)
      history.earliest_deletion = removal.deletion_timestamp;
    history.lost.push_back(removal.file);
  }
}

// Partitions by age are kept from the first emptying on. NULL has no age.
void History::TrackAge(const std::vector<PartitionDelta>& deltas, model::Event* event) {
  if (!HasAge(head_) || (!alive_by_age_ && event->emptied == 0)) return;
  if (!alive_by_age_) {
    alive_by_age_.emplace(ByAge{&partitions_, head_.columns[0].type});
    for (uint32_t i = 0; i < partitions_.size(); ++i)
      if (partitions_[i].content.HasRows() && partitions_[i].key.values[0])
        alive_by_age_->insert(i);
  }
  bool oldest = event->emptied > 0;
  std::vector<uint32_t> emptied;
  for (const PartitionDelta& delta : deltas) {
    const Partition& partition = partitions_[delta.partition];
    const bool has_age = partition.key.values[0].has_value();
    if (partition.content.HasRows()) {
      if (has_age) alive_by_age_->insert(delta.partition);
    } else if (delta.before.HasRows()) {
      if (has_age) alive_by_age_->erase(delta.partition);
      oldest = oldest && has_age;
      emptied.push_back(delta.partition);
    }
  }
  if (!oldest || alive_by_age_->empty()) return;
  const ByAge younger{&partitions_, head_.columns[0].type};
  event->takes_oldest = std::all_of(emptied.begin(), emptied.end(), [&](uint32_t number) {
    return younger(number, *alive_by_age_->begin());
  });
}

}  // namespace salvor::delta
