#include "delta/log/checkpoint.h"

#include <charconv>
#include <utility>

#include "delta/log/line_reader.h"
#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr const char* kSidecarFolder = "_sidecars";

// Actions that a checkpoint has once, each with a required field: it tells a row that has the
// action from a row of nulls.
constexpr std::pair<const char*, const char*> kHeadActions[] = {{"protocol", "minReaderVersion"},
                                                                {"metaData", "id"}};

struct SchemaNode {
  std::string prefix;
  int64_t children = 0;  // that are still to come
};

int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Dotted names of a Parquet file's columns, from the depth-first list that its footer keeps.
Result<std::set<std::string>> ColumnsOf(Duck& duck, const std::string& quoted) {
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck.Rows("SELECT name, num_children FROM parquet_schema(" + quoted + ")"));
  std::set<std::string> columns;
  std::vector<SchemaNode> open;
  for (const Duck::Row& row : rows) {
    if (row.size() != 2 || !row[0]) return Fail(Code::kCorrupt, "a column without a name");
    const bool is_root = open.empty() && columns.empty();
    std::string name = is_root ? "" : *row[0];
    if (!open.empty() && !open.back().prefix.empty())
      name.insert(0, ".").insert(0, open.back().prefix);
    if (!is_root) columns.insert(name);
    if (!open.empty()) --open.back().children;
    const int64_t children = row[1] ? NumberOf(*row[1]) : 0;
    if (children > 0) open.push_back({name, children});
    while (!open.empty() && open.back().children == 0) open.pop_back();
    if (open.empty()) break;
  }
  return columns;
}

// "BETWEEN 0 AND 999": the rows among which the file has head actions, as the counts of nulls in
// its footer tell; nothing if it has none.
Result<std::optional<std::string>> HeadRange(Duck& duck, const std::string& quoted) {
  std::vector<std::string> columns;
  for (const auto& [name, field] : kHeadActions)
    columns.push_back(std::string(name) + ", " + field);
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck.Rows("SELECT CAST(min(first) AS BIGINT), CAST(max(last) AS BIGINT) FROM ("
                       "SELECT sum(row_group_num_rows) OVER "
                       "(PARTITION BY path_in_schema ORDER BY row_group_id) - 1 AS last, "
                       "last - row_group_num_rows + 1 AS first, "
                       "stats_null_count IS NULL OR stats_null_count < num_values AS filled "
                       "FROM parquet_metadata(" +
                       quoted + ") WHERE list_contains(" + QuoteList(columns) +
                       ", path_in_schema)) WHERE filled"));
  if (rows.empty() || !rows[0][0] || !rows[0][1]) return std::nullopt;
  return "BETWEEN " + *rows[0][0] + " AND " + *rows[0][1];
}

// A sidecar's name is "relative to _sidecars", or an absolute URI that some writer may use.
Result<std::string> SidecarPath(const std::string& log_folder, const std::string& name) {
  return LocalPath(io::JoinPath(log_folder, kSidecarFolder), name, true);
}

}  // namespace

Result<CheckpointReader> CheckpointReader::Open(const TableFiles& fs, Duck& duck,
                                                const std::string& log_folder,
                                                const Checkpoint& checkpoint) {
  CheckpointReader reader(fs, duck);
  std::vector<std::string> sidecars;
  for (const LogFile& part : checkpoint.parts) {
    const std::string path = io::JoinPath(log_folder, part.name);
    if (checkpoint.json) {
      SALVOR_OK(reader.ReadJsonManifest(path, sidecars));
      continue;
    }
    SALVOR_OK(reader.AddParquet(path));
    const CheckpointFile& file = reader.files_.back();
    if (!file.columns.contains("sidecar.path")) continue;
    SALVOR_TRY(const std::vector<Duck::Row> rows,
               duck.Rows("SELECT sidecar.path FROM read_parquet(" + file.quoted +
                         ") WHERE sidecar.path IS NOT NULL"));
    for (const Duck::Row& row : rows) sidecars.push_back(row[0].value_or(""));
  }
  reader.manifest_files_ = reader.files_.size();
  SALVOR_OK(reader.AddSidecars(log_folder, sidecars));
  return reader;
}

Result<CheckpointFile> DescribeCheckpointFile(const TableFiles& fs, Duck& duck,
                                              const std::string& path) {
  SALVOR_TRY(const std::string local, fs->LocalCopy(path));
  SALVOR_TRY(std::string quoted, QuoteFiles({local}));
  auto columns = ColumnsOf(duck, quoted);
  if (!columns) return Fail(std::move(columns).error().At(path));
  SALVOR_TRY(const std::vector<Duck::Row> footer,
             duck.Rows("SELECT num_rows FROM parquet_file_metadata(" + quoted + ")"));
  CheckpointFile file{path, std::move(quoted), false, std::move(*columns), 0};
  if (!footer.empty() && footer[0][0]) file.rows = NumberOf(*footer[0][0]);
  return file;
}

Status CheckpointReader::AddParquet(const std::string& path) {
  SALVOR_TRY(CheckpointFile file, DescribeCheckpointFile(fs_, *duck_, path));
  files_.push_back(std::move(file));
  return Done{};
}

