#include "delta/table/table_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/shell_word.h"
#include "delta/duckdb/error.h"
#include "delta/log/checkpoint.h"
#include "delta/log/line_reader.h"
#include "delta/protocol/json.h"
#include "delta/protocol/table_head.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {
namespace {

bool SameFile(const LogFile& a, const LogFile& b) {
  return a.size == b.size && a.modified == b.modified;
}

// A partition's folder, a data file or the log may have been named instead of the table: then the
// table is above it.
std::string TableAbove(const io::FsReader& fs, const std::string& path) {
  constexpr int kMaxLevels = 16;  // partition columns
  std::string folder = fs.RealPath(path).value_or("");
  for (int level = 0; level < kMaxLevels && folder.size() > 1; ++level) {
    folder = io::ParentPath(folder);
    const auto log = fs.Stat(io::JoinPath(folder, kLogFolder));
    if (log && *log && (*log)->type == io::FileInfo::Type::kDirectory) return folder;
  }
  return {};
}

auto NoTable(const io::FsReader& fs, std::string what, const std::string& path,
             std::string otherwise) {
  const std::string table = TableAbove(fs, path);
  return Fail(Code::kNotFound, std::move(what), path,
              table.empty() ? std::move(otherwise) : "Name the table: " + ShellWord(table));
}

Result<std::unique_ptr<Log>> OpenListed(const TableFiles& files, const io::Clock& clock, Duck& duck,
                                        warehouse::Progress& progress, std::string root) {
  const std::string log_folder = io::JoinPath(root, kLogFolder);
  SALVOR_TRY(Listing listing, ListLog(files, log_folder));
  if (listing.latest < 0)
    return Fail(
        Code::kNotFound, "the table's log has no version", log_folder,
        listing.notes.empty() ? "Check that the log was copied whole" : listing.notes.front());
  return std::make_unique<StoredLog>(files, clock, duck, progress, std::move(root),
                                     std::move(listing));
}

}  // namespace

Result<std::unique_ptr<Log>> Log::Open(const io::FsReader& fs, const io::Clock& clock, Duck& duck,
                                       warehouse::Progress& progress,
                                       const std::string& table_path) {
  SALVOR_TRY(const std::optional<io::FileInfo> folder, fs.Stat(table_path));
  if (!folder || folder->type != io::FileInfo::Type::kDirectory)
    return NoTable(
        fs, folder ? "this is not a folder, and so not a Delta table" : "there is no such folder",
        table_path,
        "Check the table's path; a BigQuery table is written bigquery:project.dataset.table");
  SALVOR_TRY(std::string root, fs.RealPath(table_path));
  const std::string log_folder = io::JoinPath(root, kLogFolder);
  SALVOR_TRY(const std::optional<io::FileInfo> log, fs.Stat(log_folder));
  if (!log || log->type != io::FileInfo::Type::kDirectory)
    return NoTable(fs, "this folder is not a Delta table: it has no _delta_log", root,
                   "Name the folder that holds _delta_log");
  return OpenListed(fs, clock, duck, progress, std::move(root));
}

Result<std::unique_ptr<Log>> Log::OpenInStore(const TableFiles& files, const io::Clock& clock,
                                              Duck& duck, warehouse::Progress& progress,
                                              const std::string& root) {
  auto log = OpenListed(files, clock, duck, progress, root);
  if (log || log.error().code != Code::kNotFound) return log;
  return Fail(Code::kNotFound, "there is no Delta table: no _delta_log with a version", root,
              "Name what _delta_log lies below");
}

StoredLog::StoredLog(TableFiles fs, const io::Clock& clock, Duck& duck,
                     warehouse::Progress& progress, std::string root, Listing listing)
    : fs_(std::move(fs)),
      clock_(clock),
      duck_(duck),
      progress_(progress),
      root_(std::move(root)),
      log_folder_(io::JoinPath(root_, kLogFolder)),
      listing_(std::move(listing)) {}

std::string StoredLog::LogPath(const std::string& name) const {
  return io::JoinPath(log_folder_, name);
}

Result<int64_t> StoredLog::EarliestReadable() { return listing_.Earliest(); }

