#include "delta/log/checkpoint_adds.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "delta/protocol/deletion_vector.h"

namespace salvor::delta {
namespace {

enum Column : size_t {
  kPath,
  kSize,
  kValues,
  kRow,
  kRecords,
  kStats,
  kStorage,
  kPlace,
  kOffset,
  kVectorSize,
  kCardinality,
  kRowId,
  kRowCommit
};
constexpr size_t kColumns = kRowCommit + 1;

enum class Needs : char { kKeys, kState, kEssentials };

// The columns of an add that this file has, as a statement lists them, and where each stands in the
// list. What the file lacks is not asked for: a million NULLs cost as much as a million numbers.
class AddColumns {
 public:
  AddColumns(const CheckpointFile& file, Needs needs) {
    const std::string add = "\"add\".";
    const std::string vector = add + "deletionVector.";
    const bool parsed = file.columns.contains("add.stats_parsed.numRecords");
    const std::string records = add + "stats_parsed.numRecords";
    const std::string stats = add + "stats";
    Take(kPath, add + "path", "VARCHAR");
    if (needs != Needs::kKeys) {
      Take(kSize, add + "size", "BIGINT");
      Take(kValues, add + "partitionValues", "MAP(VARCHAR, VARCHAR)");
      Take(kRow, "file_row_number", "BIGINT");
      if (parsed) Take(kRecords, records, "BIGINT");
      if (file.columns.contains("add.stats")) {
        Take(kStats, parsed ? "CASE WHEN " + records + " IS NULL THEN " + stats + " END" : stats,
             "VARCHAR");
      }
    }
    if (needs == Needs::kEssentials && file.columns.contains("add.baseRowId") &&
        file.columns.contains("add.defaultRowCommitVersion")) {
      Take(kRowId, add + "baseRowId", "BIGINT");
      Take(kRowCommit, add + "defaultRowCommitVersion", "BIGINT");
    }
    if (file.columns.contains("add.deletionVector.storageType")) {
      Take(kStorage, vector + "storageType", "VARCHAR");
      Take(kPlace, vector + "pathOrInlineDv", "VARCHAR");
      if (file.columns.contains("add.deletionVector.offset")) {
        Take(kOffset, vector + "\"offset\"", "BIGINT");
      }
      Take(kVectorSize, vector + "sizeInBytes", "BIGINT");
      Take(kCardinality, vector + "cardinality", "BIGINT");
    }
  }

  [[nodiscard]] const std::string& List() const { return sql_; }
  [[nodiscard]] std::optional<idx_t> At(Column column) const { return at_.at(column); }

 private:
  void Take(Column column, const std::string& expression, const char* type) {
    if (!sql_.empty()) sql_ += ", ";
    sql_ += "CAST(" + expression + " AS " + type + ")";
    at_.at(column) = next_++;
  }

  std::string sql_;
  std::array<std::optional<idx_t>, kColumns> at_;
  idx_t next_ = 0;
};

// A vector's values, with what they are asked for at hand.
struct View {
  View() = default;
  explicit View(duckdb_vector vector)
      : data(duckdb_vector_get_data(vector)), validity(duckdb_vector_get_validity(vector)) {}

  [[nodiscard]] bool Has(idx_t row) const {
    if (data == nullptr) return false;
    return validity == nullptr || (validity[row / 64] >> (row % 64) & 1U) != 0;
  }
  // "" for NULL, whose bytes may be anything.
  [[nodiscard]] std::string_view Text(idx_t row) const {
    if (!Has(row)) return {};
    return TextOf(static_cast<const duckdb_string_t*>(data)[row]);
  }

  void* data = nullptr;          // nothing: the file has no such column
  uint64_t* validity = nullptr;  // nothing: every row is valid
};

// A map's entries as one key, for looking them up, and as values.
class MapReader {
 public:
  explicit MapReader(duckdb_vector map) : map_(map) {
    duckdb_vector entries = duckdb_list_vector_get_child(map);
    keys_ = View(duckdb_struct_vector_get_child(entries, 0));
    values_ = View(duckdb_struct_vector_get_child(entries, 1));
  }

  uint32_t ValuesId(idx_t row, PartitionValuesCache& values_cache) const {
    constexpr uint64_t kIsMap = 1;
    constexpr uint64_t kIsNull = 2;
    duckdb_list_entry list = {0, 0};
    if (map_.Has(row)) list = static_cast<const duckdb_list_entry*>(map_.data)[row];
    KeyMixer mixer;
    mixer.TakeMark(kIsMap);
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      mixer.Take(keys_.Text(i));
      if (values_.Has(i)) {
        mixer.Take(values_.Text(i));
      } else {
        mixer.TakeMark(kIsNull);
      }
    }
    return values_cache.Of(mixer.Key(), [&] { return Entries(list); });
  }

