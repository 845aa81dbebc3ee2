// The live files of past versions.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "delta/duck_path.h"
#include "delta/log_checkpoint.h"
#include "delta/log_json.h"
#include "delta/log_stored.h"

namespace salvor::delta {
namespace {

using nlohmann::json;
using LiveFiles = std::unordered_map<std::string, AddFile>;

Status TakeAction(json& action, const std::string& root, LiveFiles& live) {
  if (const auto object = action.find("add"); object != action.end()) {
    SALVOR_TRY(AddFile add, ParseAdd(std::move(*object)));
    std::string key = add.Key(root);
    live.insert_or_assign(std::move(key), std::move(add));
  } else if (const auto gone = action.find("remove"); gone != action.end()) {
    SALVOR_TRY(const RemoveFile remove, ParseRemove(std::move(*gone)));
    live.erase(remove.Key(root));
  }
  return Done{};
}

Result<SnapshotFiles> Select(Head head, const LiveFiles& live, const SnapshotRequest& request) {
  struct Entry {
    model::PartitionKey key;
    const AddFile* file;
  };
  std::vector<Entry> entries;
  for (const auto& [name, file] : live) {
    SALVOR_TRY(model::PartitionKey key, KeyOf(head, file));
    if (request.only &&
        std::find(request.only->begin(), request.only->end(), key) == request.only->end())
      continue;
    entries.push_back({std::move(key), &file});
  }
  std::sort(entries.begin(), entries.end(), [&head](const Entry& a, const Entry& b) {
    const auto order = CompareKeys(head.columns, a.key, b.key);
    return order != std::strong_ordering::equal ? order == std::strong_ordering::less
                                                : a.file->path < b.file->path;
  });
  SnapshotFiles files;
  files.head = std::move(head);
  for (Entry& entry : entries) {
    files.files.push_back(*entry.file);
    files.keys.push_back(std::move(entry.key));
  }
  return files;
}

}  // namespace

Result<std::vector<SnapshotFiles>> StoredLog::FilesAt(std::vector<SnapshotRequest> requests) {
  std::vector<SnapshotFiles> results(requests.size());
  if (requests.empty()) return results;
  std::vector<size_t> order(requests.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return requests[a].version < requests[b].version; });
  SALVOR_TRY(const Route route,
             listing_.RouteTo(requests[order.back()].version, requests[order.front()].version));
  LiveFiles live;
  size_t next = 0;
  const auto answer = [&](int64_t version) -> Status {
    while (next < order.size() && requests[order[next]].version == version) {
      SALVOR_TRY(Head head, HeadAt(version));
      SALVOR_TRY(results[order[next]], Select(std::move(head), live, requests[order[next]]));
      ++next;
    }
    return Done{};
  };
  if (route.base) {
    SALVOR_TRY(const CheckpointReader checkpoint,
               CheckpointReader::Open(fs_, duck_, log_folder_, *route.base));
    for (const CheckpointFile& file : checkpoint.Files()) {
      if (file.json || !file.columns.contains("add.path")) continue;
      SALVOR_TRY(const std::vector<Duck::Row> rows,
                 duck_.Rows("SELECT CAST(to_json(\"add\") AS VARCHAR) FROM read_parquet(" +
                            QuotePath(file.path) + ") WHERE \"add\".path IS NOT NULL"));
      for (const Duck::Row& row : rows) {
        SALVOR_TRY(json object, ParseJsonObject(row[0].value_or("")));
        json action = {{"add", AddFromRow(std::move(object))}};
        SALVOR_OK(TakeAction(action, root_, live));
      }
    }
    SALVOR_OK(answer(route.base->version));
  }
  for (const Step& step : route.steps) {
    SALVOR_OK(SearchFile(step.file, {"\"add\"", "\"remove\""},
                         [&](json& action) { return TakeAction(action, root_, live); }));
    SALVOR_OK(answer(step.version));
  }
  if (next < order.size())
    return Fail(Code::kTooLate,
                fmt::format("version {} cannot be rebuilt", requests[order[next]].version), root_);
  return results;
}

}  // namespace salvor::delta
