#include "report/status_headline.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"

namespace salvor::report {
namespace {

using model::Assessment;
using model::Event;

// What is expected to be there: not what the table's own expiration took, and no old news.
int64_t Expected(const Assessment& seen) {
  return static_cast<int64_t>(seen.findings.size()) - seen.expired - seen.old.partitions;
}

// From when on all that was lost is told one by one.
std::string Since(const StatusView& view) {
  const model::Window& window = view.inventory.window;
  if (view.assessment.old.partitions > 0) return "since " + FormatInstant(*window.recent_from);
  return "since " + view.words.VersionOf(window.first_version, window.first_at);
}

// The event that the window begins with, if it left other partitions and fewer rows.
const Event* Cut(const model::Inventory& inventory) {
  for (const Event& event : inventory.events)
    if (event.repartitions && event.rows_removed > 0 &&
        event.version == inventory.window.first_version)
      return &event;
  return nullptr;
}

std::string Pieces(const StatusView& view) {
  if (!view.inventory.pieces_looked_for) return "";
  return *view.inventory.pieces_looked_for ? ", and every file is there"
                                           : "; files were not looked for";
}

std::string NothingFound(const StatusView& view) {
  const Assessment& seen = view.assessment;
  const std::string total = Plural(Expected(seen), "partition");
  if (seen.doubtful > 0)
    return fmt::format("nothing missing among {} {}, but {} cannot be judged for certain", total,
                       Since(view), FormatCount(seen.doubtful));
  if (const Event* cut = Cut(view.inventory))
    return fmt::format("nothing missing among {} {}, which changed the partitioning and took {}{}",
                       total, Since(view), Plural(cut->rows_removed, "row"), Pieces(view));
  if (!seen.compared) return fmt::format("nothing to compare {} with", total) + Pieces(view);
  const std::string intact =
      Expected(seen) == 1 ? "its one partition is intact" : fmt::format("all {} are intact", total);
  return fmt::format("whole {}: {}{}", Since(view), intact, Pieces(view));
}

std::string Found(const StatusView& view) {
  const Assessment& seen = view.assessment;
  const std::string total = Plural(Expected(seen), "partition");
  std::string line;
  if (seen.broken > 0) {
    line = fmt::format("{} of {} broken, ", FormatCount(seen.broken), total);
    line += fmt::format("{} missing, {} recoverable", FormatCount(seen.missing),
                        FormatCount(seen.missing_recoverable));
  } else if (seen.missing > 0) {
    line = fmt::format("{} of {} missing, {} recoverable", FormatCount(seen.missing), total,
                       FormatCount(seen.missing_recoverable));
  } else {
    line = fmt::format("no partition of {} missing", FormatCount(Expected(seen)));
  }
  if (seen.missing_refused > 0)
    line += fmt::format(" ({} that today's table cannot take)", FormatCount(seen.missing_refused));
  line += fmt::format("; {} partial, {} changed, {} intact", FormatCount(seen.partial),
                      FormatCount(seen.changed), FormatCount(seen.intact));
  const bool unseen = view.inventory.pieces_looked_for == std::optional(false);
  return unseen ? line + Pieces(view) : line;
}

std::string WhatToDo(const model::Inventory& inventory) {
  const model::Window& window = inventory.window;
  const bool held = std::any_of(inventory.partitions.begin(), inventory.partitions.end(),
                                [](const auto& record) { return record.now.files > 0; });
  if (!held && window.first_version < inventory.version)
    return "no version since then has held a row, so none can be missed; an older table in the "
           "same place is known to a backup of its log alone";
  if (!window.whole_history) return "look further back with an earlier --since, or without it";
  if (inventory.version == 0) return "the table has one version; what comes after it is compared";
  return "no earlier version can be read here; a backup of the table's log, put beside a copy of "
         "the table, can be asked instead";
}

}  // namespace

std::string StatusHeadline(const StatusView& view) {
  const Assessment& seen = view.assessment;
  const bool found = seen.missing + seen.partial + seen.changed + seen.broken > 0;
  std::string line = found ? Found(view) : NothingFound(view);
  if (seen.expired > 0)
    line += fmt::format("; {} gone by the table's own expiration", FormatCount(seen.expired));
  return line;
}

std::string StatusBackground(const StatusView& view) {
  const Assessment& seen = view.assessment;
  std::string text;
  if (!seen.compared && Cut(view.inventory) == nullptr)
    text += "nothing was compared: " + WhatToDo(view.inventory) + "\n";
  if (seen.old.partitions == 0) return text;
  text += fmt::format(
      "before {}: {} lost {}, of which {} went whole and cannot be brought back; "
      "`salvor history {}` names the events\n",
      FormatInstant(*view.inventory.window.recent_from), Plural(seen.old.partitions, "partition"),
      Plural(seen.old.rows, "row"), FormatCount(seen.old.gone),
      Printable(ShellWord(view.inventory.table.uri)));
  return text;
}

}  // namespace salvor::report
