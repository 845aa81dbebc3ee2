// Single actions, searched from the newest commit backwards: cheap where they are recent, one look
// at each line's text where they are not.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "delta/log/checkpoint.h"
#include "delta/log/line_reader.h"
#include "delta/protocol/json.h"
#include "delta/protocol/table_head.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {

using nlohmann::json;

namespace {

bool IsForEveryLine(std::string_view mark) { return mark.empty(); }

// PROTOCOL.md: one action a line. So the mass of lines is told by its first bytes, without a
// search.
bool IsFileAction(std::string_view line) {
  return line.substr(0, 7) == "{\"add\":" || line.substr(0, 10) == "{\"remove\":";
}

}  // namespace

// Parses only lines that hold one of the marks anywhere; `take` must look whether it is what it
// seems, and says whether it has seen enough.
Status StoredLog::SearchFile(const LogFile& file, const std::vector<std::string_view>& marks,
                             const std::function<Result<bool>(json&)>& take) const {
  SALVOR_TRY(LineReader lines, LineReader::Open(fs_, LogPath(file.name)));
  const bool is_rare = std::none_of(marks.begin(), marks.end(), IsForEveryLine);
  while (true) {
    SALVOR_TRY(const std::optional<Line> line, lines.Next());
    if (!line) return Done{};
    if (is_rare && IsFileAction(line->text)) continue;
    const bool marked = std::any_of(marks.begin(), marks.end(), [&line](std::string_view mark) {
      return memmem(line->text.data(), line->text.size(), mark.data(), mark.size()) != nullptr;
    });
    if (!marked) continue;
    auto action = ParseJsonObject(line->text);
    if (!action) return Fail(std::move(action).error().At(lines.Where()));
    const Result<bool> enough = take(*action);
    if (!enough) return Fail(Error(enough.error()).At(lines.Where()));
    if (*enough) return Done{};
  }
}

void StoredLog::HeadActions::Take(const HeadActions& older, int64_t from) {
  if (!protocol && older.protocol) {
    protocol = older.protocol;
    since = std::max(since, from);
  }
  if (!metadata && older.metadata) {
    metadata = older.metadata;
    since = std::max(since, from);
  }
}

const StoredLog::HeadActions* StoredLog::KnownHead(int64_t version) const {
  const auto known = heads_.lower_bound(version);
  return known != heads_.end() && known->second.since <= version ? &known->second : nullptr;
}

Result<StoredLog::HeadActions> StoredLog::FindHeadActions(int64_t version) {
  SALVOR_TRY(const ReadCost* const cost, ReadableCostOf(version));
  const int64_t base = cost->base == nullptr ? -1 : cost->base->version;
  HeadActions found;
  for (auto at = listing_.commits.upper_bound(version); at != listing_.commits.begin();) {
    --at;
    if (at->first <= base) break;
    if (const HeadActions* const known = KnownHead(at->first)) found.Take(*known, known->since);
    if (found.Complete()) return found;
    HeadActions own;
    SALVOR_OK(SearchFile(at->second, {"\"protocol\"", "\"metaData\""},
                         [&own](json& action) -> Result<bool> {
                           if (const auto object = action.find("protocol"); object != action.end())
                             own.protocol = *object;
                           if (const auto object = action.find("metaData"); object != action.end())
                             own.metadata = *object;
                           return own.Complete();
                         }));
    found.Take(own, at->first);
    if (found.Complete()) return found;
  }
  if (cost->base == nullptr) return found;
  HeadActions own;
  SALVOR_TRY(CheckpointReader checkpoint,
             CheckpointReader::Open(fs_, duck_, log_folder_, *cost->base));
  if (!found.protocol) {
    SALVOR_TRY(own.protocol, checkpoint.ProtocolAction());
  }
  if (!found.metadata) {
    SALVOR_TRY(own.metadata, checkpoint.MetadataAction());
  }
  found.Take(own, base);
  return found;
}

Result<TableHead> StoredLog::HeadAt(int64_t version) {
  const HeadActions* known = KnownHead(version);
  if (known == nullptr) {
    SALVOR_TRY(HeadActions found, FindHeadActions(version));
    if (!found.Complete())
      return Fail(Code::kCorrupt,
                  fmt::format("the log up to version {} holds no {} action", version,
                              found.protocol ? "metaData" : "protocol"),
                  log_folder_, "Put the missing files of the log back");
    known = &heads_.insert_or_assign(version, std::move(found)).first->second;
  }
  SALVOR_TRY(const Instant at, CommitTime(version));
  auto head = MakeTableHead(version, at, *known->protocol, *known->metadata);
  if (!head) return Fail(std::move(head).error().At(fmt::format("{}, version {}", root_, version)));
  return head;
}

