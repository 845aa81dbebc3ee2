#include "delta/table/partition_doubts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace salvor::delta {
namespace {

using Kind = ReaderView::Kind;
using model::ColumnType;
using model::PartitionKey;
using model::PartitionRecord;

bool IsAsItWas(const PartitionRecord& record) {
  return !record.emptied && !record.replaced && !record.content_differs;
}

std::string Quoted(std::string_view text) { return fmt::format("'{}'", text); }

std::string Quoted(const std::set<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + Quoted(text);
  return list;
}

std::string Read(const ReaderView& view) {
  return view.kind == Kind::kNull ? "NULL" : Quoted(view.text);
}

struct KeyMismatch {
  std::set<std::string> foreign;  // keys that are not partition columns
  std::set<std::string> missing;  // partition columns without a key

  [[nodiscard]] bool None() const { return foreign.empty() && missing.empty(); }
};

KeyMismatch Mismatch(const std::vector<std::string>& columns, const PartitionValues& values) {
  KeyMismatch mismatch;
  for (const auto& [name, value] : values)
    if (std::find(columns.begin(), columns.end(), name) == columns.end())
      mismatch.foreign.insert(name);
  for (const std::string& column : columns) {
    const auto is_it = [&column](const auto& value) { return value.first == column; };
    if (std::none_of(values.begin(), values.end(), is_it)) mismatch.missing.insert(column);
  }
  return mismatch;
}

std::string Describe(const KeyMismatch& mismatch) {
  if (mismatch.foreign.empty())
    return fmt::format("files have no value for {}, which every reader takes for NULL",
                       Quoted(mismatch.missing));
  if (mismatch.missing.empty())
    return fmt::format(
        "files have values for {}, which is not a partition column: delta-rs cannot "
        "open the table, Spark and DuckDB leave them out of account",
        Quoted(mismatch.foreign));
  return fmt::format(
      "files have values for {}, which is not a partition column, and none for {}: "
      "Spark and DuckDB read NULL, delta-rs cannot open the table",
      Quoted(mismatch.foreign), Quoted(mismatch.missing));
}

// Who reads what.
std::string Describe(const PartitionValue& value, const std::string& column,
                     const std::string& logged) {
  const std::string what = fmt::format("the value of '{}' is spelled '{}'", column, logged);
  if (value.BreaksReaders()) {
    const std::string who = value.spark.kind == Kind::kNull
                                ? "Spark reads NULL"
                                : "only Spark reads this, as " + Quoted(value.spark.text);
    return fmt::format(
        "{}: {}, and DuckDB and delta-rs cannot open the table while a file with it "
        "is live",
        what, who);
  }
  return fmt::format("{}: Spark reads {}, DuckDB {}, delta-rs {}", what, Read(value.spark),
                     Read(value.kernel), Read(value.delta_rs));
}

}  // namespace

PartitionDoubts::PartitionDoubts(const TableHead& head,
                                 const std::set<std::vector<std::string>>& keys_in_time,
                                 model::Inventory& inventory)
    : head_(head),
      keys_in_time_(keys_in_time),
      inventory_(inventory),
      zones_(head.columns.size()) {}

bool PartitionDoubts::IsSuspect(const PartitionValues& values) const {
  if (!Mismatch(head_.physical_partition_columns, values).None()) return true;
  for (size_t i = 0; i < head_.columns.size(); ++i) {
    const PartitionValue value = ValueOf(head_, i, values);
    if (!value.IsAgreed() || value.negative_zero || value.positive_zero || value.with_zone ||
        value.without_zone)
      return true;
  }
  return false;
}

void PartitionDoubts::Take(const PartitionValues& values, size_t index, bool live) {
  if (!live && IsAsItWas(inventory_.partitions[index])) return;
  TakeKeys(values, index, live);
  for (size_t i = 0; i < head_.columns.size(); ++i) {
    for (const auto& [name, value] : values)
      if (value && name == head_.physical_partition_columns[i]) TakeValue(*value, i, index, live);
  }
}

void PartitionDoubts::TakeKeys(const PartitionValues& values, size_t index, bool live) {
  const KeyMismatch mismatch = Mismatch(head_.physical_partition_columns, values);
  if (mismatch.None()) return;
  // What is gone was read under the head of its time.
  const auto fits = [&values](const auto& keys) { return Mismatch(keys, values).None(); };
  if (!live && std::any_of(keys_in_time_.begin(), keys_in_time_.end(), fits)) return;
  Doubt(index, Describe(mismatch), false);
  if (live) foreign_keys_.insert(mismatch.foreign.begin(), mismatch.foreign.end());
}

void PartitionDoubts::TakeValue(const std::string& logged, size_t column, size_t index, bool live) {
  const PartitionValue value = ReadPartitionValue(head_.partition_types[column], logged);
  const std::string& name = head_.columns[column].name;
  zones_[column].Take(value);
  if (value.negative_zero || value.positive_zero) {
    Zeros& zeros = zeros_[index];
    zeros.negative = zeros.negative || value.negative_zero;
    zeros.positive = zeros.positive || value.positive_zero;
  }
  if (value.IsAgreed()) return;
  const bool somebody_reads = value.spark.kind == Kind::kValue || !value.BreaksReaders();
  Doubt(index, Describe(value, name, logged), somebody_reads);
  if (!live) return;
  if (value.BreaksReaders()) breaking_.insert(fmt::format("{} = '{}'", name, logged));
  TellElsewhere("Spark", value.spark, logged, column, index);
  TellElsewhere("DuckDB", value.kernel, logged, column, index);
}

