#include "delta/log_checkpoint.h"

#include <charconv>
#include <utility>

#include "delta/duck_path.h"
#include "delta/log_json.h"
#include "delta/log_lines.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr const char* kSidecarFolder = "_sidecars";

struct SchemaNode {
  std::string prefix;
  int64_t children = 0;  // that are still to come
};

// Dotted names of a Parquet file's columns, from the depth-first list that its footer keeps.
Result<std::set<std::string>> ColumnsOf(Duck& duck, const std::string& path) {
  SALVOR_TRY(const std::vector<Duck::Row> rows,
             duck.Rows("SELECT name, num_children FROM parquet_schema(" + QuotePath(path) + ")"));
  std::set<std::string> columns;
  std::vector<SchemaNode> open;
  for (const Duck::Row& row : rows) {
    if (row.size() != 2 || !row[0]) return Fail(Code::kCorrupt, "a column without a name", path);
    const bool is_root = open.empty() && columns.empty();
    std::string name = is_root ? "" : *row[0];
    if (!open.empty() && !open.back().prefix.empty()) name = open.back().prefix + "." + name;
    if (!is_root) columns.insert(name);
    if (!open.empty()) --open.back().children;
    int64_t children = 0;
    if (row[1]) {
      std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), children);
    }
    if (children > 0) open.push_back({name, children});
    while (!open.empty() && open.back().children == 0) open.pop_back();
    if (open.empty()) break;
  }
  return columns;
}

// A sidecar's name is "relative to _sidecars", or an absolute URI that some writer may use.
Result<std::string> SidecarPath(const std::string& log_folder, const std::string& name) {
  return LocalPath(io::JoinPath(log_folder, kSidecarFolder), name, true);
}

}  // namespace

Result<CheckpointReader> CheckpointReader::Open(const io::FsReader& fs, Duck& duck,
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
    if (!reader.files_.back().columns.contains("sidecar.path")) continue;
    SALVOR_TRY(const std::vector<Duck::Row> rows,
               duck.Rows("SELECT sidecar.path FROM read_parquet(" + QuotePath(path) +
                         ") WHERE sidecar.path IS NOT NULL"));
    for (const Duck::Row& row : rows) sidecars.push_back(row[0].value_or(""));
  }
  reader.manifest_files_ = reader.files_.size();
  SALVOR_OK(reader.AddSidecars(log_folder, sidecars));
  return reader;
}

Result<CheckpointFile> DescribeCheckpointFile(Duck& duck, const std::string& path) {
  auto columns = ColumnsOf(duck, path);
  if (!columns) return Fail(std::move(columns).error().At(path));
  return CheckpointFile{path, false, std::move(*columns)};
}

Status CheckpointReader::AddParquet(const std::string& path) {
  SALVOR_TRY(CheckpointFile file, DescribeCheckpointFile(*duck_, path));
  files_.push_back(std::move(file));
  return Done{};
}

Status CheckpointReader::AddSidecars(const std::string& log_folder,
                                     const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    SALVOR_TRY(const std::string path, SidecarPath(log_folder, name));
    SALVOR_TRY(const std::optional<io::FileInfo> info, fs_->Stat(path));
    if (!info) return Fail(Code::kCorrupt, "a checkpoint's sidecar is missing", path);
    SALVOR_OK(AddParquet(path));
  }
  return Done{};
}

Status CheckpointReader::ReadJsonManifest(const std::string& path,
                                          std::vector<std::string>& sidecars) {
  SALVOR_TRY(LineReader lines, LineReader::Open(*fs_, path));
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
  files_.push_back({path, true, {}});
  return Done{};
}

Result<std::optional<json>> CheckpointReader::OneAction(const char* name) {
  for (json& action : json_actions_)
    if (action.contains(name)) return action[name];
  for (size_t i = 0; i < manifest_files_; ++i) {
    const CheckpointFile& file = files_[i];
    // Any of the action's required fields tells a row that has it from a row of nulls.
    const std::string probe = name == std::string("protocol") ? "minReaderVersion" : "id";
    if (file.json || !file.columns.contains(std::string(name) + "." + probe)) continue;
    const std::string column = QuoteIdentifier(name);
    SALVOR_TRY(const std::vector<Duck::Row> rows,
               duck_->Rows("SELECT CAST(to_json(" + column + ") AS VARCHAR) FROM read_parquet(" +
                           QuotePath(file.path) + ") WHERE " + column + "." +
                           QuoteIdentifier(probe) + " IS NOT NULL LIMIT 1"));
    if (rows.empty() || !rows[0][0]) continue;
    SALVOR_TRY(json object, ParseJsonObject(*rows[0][0]));
    return WithoutNulls(std::move(object));
  }
  return std::nullopt;
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
               duck_->Rows("SELECT txn.version FROM read_parquet(" + QuotePath(file.path) +
                           ") WHERE txn.appId = " + QuoteLiteral(app_id) + " LIMIT 1"));
    if (rows.empty() || !rows[0][0]) continue;
    int64_t version = 0;
    std::from_chars(rows[0][0]->data(), rows[0][0]->data() + rows[0][0]->size(), version);
    return Txn{app_id, version};
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
