#include "delta/log/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;
// No table loses so many commits at once, and none has so many.
constexpr int64_t kFar = 1'000'000;
constexpr int64_t kLastVersion = 1'000'000'000'000'000;
constexpr const char* kHint = "_last_checkpoint";

std::optional<int64_t> Digits(std::string_view text, size_t count) {
  if (text.size() != count) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return ParseInt64(text);
}

std::vector<std::string_view> SplitDots(std::string_view name) {
  std::vector<std::string_view> pieces;
  size_t start = 0;
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', start)) {
    pieces.push_back(name.substr(start, dot - start));
    start = dot + 1;
  }
  pieces.push_back(name.substr(start));
  return pieces;
}

// The parts seen so far of a multi-part checkpoint; two writers may have cut one version
// differently.
using PartGroups = std::map<std::pair<int64_t, int64_t>, std::map<int64_t, LogFile>>;

class Sorter {
 public:
  void Take(LogFile file, bool is_folder) {
    const std::string name = file.name;
    const std::vector<std::string_view> pieces = SplitDots(name);
    const std::optional<int64_t> version = Digits(pieces[0], kVersionDigits);
    const bool is_commit = pieces.size() == 2 && pieces[1] == "json";
    if (is_folder) {
      if (version && is_commit) TakeFolder(*version, name);
      return;
    }
    if (!version) {
      NoteOddVersion(pieces[0], is_commit, name);
    } else if (is_commit) {
      listing_.commits.emplace(*version, std::move(file));
    } else if (pieces.size() >= 3 && pieces[1] == "checkpoint") {
      TakeCheckpoint(*version, pieces, std::move(file));
    } else if (pieces.size() == 4 && pieces[2] == "compacted" && pieces[3] == "json") {
      const std::optional<int64_t> last = Digits(pieces[1], kVersionDigits);
      if (last && *last >= *version)
        listing_.compacted.push_back({*version, *last, std::move(file)});
    }
  }

  Listing Finish() {
    for (auto& [id, parts] : groups_) FinishGroup(id.first, id.second, parts);
    while (SetStrayAside()) {
    }
    std::sort(listing_.compacted.begin(), listing_.compacted.end(),
              [](const auto& a, const auto& b) { return a.file.name < b.file.name; });
    std::optional<Instant> previous;
    for (const auto& [version, file] : listing_.commits) {
      Instant time = file.modified;
      if (previous && time <= *previous) time = *previous + Millis(1);
      listing_.monotonic_times.emplace(version, time);
      previous = time;
    }
    listing_.latest = Last();
    if (folder_above_ > listing_.latest)
      Refuse(fmt::format("a folder stands in the place of commit {}", folder_above_));
    return std::move(listing_);
  }

 private:
  void Refuse(const std::string& why) {
    if (listing_.writing_refusal.empty()) listing_.writing_refusal = why;
  }

  [[nodiscard]] int64_t Last() const {
    int64_t last = listing_.commits.empty() ? -1 : listing_.commits.rbegin()->first;
    if (!listing_.checkpoints.empty()) last = std::max(last, listing_.checkpoints.rbegin()->first);
    return last;
  }

  // A commit or checkpoint that stands alone, far above all others, is not part of this table's
  // history: no writer skips versions.
  bool SetStrayAside() {
    const int64_t last = Last();
    int64_t before = -1;
    for (auto at = listing_.commits.rbegin(); at != listing_.commits.rend() && before < 0; ++at)
      if (at->first < last) before = at->first;
    for (auto at = listing_.checkpoints.rbegin(); at != listing_.checkpoints.rend(); ++at) {
      if (at->first == last) continue;
      before = std::max(before, at->first);
      break;
    }
    if (last < kFar || (last <= kLastVersion && (before < 0 || last - before < kFar))) return false;
    std::string name;
    std::string effect;
    if (const auto [begin, end] = listing_.checkpoints.equal_range(last); begin != end) {
      name = begin->second.parts.front().name;
      effect = "DuckDB and delta-rs take it for the table, Spark cannot read the table";
      listing_.checkpoints.erase(begin, end);
    }
    if (const auto commit = listing_.commits.find(last); commit != listing_.commits.end()) {
      if (name.empty()) effect = "no reader can read the table";
      name = commit->second.name;
      listing_.commits.erase(commit);
    }
    listing_.notes.push_back(fmt::format(
        "_delta_log/{} stands far above every other version ({}): {}; what is said here is of the "
        "log without it. Move it away",
        name, before, effect));
    Refuse(fmt::format("_delta_log/{} hides every commit that is written now: move it away", name));
    return true;
  }

