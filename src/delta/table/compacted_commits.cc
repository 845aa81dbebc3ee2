// Compacted files ("x.y.compacted.json"): Spark reads them in the place of the commits x to y,
// other readers do not.

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "delta/log/replay.h"
#include "delta/table/stored_log.h"

namespace salvor::delta {
namespace {

// As Spark chooses: in order of their names, each that begins above all that is covered already.
std::vector<Compacted> Chosen(const Listing& listing, int64_t base) {
  std::vector<Compacted> chosen;
  int64_t covered = base;
  for (const Compacted& one : listing.compacted) {
    if (one.first <= covered || one.last > listing.latest) continue;
    covered = one.last;
    chosen.push_back(one);
  }
  return chosen;
}

// The segment with each run of commits that a file covers replaced by that file.
LogSegment Shortened(LogSegment segment, const std::vector<Compacted>& chosen) {
  std::vector<LogFileToApply> to_apply;
  auto next = chosen.begin();
  for (LogFileToApply& entry : segment.to_apply) {
    while (next != chosen.end() && next->last < entry.version) ++next;
    const bool covered = next != chosen.end() && next->first <= entry.version;
    if (covered && next->last == entry.version) entry.file = next->file;
    if (!covered || next->last == entry.version) to_apply.push_back(std::move(entry));
  }
  segment.to_apply = std::move(to_apply);
  return segment;
}

struct Sum {
  int64_t files = 0;
  int64_t rows = 0;
};

}  // namespace

Status StoredLog::CompareCompacted(PartitionValuesPool& pool, History& history,
                                   std::vector<std::string>& notes) {
  if (listing_.compacted.empty()) return Done{};
  SALVOR_TRY(LogSegment segment, ReadableSegmentTo(listing_.latest));
  const std::vector<Compacted> chosen = Chosen(listing_, segment.base ? segment.base->version : -1);
  if (chosen.empty()) return Done{};
  History by_spark(pool, std::nullopt);
  Replay replay(fs_, duck_, progress_, pool, by_spark);
  ReplayPlan plan{log_folder_, root_, Shortened(std::move(segment), chosen), false, false, {}, {}};
  plan.time_of = [this](int64_t version) { return FileTime(version).value_or(Instant()); };
  plan.reached = [](int64_t) -> Status { return Done{}; };
  if (const Status ran = replay.Run(plan); !ran) {
    notes.push_back(
        fmt::format("Spark cannot read the table ({}): it reads compacted commits, "
                    "others do not. Move _delta_log/{} away",
                    ran.error().what, chosen.front().file.name));
    return Done{};
  }
  const auto tell = [&](const LiveSet& these, const LiveSet& others, bool only_by_spark) {
    Sum sum;
    these.Each([&](const LiveFile& file) {
      if (others.Find(file.key) != nullptr) return;
      ++sum.files;
      sum.rows += file.Rows();
      history.Doubt(DoubtKind::kCompacted, {}, file.values_id,
                    {fmt::format("compacted commits differ from the commits themselves (_delta_log/"
                                 "{}): Spark reads {} files of it than DuckDB and "
                                 "delta-rs",
                                 chosen.front().file.name, only_by_spark ? "more" : "fewer"),
                     false});
    });
    if (sum.files > 0)
      notes.push_back(
          fmt::format("{} in {} {} by Spark alone, which reads compacted commits "
                      "(_delta_log/{}); DuckDB and delta-rs read the commits. Move "
                      "the compacted files away: the commits are all there",
                      Plural(sum.rows, "row"), Plural(sum.files, "file"),
                      only_by_spark ? "are read" : "are not read", chosen.front().file.name));
  };
  tell(by_spark.Live(), history.Live(), true);
  tell(history.Live(), by_spark.Live(), false);
  return Done{};
}

}  // namespace salvor::delta
