#include "delta/commit/commit_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "delta/protocol/json_members.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

json CommitInfoAction(const Change& change, const Previous& previous, Instant time) {
  json parameters = json::object();
  for (const auto& [name, value] : change.parameters) parameters[name] = value;
  json info = {{"timestamp", MillisOf(time)},
               {"operation", change.operation},
               {"operationParameters", std::move(parameters)},
               {"readVersion", previous.version},
               {"isolationLevel", "Serializable"},
               {"isBlindAppend", false},
               {"operationMetrics", json::object()},
               {"engineInfo", "salvor/" SALVOR_VERSION}};
  info["operationMetrics"]["numAddedFiles"] = std::to_string(change.adds.size());
  info["operationMetrics"]["numRemovedFiles"] = std::to_string(change.removes.size());
  if (previous.in_commit_timestamps) info["inCommitTimestamp"] = MillisOf(time);
  return {{"commitInfo", std::move(info)}};
}

void AppendAdd(std::string_view entry, std::string& bytes) {
  bytes += R"({"add":)";
  bytes += WithMember(entry, "dataChange", "true");
  bytes += "}\n";
}

void AppendRemove(const AddFile& file, Instant time, std::string& bytes) {
  const auto keep = [&](std::string_view name) {
    if (const auto value = MemberText(file.raw, name))
      bytes += fmt::format(R"("{}":{},)", name, *value);
  };
  bytes += R"({"remove":{)";
  keep("baseRowId");
  bytes += R"("dataChange":true,)";
  keep("defaultRowCommitVersion");
  bytes += fmt::format(R"("deletionTimestamp":{},)", MillisOf(time));
  keep("deletionVector");
  bytes += R"("extendedFileMetadata":true,"partitionValues":)";
  bytes += MemberText(file.raw, "partitionValues").value_or("{}");
  bytes += R"(,"path":)" + QuoteJson(file.path) + ",";
  keep("tags");
  bytes += fmt::format(R"("size":{}}}}})", file.size);
  bytes += '\n';
}

void AppendLine(const json& action, std::string& bytes) {
  bytes += action.dump();
  bytes += '\n';
}

}  // namespace

std::string TxnAppId(std::string_view operation_key) {
  return fmt::format("salvor-{}", operation_key);
}

Result<std::string> FormatCommit(const Change& change, const Previous& previous, Instant now) {
  const Instant time = previous.in_commit_timestamps ? std::max(now, previous.at + Millis(1)) : now;
  // The version stands in the identifier, too: checkpoints keep it when they drop the commit.
  const json txn = {{"txn",
                     {{"appId", TxnAppId(change.operation_key)},
                      {"version", previous.version + 1},
                      {"lastUpdated", MillisOf(time)}}}};
  std::string bytes;
  try {
    AppendLine(CommitInfoAction(change, previous, time), bytes);
    AppendLine(txn, bytes);
    for (const AddFile& file : change.removes) AppendRemove(file, time, bytes);
    for (const std::string& entry : change.adds) AppendAdd(entry, bytes);
  } catch (const json::exception&) {  // it would quote the entry
    return Fail(
        Code::kCorrupt,
        "a log entry cannot be written back as it was read: it holds text that is no UTF-8");
  }
  return bytes;
}

std::string CommitPath(std::string_view table_root, int64_t version) {
  return fmt::format("{}/_delta_log/{:020}.json", table_root, version);
}

Result<bool> WriteCommit(io::Fs& fs, std::string_view table_root, int64_t version,
                         std::string_view bytes) {
  constexpr uint32_t kUsual = 0644;
  SALVOR_TRY(const auto before, fs.Stat(CommitPath(table_root, version - 1)));
  const uint32_t mode = before ? before->mode & 0666U : kUsual;
  const std::string path = CommitPath(table_root, version);
  SALVOR_TRY(const bool created, fs.CreateNew(path, bytes, mode));
  if (!created) return false;
  Status synced = fs.SyncDirectory(io::ParentPath(path));
  if (!synced) {
    return Fail(Code::kOutcomeUnknown,
                "the commit was written, but the system could not make it durable: " +
                    synced.error().Message(),
                path, "Run the same command again: it looks for the commit first");
  }
  return true;
}

void RemoveUnfinishedCommits(io::Fs& fs, std::string_view table_root,
                             const std::string& plan_digest) {
  io::RemoveTemporaries(fs, io::JoinPath(table_root, "_delta_log"), plan_digest);
}

}  // namespace salvor::delta