  void TakeFolder(int64_t version, const std::string& name) {
    folder_above_ = std::max(folder_above_, version);
    listing_.notes.push_back(
        fmt::format("_delta_log/{} is a folder: Spark cannot read the table, others pass over it. "
                    "Move it away",
                    name));
  }

  void NoteOddVersion(std::string_view digits, bool is_commit, const std::string& name) {
    const bool all_digits = digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_commit || !all_digits || digits.size() < kVersionDigits) return;
    listing_.notes.push_back(fmt::format(
        "_delta_log/{} is named like a commit, but its number is not a version: Spark takes "
        "it for one or cannot read the table, others pass over it. Move it away",
        name));
  }

  void TakeCheckpoint(int64_t version, const std::vector<std::string_view>& pieces, LogFile file) {
    const std::string_view kind = pieces.back();
    if (kind != "parquet" && kind != "json") return;
    if (file.size == 0) {
      listing_.incomplete.emplace(version, file.name + " is empty");
    } else if (pieces.size() == 3 && kind == "parquet") {
      listing_.checkpoints.emplace(version, Checkpoint{version, false, {std::move(file)}});
    } else if (pieces.size() == 4) {
      listing_.checkpoints.emplace(version, Checkpoint{version, kind == "json", {std::move(file)}});
    } else if (pieces.size() == 5 && kind == "parquet") {
      const std::optional<int64_t> part = Digits(pieces[2], kPartDigits);
      const std::optional<int64_t> total = Digits(pieces[3], kPartDigits);
      if (part && total && *part >= 1 && *part <= *total)
        groups_[{version, *total}].emplace(*part, std::move(file));
    }
  }

  void FinishGroup(int64_t version, int64_t total, std::map<int64_t, LogFile>& parts) {
    if (static_cast<int64_t>(parts.size()) != total) {
      int64_t missing = 1;
      while (parts.contains(missing)) ++missing;
      listing_.incomplete.emplace(version, fmt::format("part {} of {} is missing", missing, total));
      return;
    }
    Checkpoint checkpoint{version, false, {}};
    for (auto& [number, file] : parts) checkpoint.parts.push_back(std::move(file));
    listing_.checkpoints.emplace(version, std::move(checkpoint));
  }

  Listing listing_;
  PartGroups groups_;
  int64_t folder_above_ = -1;
};

// The commits from the state after `base` to `version`, or the first version that is missing.
tl::expected<std::vector<LogFileToApply>, int64_t> FilesToApply(const Listing& listing,
                                                                int64_t base, int64_t version) {
  std::vector<LogFileToApply> to_apply;
  const auto wanted = static_cast<size_t>(version - base);
  to_apply.reserve(std::min(wanted, listing.commits.size()));
  for (auto commit = listing.commits.upper_bound(base);; ++commit) {
    const int64_t next = base + 1 + static_cast<int64_t>(to_apply.size());
    if (next > version) return to_apply;
    if (commit == listing.commits.end() || commit->first != next) return tl::unexpected(next);
    to_apply.push_back({next, commit->second, std::nullopt, 0, 0});
  }
}

// What `_last_checkpoint` says, as far as it sends readers astray.
std::string HintNote(const Listing& listing, const std::string& text) {
  const auto hint = ParseJsonObject(text);
  if (!hint) return {};
  const auto version = IntMember(*hint, "version");
  const auto parts = IntMember(*hint, "parts");
  if (!version || !*version) return {};
  const auto named = listing.checkpoints.lower_bound(**version);
  if (named != listing.checkpoints.end()) {
    const auto count = static_cast<int64_t>(named->second.parts.size());
    if (!parts || !*parts || named->first != **version || count == **parts) return {};
    return fmt::format(
        "_delta_log/_last_checkpoint says that checkpoint {} has {}, and it has {}: DuckDB cannot "
        "read the table, others can. Move that file away",
        **version, Plural(**parts, "part"), count);
  }
  return fmt::format(
      "_delta_log/_last_checkpoint names version {}, and there is no checkpoint at or after it: "
      "DuckDB and delta-rs cannot read the table, Spark can. Move that file away",
      **version);
}

}  // namespace

std::string VersionDigits(int64_t version) { return fmt::format("{:020}", version); }

