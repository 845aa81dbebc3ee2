#include "report/plan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"
#include "report/choices.h"
#include "report/runs.h"
#include "report/table.h"

namespace salvor::report {
namespace {

using model::Disposition;
using model::Plan;
using model::PlannedPartition;

bool SameStory(const PlannedPartition& a, const PlannedPartition& b) {
  return a.disposition == b.disposition && a.reason == b.reason && a.mode == b.mode &&
         a.snapshot == b.snapshot && SameDeadline(a.deadline, b.deadline);
}

std::string ModeWords(const PlannedPartition& partition) {
  if (partition.disposition != Disposition::kRestore) return "";
  switch (partition.mode) {
    case model::Mode::kAdd:
      return "put back";
    case model::Mode::kReplace:
      return "replace";
    case model::Mode::kBeside:
      return "put beside";
    case model::Mode::kInvert:
      return "take event back";
    case model::Mode::kInstead:
      return "instead of today's";
  }
  return "";
}

// Where there are rows already; else it is what comes back.
std::string RowsAfter(const PlannedPartition& first, const model::Tally& restore,
                      int64_t rows_now) {
  if (first.disposition != Disposition::kRestore || rows_now == 0 || restore.uncounted > 0)
    return "";
  const bool stay = first.mode == model::Mode::kBeside || first.mode == model::Mode::kInvert;
  return FormatCount(restore.rows + (stay ? rows_now : 0));
}

std::string PartitionsTable(const Plan& plan, const model::EngineWords& words, size_t width) {
  const bool pieces = !words.PiecesHeader().empty();
  using Align = Table::Align;
  Table table({{"DISPOSITION", Align::kLeft},
               {"PARTITIONS", Align::kLeft},
               {"COUNT", Align::kRight},
               {"HOW", Align::kLeft},
               {"FROM VERSION", Align::kRight},
               {"ROWS", Align::kRight},
               {"SIZE", Align::kRight},
               {std::string(words.PiecesHeader()), Align::kRight},
               {"ROWS NOW", Align::kRight},
               {"ROWS AFTER", Align::kRight},
               {"DEADLINE", Align::kLeft},
               {"REASON", Align::kLeft}});
  const auto& partitions = plan.partitions;
  for (const auto& [begin, end] : Runs(partitions.size(), [&](size_t a, size_t b) {
         return AreNeighbours(plan.columns, partitions[a].key, partitions[b].key) &&
                SameStory(partitions[a], partitions[b]);
       })) {
    const PlannedPartition& first = partitions[begin];
    model::Tally restore;
    int64_t rows_now = 0;
    std::optional<Instant> deadline = first.deadline;
    std::vector<model::PartitionKey> keys;
    for (size_t i = begin; i < end; ++i) {
      keys.push_back(partitions[i].key);
      deadline = std::min(deadline, partitions[i].deadline);
      restore.rows += partitions[i].restore.rows;
      restore.bytes += partitions[i].restore.bytes;
      restore.files += partitions[i].restore.files;
      restore.uncounted += partitions[i].restore.uncounted;
      rows_now += partitions[i].now.rows;
    }
    const bool restored = first.disposition == Disposition::kRestore;
    table.Add({std::string(model::DispositionName(first.disposition)),
               FormatListed(plan.columns, keys), FormatCount(static_cast<int64_t>(end - begin)),
               ModeWords(first), restored ? std::to_string(first.snapshot.version) : "",
               restored ? FormatRows(restore) : "", restored ? FormatSize(restore) : "",
               restored && pieces ? FormatCount(restore.files) : "", FormatCount(rows_now),
               RowsAfter(first, restore, rows_now), FormatDeadline(deadline), first.reason});
  }
  return table.Empty() ? "" : "\n" + table.Format(width);
}

// What leaves the table for it, in red where there are colours.
std::string WhatGoes(const Plan& plan, size_t width) {
  using Align = Table::Align;
  Table table({{"PARTITIONS", Align::kLeft},
               {"COUNT", Align::kRight},
               {"ROWS NOW", Align::kRight},
               {"ROWS AFTER", Align::kRight},
               {"IN BOTH", Align::kRight},
               {"GO", Align::kRight}});
  const auto planned = model::ToRestore(plan);
  std::vector<const PlannedPartition*> replaced;
  for (const PlannedPartition* one : planned)
    if (one->mode == model::Mode::kInstead) replaced.push_back(one);
  for (const auto& [begin, end] : Runs(replaced.size(), [&](size_t a, size_t b) {
         return AreNeighbours(plan.columns, replaced[a]->key, replaced[b]->key);
       })) {
    model::Tally now;
    model::Tally after;
    int64_t common = 0;
    int64_t gone = 0;
    std::vector<model::PartitionKey> keys;
    for (size_t i = begin; i < end; ++i) {
      keys.push_back(replaced[i]->key);
      now.rows += replaced[i]->now.rows;
      now.uncounted += replaced[i]->now.uncounted;
      after.rows += replaced[i]->restore.rows;
      after.uncounted += replaced[i]->restore.uncounted;
      common += replaced[i]->common;
      gone += model::RowsTakenOut(*replaced[i]);
    }
    table.Add({FormatListed(plan.columns, keys), FormatCount(static_cast<int64_t>(end - begin)),
               FormatRows(now), FormatRows(after), FormatCount(common), FormatCount(gone)});
  }
  if (table.Empty()) return "";
  return "\nWHAT GOES (saved in the private copy first; undo brings it back until clean):\n" +
         table.Format(width);
}

}  // namespace

std::string PlanSummary(const Plan& plan) {
  std::map<Disposition, int64_t> counts;
  model::Tally restore;
  for (const PlannedPartition& partition : plan.partitions) {
    ++counts[partition.disposition];
    if (partition.disposition != Disposition::kRestore) continue;
    restore.rows += partition.restore.rows;
    restore.bytes += partition.restore.bytes;
    restore.uncounted += partition.restore.uncounted;
  }
  const bool unknown = restore.rows == 0 && restore.uncounted > 0;
  std::string text =
      fmt::format("restore {} ({})", Plural(counts[Disposition::kRestore], "partition"),
                  unknown ? "nobody can count its rows before they are copied"
                          : Plural(restore.rows, "row") + ", " + FormatBytes(restore.bytes));
  for (const Disposition other :
       {Disposition::kRerun, Disposition::kLeave, Disposition::kReview, Disposition::kLost}) {
    if (counts[other] == 0) continue;
    text += fmt::format("; {} {}", model::DispositionName(other), FormatCount(counts[other]));
  }
  return text + fmt::format("; {} intact", FormatCount(plan.intact));
}

std::string PlanText(const Plan& plan, const std::string& digest, const model::EngineWords& words,
                     size_t width) {
  std::string text = fmt::format("{}: {}\n", Printable(plan.table.uri), PlanSummary(plan));
  if (!digest.empty()) {
    text += fmt::format("plan {}, made {}\nprivate copy: {}/{}\n", digest,
                        words.MadeFor(plan.state.version), Printable(plan.staging_root), digest);
  }
  if (plan.review.approvals > 0) {
    text += fmt::format("needs {}\n", Plural(plan.review.approvals, "approval"));
  } else if (plan.review.waived) {
    text += "review: TURNED OFF in salvor.yaml (approvals: 0)\n";
  } else {
    text += "review: none asked for (a bare local path)\n";
  }
  for (const std::string& warning : plan.warnings) text += "warning: " + Printable(warning) + "\n";
  return text + PartitionsTable(plan, words, width) + WhatGoes(plan, width) +
         ChoicesText(plan, words);
}

std::string StateText(const std::string& state, const std::vector<std::string>& details,
                      const std::vector<std::string>& next) {
  std::string text = "state: " + Printable(state) + "\n";
  for (const std::string& line : details) text += "  " + Printable(line) + "\n";
  if (!next.empty()) text += "Next:\n";
  for (const std::string& command : next) text += "  " + Printable(command) + "\n";
  return text;
}

}  // namespace salvor::report
