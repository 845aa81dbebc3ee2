#include "delta/log_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

namespace salvor::delta {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;

std::optional<int64_t> Digits(std::string_view text, size_t count) {
  if (text.size() != count) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
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
  void Take(LogFile file) {
    const std::string name = file.name;
    const std::vector<std::string_view> pieces = SplitDots(name);
    const std::optional<int64_t> version = Digits(pieces[0], kVersionDigits);
    if (!version) return;
    if (pieces.size() == 2 && pieces[1] == "json") {
      listing_.commits.emplace(*version, std::move(file));
    } else if (pieces.size() >= 3 && pieces[1] == "checkpoint") {
      TakeCheckpoint(*version, pieces, std::move(file));
    } else if (pieces.size() == 4 && pieces[2] == "compacted" && pieces[3] == "json") {
      const std::optional<int64_t> last = Digits(pieces[1], kVersionDigits);
      if (last && *last >= *version)
        listing_.compactions.push_back({*version, *last, std::move(file)});
    }
  }

  Listing Finish() {
    for (auto& [id, parts] : groups_) FinishGroup(id.first, id.second, parts);
    std::sort(listing_.compactions.begin(), listing_.compactions.end(),
              [](const Compaction& a, const Compaction& b) {
                return std::tie(a.first, a.last) < std::tie(b.first, b.last);
              });
    std::optional<Instant> previous;
    for (const auto& [version, file] : listing_.commits) {
      Instant time = file.modified;
      if (previous && time <= *previous) time = *previous + Millis(1);
      listing_.monotonic_times.emplace(version, time);
      previous = time;
    }
    if (!listing_.commits.empty()) listing_.latest = listing_.commits.rbegin()->first;
    if (!listing_.checkpoints.empty())
      listing_.latest = std::max(listing_.latest, listing_.checkpoints.rbegin()->first);
    for (const Compaction& compaction : listing_.compactions)
      listing_.latest = std::max(listing_.latest, compaction.last);
    return std::move(listing_);
  }

 private:
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
};

// The steps from the state after `base` to `version`, or the first version that is missing.
tl::expected<std::vector<Step>, int64_t> StepsFrom(const Listing& listing, int64_t base,
                                                   int64_t version) {
  std::vector<Step> steps;
  int64_t next = base + 1;
  while (next <= version) {
    if (const auto commit = listing.commits.find(next); commit != listing.commits.end()) {
      steps.push_back({next, next, commit->second});
      ++next;
      continue;
    }
    const Compaction* best = nullptr;
    for (const Compaction& compaction : listing.compactions) {
      if (compaction.first > next || compaction.last < next || compaction.last > version) continue;
      if (best == nullptr || compaction.last > best->last) best = &compaction;
    }
    if (best == nullptr) return tl::unexpected(next);
    steps.push_back({best->first, best->last, best->file});
    next = best->last + 1;
  }
  return steps;
}

}  // namespace

std::string VersionDigits(int64_t version) { return fmt::format("{:020}", version); }

Result<Listing> ListLog(const io::FsReader& fs, const std::string& log_folder) {
  SALVOR_TRY(const std::vector<io::FsReader::Entry> entries, fs.ListEntries(log_folder));
  Sorter sorter;
  for (const io::FsReader::Entry& entry : entries) {
    io::FileInfo info = entry.info;
    if (info.type == io::FileInfo::Type::kSymlink) {
      SALVOR_TRY(const std::optional<io::FileInfo> target,
                 fs.Stat(io::JoinPath(log_folder, entry.name)));
      if (!target) continue;
      info = *target;
    }
    if (info.type != io::FileInfo::Type::kFile) continue;
    sorter.Take({entry.name, info.size, info.modified});
  }
  return sorter.Finish();
}

int64_t Route::Bytes() const {
  int64_t bytes = 0;
  if (base)
    for (const LogFile& part : base->parts) bytes += part.size;
  for (const Step& step : steps) bytes += step.file.size;
  return bytes;
}

Result<Route> Listing::RouteOn(int64_t from, int64_t version) const {
  auto steps = StepsFrom(*this, from, version);
  if (steps) return Route{std::nullopt, std::move(*steps)};
  return Fail(Code::kTooLate, fmt::format("commit {} is missing", steps.error()),
              VersionDigits(steps.error()) + ".json");
}

Result<Route> Listing::RouteTo(int64_t version) const {
  if (version < 0 || version > latest)
    return Fail(Code::kNotFound, fmt::format("the table has no version {}", version),
                fmt::format("the latest is {}", latest));
  std::optional<int64_t> missing;
  std::string broken;
  for (auto at = checkpoints.upper_bound(version); at != checkpoints.begin();) {
    --at;
    auto steps = StepsFrom(*this, at->first, version);
    if (steps) return Route{at->second, std::move(*steps)};
    if (!missing) missing = steps.error();
  }
  auto steps = StepsFrom(*this, -1, version);
  if (steps) return Route{std::nullopt, std::move(*steps)};
  if (!missing) missing = steps.error();
  for (const auto& [at, why] : incomplete)
    if (at <= version) broken = fmt::format("; checkpoint {} cannot be used: {}", at, why);
  return Fail(
      version == latest ? Code::kCorrupt : Code::kTooLate,
      fmt::format("version {} cannot be rebuilt: commit {} is missing{}", version, *missing,
                  broken),
      VersionDigits(*missing) + ".json",
      version == latest ? "Put the missing file of the log back" : "Choose a later version");
}

Result<int64_t> Listing::Earliest() const {
  if (commits.contains(0)) return 0;
  std::set<int64_t> candidates;
  for (const auto& [version, checkpoint] : checkpoints) candidates.insert(version);
  for (const Compaction& compaction : compactions)
    if (compaction.first == 0) candidates.insert(compaction.last);
  if (!candidates.empty()) return *candidates.begin();
  SALVOR_OK(RouteTo(latest));
  return Fail(Code::kInternal, "a log that can be rebuilt from nothing");
}

int64_t Listing::UnbrokenFrom() const {
  int64_t from = latest;
  while (commits.contains(from)) --from;
  return from + 1;
}

}  // namespace salvor::delta