Result<Listing> ListLog(const TableFiles& fs, const std::string& log_folder) {
  SALVOR_TRY(const std::vector<FoundFile> found, fs->List(log_folder));
  Sorter sorter;
  bool has_hint = false;
  for (const FoundFile& file : found) {
    if (file.name == kHint && !file.is_folder) has_hint = true;
    sorter.Take({file.name, file.size, file.modified}, file.is_folder);
  }
  Listing listing = sorter.Finish();
  if (!has_hint) return listing;
  constexpr int64_t kMaxHintBytes = int64_t{1} << 20U;
  const auto hint = fs.ReadFile(io::JoinPath(log_folder, kHint), kMaxHintBytes);
  if (std::string note = hint ? HintNote(listing, *hint) : ""; !note.empty())
    listing.notes.push_back(std::move(note));
  return listing;
}

int64_t LogSegment::Bytes() const {
  int64_t bytes = 0;
  if (base)
    for (const LogFile& part : base->parts) bytes += part.size;
  for (const LogFileToApply& entry : to_apply) {
    bytes += entry.file.size;
    if (entry.checkpoint)
      for (const LogFile& part : entry.checkpoint->parts) bytes += part.size;
  }
  return bytes;
}

Result<LogSegment> Listing::SegmentOn(int64_t from, int64_t version) const {
  auto to_apply = FilesToApply(*this, from, version);
  if (to_apply) return LogSegment{std::nullopt, std::move(*to_apply)};
  return Fail(Code::kTooLate, fmt::format("commit {} is missing", to_apply.error()),
              VersionDigits(to_apply.error()) + ".json");
}

Result<LogSegment> Listing::SegmentTo(int64_t version) const {
  if (version < 0 || version > latest)
    return Fail(Code::kNotFound, fmt::format("the table has no version {}", version),
                fmt::format("the latest is {}", latest));
  LogSegment segment;
  int64_t from = -1;
  if (const auto above = checkpoints.upper_bound(version); above != checkpoints.begin()) {
    segment.base = std::prev(above)->second;
    from = segment.base->version;
  }
  auto to_apply = FilesToApply(*this, from, version);
  if (to_apply) {
    segment.to_apply = std::move(*to_apply);
    return segment;
  }
  std::string broken;
  const auto odd = discarded.find(to_apply.error());
  const std::string fate =
      odd == discarded.end() ? "is missing" : "cannot be read: " + odd->second.why;
  for (const auto& [at, why] : incomplete)
    if (at <= version) broken = fmt::format("; checkpoint {} cannot be used: {}", at, why);
  return Fail(
      version == latest ? Code::kCorrupt : Code::kTooLate,
      fmt::format("version {} cannot be rebuilt: commit {} {}{}", version, to_apply.error(), fate,
                  broken),
      VersionDigits(to_apply.error()) + ".json",
      version == latest ? "Put the missing file of the log back" : "Choose a later version");
}

Result<LogSegment> Listing::HistoryFrom(int64_t version) const {
  SALVOR_TRY(LogSegment segment, SegmentTo(version));
  segment.to_apply.reserve(segment.to_apply.size() + commits.size());
  for (int64_t at = version; at < latest;) {
    if (const auto commit = commits.find(at + 1); commit != commits.end()) {
      segment.to_apply.push_back({++at, commit->second, std::nullopt, 0, 0});
      continue;
    }
    const auto next = checkpoints.upper_bound(at);
    if (next == checkpoints.end()) return SegmentTo(latest);  // the error
    const int64_t first_lost = at + 1;
    at = next->first;
    int64_t last_lost = at;
    while (commits.contains(last_lost)) --last_lost;
    segment.to_apply.push_back({at, {}, next->second, first_lost, last_lost});
  }
  return segment;
}

Result<int64_t> Listing::Earliest() const {
  if (commits.contains(0)) return 0;
  if (!checkpoints.empty()) return checkpoints.begin()->first;
  SALVOR_OK(SegmentTo(latest));
  return Fail(Code::kInternal, "a log that can be rebuilt from nothing");
}

void Listing::Discard(const Checkpoint& checkpoint, const std::string& why) {
  const auto [begin, end] = checkpoints.equal_range(checkpoint.version);
  const auto at = std::find_if(begin, end, [&](const auto& entry) {
    return entry.second.parts.front().name == checkpoint.parts.front().name;
  });
  if (at == end) return;
  incomplete.emplace(checkpoint.version, why);
  checkpoints.erase(at);
}

}  // namespace salvor::delta