Result<Commit> StoredLog::ReadCommit(int64_t version, AddDetail detail) {
  const auto file = listing_.commits.find(version);
  if (file == listing_.commits.end())
    return Fail(Code::kNotFound, fmt::format("commit {} is not in the log", version),
                LogPath(VersionDigits(version) + ".json"));
  Commit commit;
  commit.version = version;
  SALVOR_OK(SearchFile(file->second, {""}, [&commit, detail](json& action) -> Result<bool> {
    for (auto& [name, object] : action.items()) {
      if (name == "add") {
        SALVOR_TRY(AddFile add, ParseAdd(object, detail));
        commit.adds.push_back(std::move(add));
      } else if (name == "remove") {
        SALVOR_TRY(RemoveFile remove, ParseRemove(object));
        commit.removes.push_back(std::move(remove));
      } else if (name == "commitInfo") {
        SALVOR_TRY(commit.info, ParseCommitInfo(std::move(object)));
      } else if (name == "txn") {
        SALVOR_TRY(const std::optional<std::string> id, TextMember(object, "appId"));
        SALVOR_TRY(const std::optional<int64_t> number, IntMember(object, "version"));
        if (id && number) commit.txns.push_back({*id, *number});
      } else if (name == "protocol") {
        commit.has_protocol = true;
      } else if (name == "metaData") {
        commit.has_metadata = true;
      } else if (name == "cdc") {
        ++commit.cdc_files;
      }
    }
    return false;
  }));
  if (commit.info.in_commit_timestamp) {
    commit.at = InstantOfMillis(*commit.info.in_commit_timestamp);
  } else {
    commit.at = FileTime(version).value_or(file->second.modified);
  }
  return commit;
}

Result<std::optional<Txn>> StoredLog::FindTxn(const std::string& app_id) {
  SALVOR_TRY(const LogSegment segment, ReadableSegmentTo(listing_.latest));
  for (auto entry = segment.to_apply.rbegin(); entry != segment.to_apply.rend(); ++entry) {
    std::optional<Txn> found;
    SALVOR_OK(SearchFile(entry->file, {"\"txn\""}, [&found, &app_id](json& action) -> Result<bool> {
      SALVOR_TRY(const json* txn, ObjectMember(action, "txn"));
      if (txn == nullptr) return false;
      SALVOR_TRY(const std::optional<std::string> id, TextMember(*txn, "appId"));
      SALVOR_TRY(const std::optional<int64_t> number, IntMember(*txn, "version"));
      if (id == app_id && number) found = Txn{app_id, *number};
      return false;
    }));
    if (found) return found;
  }
  if (!segment.base) return std::nullopt;
  SALVOR_TRY(CheckpointReader checkpoint,
             CheckpointReader::Open(fs_, duck_, log_folder_, *segment.base));
  return checkpoint.FindTxn(app_id);
}

// A START that was never ended stays suspicious until its commit is cleaned up: whether that VACUUM
// died or still runs, the log does not say.
Result<bool> StoredLog::VacuumMayBeRunning() {
  int64_t open = 0;
  for (const auto& [version, file] : listing_.commits) {
    SALVOR_OK(SearchFile(file, {"\"VACUUM START\"", "\"VACUUM END\""},
                         [&open](json& action) -> Result<bool> {
                           SALVOR_TRY(const json* object, ObjectMember(action, "commitInfo"));
                           if (object == nullptr) return false;
                           SALVOR_TRY(const CommitInfo info, ParseCommitInfo(*object));
                           if (info.operation == "VACUUM START") ++open;
                           if (info.operation == "VACUUM END" && open > 0) --open;
                           return false;
                         }));
  }
  return open > 0;
}

std::string DescribeCommit(const Commit& commit) {
  const std::string who = commit.info.who.empty() ? "" : " by " + commit.info.who;
  return fmt::format("version {} ({}, {}{})", commit.version, FormatInstant(commit.at),
                     commit.info.operation, who);
}

}  // namespace salvor::delta