Result<int64_t> StoredLog::Refresh() {
  SALVOR_TRY(Listing fresh, ListLog(fs_, log_folder_));
  if (fresh.latest < 0)
    return Fail(Code::kNotFound, "the table's log is gone", log_folder_, "Check the table's path");
  // Commits never change; if one did, the folder holds another table now.
  for (const auto& [version, file] : fresh.commits) {
    const auto known = listing_.commits.find(version);
    if (known != listing_.commits.end() && !SameFile(known->second, file)) heads_.clear();
  }
  if (fresh.latest < listing_.latest) heads_.clear();
  for (auto& [version, odd] : listing_.discarded) {
    const auto at = fresh.commits.find(version);
    if (at == fresh.commits.end() || !SameFile(at->second, odd.file)) continue;
    fresh.commits.erase(at);
    fresh.discarded.emplace(version, std::move(odd));
  }
  costs_.reset();
  listing_ = std::move(fresh);
  probed_.clear();
  return listing_.latest;
}

std::optional<Instant> StoredLog::FileTime(int64_t version) const {
  if (const auto time = listing_.monotonic_times.find(version);
      time != listing_.monotonic_times.end())
    return time->second;
  if (const auto checkpoint = listing_.checkpoints.find(version);
      checkpoint != listing_.checkpoints.end())
    return checkpoint->second.parts.front().modified;
  return std::nullopt;
}

// PROTOCOL.md, "In-Commit Timestamps": commitInfo is the commit's first action then.
Result<std::optional<Instant>> StoredLog::InCommitTime(int64_t version) const {
  const auto commit = listing_.commits.find(version);
  if (commit == listing_.commits.end()) return std::nullopt;
  SALVOR_TRY(LineReader lines, LineReader::Open(fs_, LogPath(commit->second.name)));
  SALVOR_TRY(const std::optional<Line> line, lines.Next());
  if (!line || line->text.find("inCommitTimestamp") == std::string_view::npos) return std::nullopt;
  auto action = ParseJsonObject(line->text);
  if (!action) return Fail(std::move(action).error().At(lines.Where()));
  SALVOR_TRY(const nlohmann::json* object, ObjectMember(*action, "commitInfo"));
  if (object == nullptr) return std::nullopt;
  SALVOR_TRY(const CommitInfo info, ParseCommitInfo(*object));
  if (!info.in_commit_timestamp) return std::nullopt;
  return InstantOfMillis(*info.in_commit_timestamp);
}

Result<Instant> StoredLog::CommitTime(int64_t version) {
  SALVOR_TRY(const std::optional<Instant> stated, InCommitTime(version));
  if (stated) return *stated;
  if (const std::optional<Instant> time = FileTime(version)) return *time;
  return Fail(Code::kNotFound,
              fmt::format("no file of the log tells the time of version {}", version),
              LogPath(VersionDigits(version) + ".json"));
}

// The versions low..high of which some file tells the time, ascending.
std::vector<int64_t> StoredLog::TimedVersions(int64_t low, int64_t high) const {
  std::set<int64_t> versions;
  for (const auto& [version, file] : listing_.commits) versions.insert(versions.end(), version);
  for (const auto& [version, checkpoint] : listing_.checkpoints) versions.insert(version);
  return {versions.lower_bound(low), versions.upper_bound(high)};
}

