#include "delta/table/notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace salvor::delta {

void NoteCounting(const model::Inventory& inventory, const Replay& replay,
                  std::vector<std::string>& notes) {
  const int64_t counted = replay.CountedFromFooters();
  int64_t uncounted = 0;
  for (const model::PartitionRecord& record : inventory.partitions)
    uncounted += record.now.uncounted;
  if (counted > 0)
    notes.push_back(fmt::format("{} without row counts in the log: counted from their footers",
                                Plural(counted, "file")));
  if (uncounted > 0)
    notes.push_back(
        fmt::format("{} could not be counted: neither the log nor a footer tells the "
                    "rows, so row counts leave them out",
                    Plural(uncounted, "live file")));
  if (replay.FalselyEmpty() > 0)
    notes.push_back(
        fmt::format("{} without rows by the log, and with rows by their footers: counted by these",
                    Plural(replay.FalselyEmpty(), "file")));
}

void NoteLiveFiles(const LiveFilesSeen& seen, std::vector<std::string>& notes) {
  if (seen.elsewhere > 0)
    notes.push_back(
        fmt::format("{} on another file system, or named by a path with '..': not looked for",
                    Plural(seen.elsewhere, "live file")));
  if (seen.without_size > 0)
    notes.push_back(
        fmt::format("{} of no bytes by the log, and with some on the disk: Spark may "
                    "read no rows of such a file",
                    Plural(seen.without_size, "live file")));
}

void NoteUnlisted(const model::Inventory& inventory, const DiskFiles& disk,
                  std::vector<std::string>& notes) {
  const bool all_found = std::none_of(
      inventory.partitions.begin(), inventory.partitions.end(),
      [](const auto& record) { return record.broken.pieces > 0 || record.files_gone > 0; });
  if (all_found) return;
  for (const std::string& folder : disk.Unlisted())
    notes.push_back("a folder could not be listed, so that no file was seen in it: " + folder);
}

void NoteDiscarded(const Listing& listing, std::vector<std::string>& notes) {
  if (listing.discarded.empty()) return;
  const auto& [version, odd] = *listing.discarded.begin();
  const auto more = static_cast<int64_t>(listing.discarded.size()) - 1;
  notes.push_back(fmt::format(
      "commit {} counts as lost ({}){}: readers read the checkpoint above it in its place", version,
      odd.why, more == 0 ? "" : fmt::format(", and {} more", FormatCount(more))));
}

void NoteRepartition(History& history, std::vector<std::string>& notes) {
  const auto version = history.Repartitioned();
  if (!version) return;
  std::string fell;
  for (const model::Event& event : history.Events())
    if (event.repartitions && event.version == *version && event.rows_removed > 0)
      fell = fmt::format(
          " ({} by {}), and left {} fewer than there were. Files of before it cannot "
          "go back as they are",
          event.operation, event.who.empty() ? "nobody named" : event.who,
          Plural(event.rows_removed, "row"));
  notes.push_back(
      fmt::format("version {} changed the partition columns{}; partitions of before it are not "
                  "compared with those of today",
                  *version, fell));
}

}  // namespace salvor::delta