  [[nodiscard]] PartitionValues Values(idx_t row) const {
    if (!map_.Has(row)) return {};
    PartitionValues values = Entries(static_cast<const duckdb_list_entry*>(map_.data)[row]);
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  [[nodiscard]] PartitionValues Entries(const duckdb_list_entry& list) const {
    PartitionValues values;
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      std::optional<std::string> value;
      if (values_.Has(i)) value = std::string(values_.Text(i));
      values.emplace_back(std::string(keys_.Text(i)), std::move(value));
    }
    return values;
  }

  View map_;
  View keys_;
  View values_;
};

class Rows {
 public:
  Rows(duckdb_data_chunk chunk, const AddColumns& columns)
      : count_(duckdb_data_chunk_get_size(chunk)) {
    if (const auto values = columns.At(kValues))
      values_.emplace(duckdb_data_chunk_get_vector(chunk, *values));
    for (size_t column = 0; column < kColumns; ++column)
      if (const auto at = columns.At(static_cast<Column>(column)))
        views_.at(column) = View(duckdb_data_chunk_get_vector(chunk, *at));
  }

  [[nodiscard]] idx_t Count() const { return count_; }
  [[nodiscard]] const MapReader& Values() const { return *values_; }
  [[nodiscard]] std::optional<int64_t> Number(Column column, idx_t row) const {
    const View& view = views_[column];
    if (!view.Has(row)) return std::nullopt;
    return static_cast<const int64_t*>(view.data)[row];
  }
  [[nodiscard]] std::optional<std::string_view> Text(Column column, idx_t row) const {
    const View& view = views_[column];
    if (!view.Has(row)) return std::nullopt;
    return view.Text(row);
  }

 private:
  idx_t count_;
  std::optional<MapReader> values_;
  std::array<View, kColumns> views_;
};

Result<std::optional<DeletionVector>> VectorOf(const Rows& rows, idx_t row) {
  const auto storage = rows.Text(kStorage, row);
  if (!storage) return std::nullopt;
  nlohmann::json object = {{"storageType", *storage}};
  if (const auto place = rows.Text(kPlace, row)) object["pathOrInlineDv"] = *place;
  if (const auto offset = rows.Number(kOffset, row)) object["offset"] = *offset;
  if (const auto size = rows.Number(kVectorSize, row)) object["sizeInBytes"] = *size;
  if (const auto cardinality = rows.Number(kCardinality, row)) object["cardinality"] = *cardinality;
  SALVOR_TRY(DeletionVector vector, ParseDeletionVector(object));
  return vector;
}

int64_t RecordsOf(const Rows& rows, idx_t row) {
  if (const auto records = rows.Number(kRecords, row))
    return *records >= 0 ? *records : kUnknownRecords;
  const auto stats = rows.Text(kStats, row);
  return stats ? RecordsOfStats(*stats) : kUnknownRecords;
}

// The same, whatever else the vector says.
std::string VectorIdAlone(const Rows& rows, idx_t row) {
  const auto storage = rows.Text(kStorage, row);
  if (!storage) return {};
  DeletionVector vector;
  vector.storage_type = *storage;
  vector.path_or_inline = rows.Text(kPlace, row).value_or("");
  if (const auto offset = rows.Number(kOffset, row)) vector.offset = static_cast<int32_t>(*offset);
  return vector.UniqueId();
}

Status TakeRow(const Rows& rows, idx_t row, uint32_t values_id, const std::string& root,
               ScannedLines& into) {
  FileAction file;
  file.is_add = true;
  file.values_id = values_id;
  const std::string_view path = rows.Text(kPath, row).value_or("");
  const std::optional<int64_t> size = rows.Number(kSize, row);
  if (path.empty()) return Fail(Code::kCorrupt, "an added file without a valid 'path'");
  file.size = size.value_or(0);
  file.bad_size = !size || *size <= 0;
  file.place = rows.Number(kRow, row).value_or(0);
  file.records = RecordsOf(rows, row);
  SALVOR_TRY(const std::optional<DeletionVector> vector, VectorOf(rows, row));
  LoggedVector logged;
  if (vector) {
    file.cardinality = vector->cardinality;
    logged = {vector->UniqueId(), PlaceOfVector(root, *vector), VectorEnd(*vector)};
  }
  TakeFile(root, path, logged, file, into);
  return Done{};
}

Result<AddFile> EssentialAdd(const Rows& rows, idx_t row) {
  AddFile file;
  file.path = rows.Text(kPath, row).value_or("");
  if (file.path.empty()) return Fail(Code::kCorrupt, "a file action without 'path'");
  file.partition_values = rows.Values().Values(row);
  file.size = std::max<int64_t>(0, rows.Number(kSize, row).value_or(0));
  file.has_row_ids = rows.Number(kRowId, row) && rows.Number(kRowCommit, row);
  SALVOR_TRY(std::optional<DeletionVector> vector, VectorOf(rows, row));
  const int64_t deleted = vector ? vector->cardinality : 0;
  if (const int64_t records = RecordsOf(rows, row); records >= deleted) file.num_records = records;
  if (vector) file.deletion_vector = std::make_shared<const DeletionVector>(*std::move(vector));
  return file;
}

// What one thread needs while it reads a chunk, kept for the next one.
struct Worker {
  explicit Worker(PartitionValuesPool& shared) : values_cache(shared) {}