// As Spark does it: before in-commit timestamps were enabled mtimes count, from then on what
// commits say of themselves.
Result<int64_t> StoredLog::VersionAsOf(Instant instant) {
  SALVOR_TRY(const int64_t earliest, EarliestReadable());
  SALVOR_TRY(const TableHead head, HeadAt(listing_.latest));
  const auto number = [&head](const char* name) -> std::optional<int64_t> {
    const auto text = head.metadata.Property(name);
    if (!text || text->empty() || text->find_first_not_of("0123456789") != std::string::npos ||
        text->size() > 18)
      return std::nullopt;
    return std::stoll(*text);
  };
  const bool stated = head.metadata.Property("delta.enableInCommitTimestamps") == "true";
  int64_t low = earliest;
  int64_t high = listing_.latest;
  if (stated) {
    const auto since = number("delta.inCommitTimestampEnablementVersion");
    const auto since_time = number("delta.inCommitTimestampEnablementTimestamp");
    if (since && since_time && *since > low) {
      if (MillisOf(instant) >= *since_time) {
        low = *since;
      } else {
        high = *since - 1;
      }
    }
  }
  const std::vector<int64_t> versions = TimedVersions(low, high);
  std::optional<int64_t> found;
  size_t begin = 0;
  size_t end = versions.size();
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    SALVOR_TRY(const Instant time, CommitTime(versions[middle]));
    if (time <= instant) {
      found = versions[middle];
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  if (found) return *found;
  SALVOR_TRY(const Instant first, CommitTime(earliest));
  return Fail(Code::kNotFound,
              fmt::format("the table's history cannot be read back to {}", FormatInstant(instant)),
              root_,
              fmt::format("The first version that can be read is {}, of {}", earliest,
                          FormatInstant(first)));
}

Result<Instant> StoredLog::OldestNeeded(int64_t version) {
  SALVOR_TRY(const ReadCost* const cost, ReadableCostOf(version));
  return cost->oldest;
}

const ReadCosts& StoredLog::Costs() {
  if (!costs_) costs_.emplace(listing_);
  return *costs_;
}

// A checkpoint that cannot be read does not count: Spark goes back to the one before it, or to the
// commits.
Result<const ReadCost*> StoredLog::ReadableCostOf(int64_t version) {
  while (true) {
    const ReadCost* const cost = Costs().To(version);
    if (cost == nullptr) {
      SALVOR_OK(listing_.SegmentTo(version));  // the error
      return Fail(Code::kInternal, fmt::format("version {} has a segment and no cost", version),
                  root_);
    }
    if (cost->base == nullptr || probed_.contains(cost->base->parts.front().name)) return cost;
    const auto read = [&]() -> Status {
      SALVOR_TRY(CheckpointReader checkpoint,
                 CheckpointReader::Open(fs_, duck_, log_folder_, *cost->base));
      SALVOR_TRY([[maybe_unused]] const auto protocol, checkpoint.ProtocolAction());
      return Done{};
    };
    const Status readable = read();
    if (readable) {
      probed_.insert(cost->base->parts.front().name);
      return cost;
    }
    if (!DiscardCheckpoint(Checkpoint(*cost->base), readable.error()))
      return Fail(readable.error());
  }
}

Result<LogSegment> StoredLog::ReadableSegmentTo(int64_t version) {
  SALVOR_TRY([[maybe_unused]] const ReadCost* const cost, ReadableCostOf(version));
  return listing_.SegmentTo(version);
}

// False where nothing else leads to the table as it is now.
bool StoredLog::DiscardCheckpoint(const Checkpoint& checkpoint, const Error& why) {
  if (IsOutOfMemory(why)) return false;
  Listing without = listing_;
  without.Discard(checkpoint, why.what);
  if (!without.SegmentTo(without.latest)) return false;
  const bool is_newest = listing_.checkpoints.rbegin()->first == checkpoint.version;
  costs_.reset();
  listing_ = std::move(without);
  if (is_newest)
    listing_.notes.push_back(fmt::format(
        "_delta_log/{} cannot be read ({}): the commits are read instead, as Spark does it; DuckDB "
        "and delta-rs cannot read the table until that file is moved away",
        checkpoint.parts.front().name, why.what));
  return true;
}

bool StoredLog::DiscardCommit(int64_t version, const Error& why) {
  // What cannot be looked at is not odd.
  const bool is_odd =
      why.code == Code::kCorrupt || why.code == Code::kRefused || why.code == Code::kUnsupported;
  if (!is_odd) return false;
  const auto now = ReadableCostOf(listing_.latest);
  const Checkpoint* const newest = now ? (*now)->base : nullptr;
  if (newest == nullptr || newest->version < version) return false;
  // A log whose every commit is odd is read by its checkpoints alone.
  constexpr size_t kMaxOneByOne = 8;
  const bool all = listing_.discarded.size() >= kMaxOneByOne;
  const auto first = all ? listing_.commits.begin() : listing_.commits.find(version);
  const auto end = listing_.commits.upper_bound(all ? newest->version : version);
  for (auto at = first; at != end; ++at)
    listing_.discarded.emplace(at->first, DiscardedCommit{at->second, why.what});
  costs_.reset();
  listing_.commits.erase(first, end);
  return true;
}

}  // namespace salvor::delta