Status CheckpointReader::AddSidecars(const std::string& log_folder,
                                     const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    SALVOR_TRY(const std::string path, SidecarPath(log_folder, name));
    SALVOR_TRY(const auto info, fs_->Find(path));
    if (!info) return Fail(Code::kCorrupt, "a checkpoint's sidecar is missing", path);
    SALVOR_OK(AddParquet(path));
  }
  return Done{};
}

Status CheckpointReader::ReadJsonManifest(const std::string& path,
                                          std::vector<std::string>& sidecars) {
  SALVOR_TRY(LineReader lines, LineReader::Open(fs_, path));
  while (true) {
    SALVOR_TRY(const std::optional<Line> line, lines.Next());
    if (!line) break;
    auto action = ParseJsonObject(line->text);
    if (!action) return Fail(std::move(action).error().At(lines.Where()));
    if (const auto sidecar = action->find("sidecar"); sidecar != action->end()) {
      auto name = TextMember(*sidecar, "path");
      if (!name || !*name) return Fail(Code::kCorrupt, "a sidecar without 'path'", lines.Where());
      sidecars.push_back(std::move(**name));
    } else if (!action->contains("add") && !action->contains("remove")) {
      json_actions_.push_back(std::move(*action));
    }
  }
  files_.push_back({path, {}, true, {}, 0});
  return Done{};
}

// The rows of a file's rare actions, by their names: a row that is picked by its number costs
// nothing, but any other way to the metaData reads its maps and lists row by row.
Status CheckpointReader::FindHeadRows(const CheckpointFile& file) {
  std::vector<std::string> names;
  std::string numbers;
  for (const auto& [name, field] : kHeadActions) {
    if (!file.columns.contains(std::string(name) + "." + field)) continue;
    names.emplace_back(name);
    numbers += (numbers.empty() ? "min(CASE WHEN " : ", min(CASE WHEN ") + QuoteIdentifier(name) +
               "." + QuoteIdentifier(field) + " IS NOT NULL THEN file_row_number END)";
  }
  if (names.empty()) return Done{};
  SALVOR_TRY(const std::optional<std::string> range, HeadRange(*duck_, file.quoted));
  if (!range) return Done{};
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck_->Rows("SELECT " + numbers + " FROM read_parquet(" + file.quoted +
                         ", file_row_number = true) WHERE file_row_number " + *range));
  for (size_t i = 0; i < names.size(); ++i)
    if (rows.at(0).at(i)) head_rows_.try_emplace(names[i], HeadRow{file.quoted, *rows[0][i]});
  return Done{};
}

Result<std::optional<json>> CheckpointReader::OneAction(const std::string& name) {
  for (json& action : json_actions_)
    if (action.contains(name)) return action[name];
  for (; head_files_ < manifest_files_ && !head_rows_.contains(name); ++head_files_)
    if (!files_[head_files_].json) SALVOR_OK(FindHeadRows(files_[head_files_]));
  const auto found = head_rows_.find(name);
  if (found == head_rows_.end()) return std::nullopt;
  const HeadRow& at = found->second;
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck_->Rows("SELECT CAST(to_json(" + QuoteIdentifier(name) +
                         ") AS VARCHAR) FROM read_parquet(" + at.quoted +
                         ", file_row_number = true) WHERE file_row_number = " + at.number));
  if (rows.empty() || !rows[0][0]) return std::nullopt;
  SALVOR_TRY(json object, ParseJsonObject(*rows[0][0]));
  return WithoutNulls(std::move(object));
}

Result<std::optional<json>> CheckpointReader::ProtocolAction() { return OneAction("protocol"); }
Result<std::optional<json>> CheckpointReader::MetadataAction() { return OneAction("metaData"); }

Result<std::optional<Txn>> CheckpointReader::FindTxn(const std::string& app_id) {
  for (const json& action : json_actions_) {
    const auto txn = action.find("txn");
    if (txn == action.end()) continue;
    SALVOR_TRY(const std::optional<std::string> id, TextMember(*txn, "appId"));
    SALVOR_TRY(const std::optional<int64_t> version, IntMember(*txn, "version"));
    if (id == app_id && version) return Txn{app_id, *version};
  }
  for (size_t i = 0; i < manifest_files_; ++i) {
    const CheckpointFile& file = files_[i];
    if (file.json || !file.columns.contains("txn.appId")) continue;
    SALVOR_TRY(const std::vector<Duck::Row> rows,
               duck_->Rows("SELECT txn.version FROM read_parquet(" + file.quoted +
                           ") WHERE txn.appId = " + QuoteLiteral(app_id) + " LIMIT 1"));
    if (rows.empty() || !rows[0][0]) continue;
    return Txn{app_id, NumberOf(*rows[0][0])};
  }
  return std::nullopt;
}

json WithoutNulls(json action) {
  if (!action.is_object()) return action;
  for (auto member = action.begin(); member != action.end();) {
    if (member->is_null()) {
      member = action.erase(member);
    } else {
      // Null partition values and null property values are meant.
      if (member.key() != "partitionValues" && member.key() != "configuration" &&
          member.key() != "tags")
        *member = WithoutNulls(std::move(*member));
      ++member;
    }
  }
  return action;
}

}  // namespace salvor::delta
