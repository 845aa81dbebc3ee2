#include "delta/log_base.h"

#include <array>
#include <optional>
#include <utility>

#include "delta/duck_path.h"
#include "delta/log_json.h"

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
  kCardinality
};
constexpr size_t kColumns = kCardinality + 1;

// The columns of an add that this file has, as a statement, and where each stands in its result.
// What the file lacks is not asked for: a million NULLs cost as much as a million numbers.
class AddColumns {
 public:
  explicit AddColumns(const CheckpointFile& file) {
    const std::string add = "\"add\".";
    const std::string vector = add + "deletionVector.";
    const bool parsed = file.columns.contains("add.stats_parsed.numRecords");
    const std::string records = add + "stats_parsed.numRecords";
    const std::string stats = add + "stats";
    Take(kPath, add + "path", "VARCHAR");
    Take(kSize, add + "size", "BIGINT");
    Take(kValues, add + "partitionValues", "MAP(VARCHAR, VARCHAR)");
    Take(kRow, "file_row_number", "BIGINT");
    if (parsed) Take(kRecords, records, "BIGINT");
    if (file.columns.contains("add.stats")) {
      Take(kStats, parsed ? "CASE WHEN " + records + " IS NULL THEN " + stats + " END" : stats,
           "VARCHAR");
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
    sql_ = "SELECT " + sql_ + " FROM read_parquet(" + QuotePath(file.path) +
           ", file_row_number = true) WHERE \"add\".path IS NOT NULL";
  }

  [[nodiscard]] const std::string& Sql() const { return sql_; }
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

class Rows {
 public:
  Rows(duckdb_data_chunk chunk, const AddColumns& columns)
      : count_(duckdb_data_chunk_get_size(chunk)) {
    for (size_t column = 0; column < kColumns; ++column) {
      const auto at = columns.At(static_cast<Column>(column));
      if (!at) continue;
      View& view = views_.at(column);
      view.vector = duckdb_data_chunk_get_vector(chunk, *at);
      view.data = duckdb_vector_get_data(view.vector);
      view.validity = duckdb_vector_get_validity(view.vector);
    }
  }

  [[nodiscard]] idx_t Count() const { return count_; }
  [[nodiscard]] std::optional<int64_t> Number(Column column, idx_t row) const {
    const View& view = views_.at(column);
    if (!view.Has(row)) return std::nullopt;
    return static_cast<const int64_t*>(view.data)[row];
  }
  [[nodiscard]] std::optional<std::string_view> Text(Column column, idx_t row) const {
    const View& view = views_.at(column);
    if (!view.Has(row)) return std::nullopt;
    return TextAt(view.vector, row);
  }
  [[nodiscard]] duckdb_vector Vector(Column column) const { return views_.at(column).vector; }

 private:
  struct View {
    duckdb_vector vector = nullptr;
    void* data = nullptr;
    uint64_t* validity = nullptr;  // nothing: every row is valid

    [[nodiscard]] bool Has(idx_t row) const {
      if (data == nullptr) return false;
      return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
    }
  };

  idx_t count_;
  std::array<View, kColumns> views_;
};

// A map's entries as one text, for looking it up, and as values.
class MapReader {
 public:
  explicit MapReader(duckdb_vector map) : map_(map) {
    duckdb_vector entries = duckdb_list_vector_get_child(map);
    keys_ = duckdb_struct_vector_get_child(entries, 0);
    values_ = duckdb_struct_vector_get_child(entries, 1);
    lists_ = static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(map));
  }

  uint32_t Spelling(idx_t row, SpellingCache& spellings, std::string& scratch) const {
    scratch = "map:";
    if (IsNull(map_, row)) return spellings.Of(scratch, [] { return LoggedValues(); });
    const duckdb_list_entry list = lists_[row];
    for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
      Append(TextAt(keys_, i), scratch);
      if (IsNull(values_, i)) {
        scratch += 'n';
      } else {
        Append(TextAt(values_, i), scratch);
      }
    }
    return spellings.Of(scratch, [&] {
      LoggedValues values;
      for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
        std::optional<std::string> value;
        if (!IsNull(values_, i)) value = std::string(TextAt(values_, i));
        values.emplace_back(std::string(TextAt(keys_, i)), std::move(value));
      }
      return values;
    });
  }

 private:
  static void Append(std::string_view text, std::string& to) {
    to += 't';
    const size_t size = text.size();
    to.append(reinterpret_cast<const char*>(&size), sizeof size);
    to += text;
  }

  duckdb_vector map_;
  duckdb_vector keys_;
  duckdb_vector values_;
  const duckdb_list_entry* lists_;
};