  Status Read(const Rows& rows, const std::string& root) {
    lines.files.clear();
    lines.uncounted.clear();
    lines.odd.clear();
    lines.placed.clear();
    lines.files.reserve(rows.Count());
    for (idx_t row = 0; row < rows.Count(); ++row) {
      if (!rows.Text(kPath, row)) continue;
      SALVOR_OK(TakeRow(rows, row, rows.Values().ValuesId(row, values_cache), root, lines));
    }
    return Done{};
  }

  PartitionValuesCache values_cache;
  ScannedLines lines;
};

// As many workers as threads have asked at once.
class Workers {
 public:
  explicit Workers(PartitionValuesPool& pool) : pool_(pool) {}

  class Lease {
   public:
    explicit Lease(Workers& from) : from_(from), worker_(from.Take()) {}
    ~Lease() { from_.PutBack(std::move(worker_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Worker* operator->() const { return worker_.get(); }

   private:
    Workers& from_;
    std::unique_ptr<Worker> worker_;
  };

 private:
  std::unique_ptr<Worker> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Worker>(pool_);
    std::unique_ptr<Worker> worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
  }
  void PutBack(std::unique_ptr<Worker> worker) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(worker));
  }

  PartitionValuesPool& pool_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

}  // namespace

Status StreamCheckpointAdds(Duck& duck, const CheckpointFile& file, const std::string& table_root,
                            PartitionValuesPool& pool,
                            const std::function<Status(ScannedLines&)>& take) {
  if (!file.columns.contains("add.path")) return Done{};
  if (!file.columns.contains("add.size") || !file.columns.contains("add.partitionValues"))
    return Fail(Code::kCorrupt, "a checkpoint whose adds lack a required field", file.path);
  const AddColumns columns(file, Needs::kState);
  Workers workers(pool);
  std::mutex taking;
  // Rows without an add are skipped by hand: what a WHERE lets through is copied, text and all.
  const std::string from = "read_parquet(" + file.quoted + ", file_row_number = true)";
  const Status scanned = duck.Scan(columns.List(), from, [&](duckdb_data_chunk chunk) -> Status {
    const Workers::Lease worker(workers);
    SALVOR_OK(worker->Read(Rows(chunk, columns), table_root));
    if (worker->lines.files.empty()) return Done{};
    const std::lock_guard lock(taking);
    return take(worker->lines);
  });
  if (!scanned) return Fail(Error(scanned.error()).At(file.path));
  return Done{};
}

Status StreamEssentialAdds(Duck& duck, const CheckpointFile& file, const std::string& filter,
                           const std::function<Status(int64_t, const MakeEssentialAdd&)>& take) {
  const AddColumns columns(file, Needs::kEssentials);
  const std::string from =
      "read_parquet(" + file.quoted + ", file_row_number = true) WHERE " + filter;
  const Status scanned = duck.Scan(columns.List(), from, [&](duckdb_data_chunk chunk) -> Status {
    const Rows rows(chunk, columns);
    for (idx_t row = 0; row < rows.Count(); ++row) {
      if (!rows.Text(kPath, row)) continue;
      SALVOR_OK(take(*rows.Number(kRow, row), [&] { return EssentialAdd(rows, row); }));
    }
    return Done{};
  });
  if (!scanned) return Fail(Error(scanned.error()).At(file.path));
  return Done{};
}

Result<KeySum> SumCheckpointKeys(Duck& duck, const CheckpointFile& file) {
  KeySum total;
  if (!file.columns.contains("add.path")) return total;
  const AddColumns columns(file, Needs::kKeys);
  std::mutex adding;
  const std::string from = "read_parquet(" + file.quoted + ")";
  const Status scanned = duck.Scan(columns.List(), from, [&](duckdb_data_chunk chunk) -> Status {
    const Rows rows(chunk, columns);
    KeySum sum;
    for (idx_t row = 0; row < rows.Count(); ++row) {
      const auto path = rows.Text(kPath, row);
      if (!path) continue;
      sum.Take(KeyOfFile(*path, VectorIdAlone(rows, row)));
    }
    const std::lock_guard lock(adding);
    total.Take(sum);
    return Done{};
  });
  if (!scanned) return Fail(Error(scanned.error()).At(file.path));
  return total;
}

}  // namespace salvor::delta