// A reader counts the partition's rows to another one.
void PartitionDoubts::TellElsewhere(const std::string& reader, const ReaderView& view,
                                    const std::string& logged, size_t column, size_t index) {
  if (view.kind == Kind::kError) return;
  PartitionKey key = inventory_.partitions[index].key;
  auto& value = key.values[column];
  const std::optional<std::string> seen =
      view.kind == Kind::kNull ? std::nullopt : std::optional(view.text);
  if (value == seen) return;
  value = seen;
  const auto other = Find(key);
  if (!other) return;
  Doubt(*other,
        fmt::format("{} reads files here whose value of '{}' is spelled '{}', which others do not",
                    reader, head_.columns[column].name, logged),
        true);
}

void PartitionDoubts::Doubt(size_t index, std::string text, bool may_choose) {
  model::Doubt doubt{std::move(text), may_choose};
  auto& doubts = inventory_.partitions[index].doubts;
  if (std::find(doubts.begin(), doubts.end(), doubt) == doubts.end())
    doubts.push_back(std::move(doubt));
}

std::optional<size_t> PartitionDoubts::Find(const PartitionKey& key) {
  if (index_.empty())
    for (size_t i = 0; i < inventory_.partitions.size(); ++i)
      index_.emplace(EncodeKey(inventory_.partitions[i].key), i);
  const auto found = index_.find(EncodeKey(key));
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

// DuckDB writes NULL as '' and reads '' as NULL; Spark writes '' as NULL. So rows of the one may
// stand in the other.
void PartitionDoubts::TellNullsAndEmpties() {
  for (size_t i = 0; i < head_.columns.size(); ++i) {
    if (head_.columns[i].type != ColumnType::kString) continue;
    for (size_t at = 0; at < inventory_.partitions.size(); ++at) {
      if (inventory_.partitions[at].key.values[i] != "") continue;
      PartitionKey key = inventory_.partitions[at].key;
      key.values[i].reset();
      const auto null = Find(key);
      if (!null) continue;
      const std::string text = fmt::format(
          "both '' and NULL occur in '{}': Spark and delta-rs tell them apart, DuckDB reads both "
          "as NULL, and rows of the one may have been written as the other",
          head_.columns[i].name);
      Doubt(at, text, true);
      Doubt(*null, text, true);
    }
  }
}

void PartitionDoubts::TellZones() {
  for (size_t i = 0; i < zones_.size(); ++i) {
    const std::string& name = head_.columns[i].name;
    if (!zones_[i].without_zone) continue;
    if (!zones_[i].Mixed()) {
      inventory_.notes.push_back(
          fmt::format("column {}: partition timestamps name no zone; they are read as UTC", name));
      continue;
    }
    const std::string text = fmt::format(
        "column {}: some partition timestamps name a zone and some do not; those without are read "
        "as UTC, and Spark reads them in its session's zone, so they may mean another partition "
        "than they seem to",
        name);
    inventory_.notes.push_back(text);
    for (size_t at = 0; at < inventory_.partitions.size(); ++at)
      if (!IsAsItWas(inventory_.partitions[at])) Doubt(at, text, false);
  }
}

void PartitionDoubts::Tell() {
  for (const auto& [index, zeros] : zeros_) {
    if (!zeros.negative || !zeros.positive) continue;
    Doubt(index, "its value is spelled as 0.0 and as -0.0: one value for Spark, two for delta-rs",
          true);
  }
  TellNullsAndEmpties();
  TellZones();
  if (!breaking_.empty())
    inventory_.notes.push_back(fmt::format(
        "DuckDB and delta-rs cannot read this table at all: {} of its partitions' "
        "values as only Spark takes them, the first: {}",
        Plural(static_cast<int64_t>(breaking_.size()), "spelling"), *breaking_.begin()));
  if (foreign_keys_.empty()) return;
  const std::string text = fmt::format(
      "live files have partition values for {}, which is not a partition column: delta-rs "
      "cannot open the table, and what they hold may belong to any partition",
      Quoted(foreign_keys_));
  for (size_t at = 0; at < inventory_.partitions.size(); ++at) Doubt(at, text, false);
}

void AddPartitionDoubts(const TableHead& head, const PartitionValuesPool& pool, History& history,
                        const std::vector<Partition*>& lived, model::Inventory& inventory) {
  PartitionDoubts doubts(head, history.KeysInTime(), inventory);
  std::vector<std::pair<uint32_t, uint32_t>> suspects;  // values id, partition
  for (uint32_t values_id = 0; values_id < pool.Count(); ++values_id) {
    const auto partition = history.KnownPartitionOf(values_id);
    if (partition && doubts.IsSuspect(pool.Values(values_id)))
      suspects.emplace_back(values_id, *partition);
  }
  if (!suspects.empty()) {
    std::vector<bool> live(pool.Count());
    history.Live().Each([&live](const LiveFile& file) { live[file.values_id] = true; });
    std::map<const Partition*, size_t> index;
    for (size_t i = 0; i < lived.size(); ++i) index.emplace(lived[i], i);
    for (const auto& [values_id, partition] : suspects) {
      const auto at = index.find(&history.Partitions()[partition]);
      if (at != index.end()) doubts.Take(pool.Values(values_id), at->second, live[values_id]);
    }
  }
  doubts.Tell();
}

std::string KeysRefusal(const TableHead& head, const std::vector<AddFile>& adds) {
  for (const AddFile& file : adds) {
    const KeyMismatch mismatch = Mismatch(head.physical_partition_columns, file.partition_values);
    if (!mismatch.None()) return Describe(mismatch) + fmt::format("; the first is {}", file.path);
  }
  return {};
}

}  // namespace salvor::delta