Result<std::string> VectorId(const Rows& rows, idx_t row, FileAction& file) {
  const auto storage = rows.Text(kStorage, row);
  if (!storage) return std::string();
  nlohmann::json object = {{"storageType", *storage}};
  if (const auto place = rows.Text(kPlace, row)) object["pathOrInlineDv"] = *place;
  if (const auto offset = rows.Number(kOffset, row)) object["offset"] = *offset;
  if (const auto size = rows.Number(kVectorSize, row)) object["sizeInBytes"] = *size;
  if (const auto cardinality = rows.Number(kCardinality, row)) object["cardinality"] = *cardinality;
  SALVOR_TRY(const DeletionVector vector, ParseDeletionVector(object));
  file.cardinality = vector.cardinality;
  return vector.UniqueId();
}

Status TakeRow(const Rows& rows, idx_t row, uint32_t spelling, const std::string& root,
               ScannedLines& into) {
  FileAction file;
  file.is_add = true;
  file.spelling = spelling;
  const std::string_view path = rows.Text(kPath, row).value_or("");
  const std::optional<int64_t> size = rows.Number(kSize, row);
  if (path.empty() || !size || *size < 0)
    return Fail(Code::kCorrupt, "an added file without a valid 'path' or 'size'");
  file.size = *size;
  file.place = rows.Number(kRow, row).value_or(0);
  if (const auto records = rows.Number(kRecords, row)) {
    file.records = *records >= 0 ? *records : kUnknownRecords;
  } else if (const auto stats = rows.Text(kStats, row)) {
    file.records = RecordsOfStats(*stats);
  }
  SALVOR_TRY(const std::string vector_id, VectorId(rows, row, file));
  if (file.records != kUnknownRecords && file.cardinality > file.records)
    return Fail(Code::kCorrupt, "a deletion vector deletes more rows than its file has");
  file.key = KeyOfLogged(root, path, vector_id);
  if (file.records == kUnknownRecords)
    into.uncounted.push_back({into.files.size(), std::string(path)});
  into.files.push_back(file);
  return Done{};
}

}  // namespace

Status StreamCheckpointAdds(Duck& duck, const CheckpointFile& file, const std::string& table_root,
                            SpellingCache& spellings,
                            const std::function<Status(ScannedLines&)>& take) {
  if (!file.columns.contains("add.path")) return Done{};
  if (!file.columns.contains("add.size") || !file.columns.contains("add.partitionValues"))
    return Fail(Code::kCorrupt, "a checkpoint whose adds lack a required field", file.path);
  std::string scratch;
  ScannedLines lines;
  const AddColumns columns(file);
  const Status streamed = duck.Stream(columns.Sql(), [&](duckdb_data_chunk chunk) -> Status {
    const Rows rows(chunk, columns);
    const MapReader values(rows.Vector(kValues));
    lines.files.clear();
    lines.uncounted.clear();
    for (idx_t row = 0; row < rows.Count(); ++row)
      SALVOR_OK(TakeRow(rows, row, values.Spelling(row, spellings, scratch), table_root, lines));
    return take(lines);
  });
  if (!streamed) return Fail(Error(streamed.error()).At(file.path));
  return Done{};
}

}  // namespace salvor::delta
