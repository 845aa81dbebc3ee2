#include "report/history_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/candidates.h"
#include "report/runs.h"
#include "report/table.h"

namespace salvor::report {
namespace {

using model::Event;
using nlohmann::json;

// "2021-05-01 .. 2021-05-09, NULL" of what the event touched.
std::string Span(const model::Inventory& inventory, const Event& event) {
  std::vector<model::PartitionKey> keys;
  keys.reserve(event.changes.size());
  for (const model::PartitionChange& change : event.changes) keys.push_back(change.key);
  return FormatKeys(inventory.columns, std::move(keys));
}

// It emptied partitions of rows that nobody had counted.
bool RemovedUncounted(const Event& event) { return event.emptied > 0 && event.rows_removed == 0; }

json EventJson(const model::Inventory& inventory, const Event& event) {
  json changes = json::array();
  for (const model::PartitionChange& change : event.changes) {
    changes.push_back({{"partition", model::KeyToJson(inventory.columns, change.key)},
                       {"rows_before", change.rows_before},
                       {"rows_after", change.rows_after},
                       {"files_removed", change.files_removed}});
  }
  json entry{{"version", event.version},
             {"at", FormatInstant(event.at)},
             {"operation", event.operation},
             {"who", event.who},
             {"kind", model::EventKindName(event.kind)},
             {"partitions_shrunk", event.partitions},
             {"partitions_emptied", event.emptied},
             {"rows_removed", RemovedUncounted(event) ? json() : json(event.rows_removed)},
             {"files_removed", event.files_removed},
             {"files_added", event.files_added},
             {"takes_oldest", event.takes_oldest},
             {"by_expiry", event.by_expiry},
             {"by_salvor", event.by_salvor},
             {"partitions", std::move(changes)}};
  if (event.repartitions) entry["repartitions"] = true;
  AddCandidates(event, entry);
  return entry;
}

// The window may begin after the first event, where the partitioning changed: then partitions can
// be compared from there on only, and events are told all the same.
std::string Since(const model::Inventory& inventory, const model::EngineWords& words) {
  const model::Window& window = inventory.window;
  if (inventory.events.empty() || inventory.events.front().version >= window.first_version)
    return words.VersionOf(window.first_version, window.first_at);
  const Event& first = inventory.events.front();
  return words.VersionOf(first.version, first.at);
}

}  // namespace

std::string HistoryText(const model::Inventory& inventory, const model::EngineWords& words,
                        size_t width) {
  int64_t rows = 0;
  for (const Event& event : inventory.events) rows += event.rows_removed;
  const bool uncounted =
      std::any_of(inventory.events.begin(), inventory.events.end(), RemovedUncounted);
  const bool pieces = !words.PiecesHeader().empty();
  std::string text =
      fmt::format("{}: {} removed rows{} since {}, {} in all{}\n", Printable(inventory.table.uri),
                  Plural(static_cast<int64_t>(inventory.events.size()), "event"),
                  pieces ? " or files" : "", Since(inventory, words), Plural(rows, "row"),
                  uncounted ? " and some that nobody counted" : "");
  for (const std::string& note : inventory.notes) text += "note: " + Printable(note) + "\n";
  if (!inventory.events.empty() && !words.VersionNote().empty()) {
    text += fmt::format("note: {}\n", words.VersionNote());
  }
  using Align = Table::Align;
  Table table({{"VERSION", Align::kRight},
               {"AT", Align::kLeft},
               {"OPERATION", Align::kLeft},
               {"WHO", Align::kLeft},
               {"KIND", Align::kLeft},
               {"PARTITIONS", Align::kRight},
               {"EMPTIED", Align::kRight},
               {"ROWS REMOVED", Align::kRight},
               {std::string(words.PiecesHeader()), Align::kRight},
               {"WHICH", Align::kLeft}});
  for (const Event& event : inventory.events) {
    table.Add({std::to_string(event.version), FormatInstant(event.at), event.operation, event.who,
               std::string(model::EventKindName(event.kind)), FormatCount(event.partitions),
               FormatCount(event.emptied),
               RemovedUncounted(event) ? "?" : FormatCount(event.rows_removed),
               pieces ? FormatCount(event.files_removed) : "", Span(inventory, event)});
  }
  if (table.Empty()) return text;
  const std::string candidates = CandidatesText(inventory);
  return text + "\n" + table.Format(width) + (candidates.empty() ? "" : "\n" + candidates);
}

json HistoryJson(const model::Inventory& inventory) {
  json events = json::array();
  for (const Event& event : inventory.events) events.push_back(EventJson(inventory, event));
  return {{"table", inventory.table.uri},
          {"version", inventory.version},
          {"window",
           {{"first_version", inventory.window.first_version},
            {"first_at", FormatInstant(inventory.window.first_at)},
            {"whole_history", inventory.window.whole_history},
            {"reason", inventory.window.reason}}},
          {"notes", inventory.notes},
          {"events", std::move(events)}};
}

}  // namespace salvor::report
