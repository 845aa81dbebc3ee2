#include "report/status_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/shell_word.h"
#include "base/text.h"
#include "report/candidates.h"
#include "report/runs.h"
#include "report/status_headline.h"
#include "report/table.h"

namespace salvor::report {
namespace {

using model::Finding;
using model::Health;
using nlohmann::json;

std::optional<Instant> EarliestDeadline(const model::Assessment& assessment) {
  std::optional<Instant> earliest;
  for (const Finding& finding : assessment.findings) {
    if (finding.health != Health::kMissing || !finding.recoverable || !finding.deadline) continue;
    if (!earliest || *finding.deadline < *earliest) earliest = finding.deadline;
  }
  return earliest;
}

std::string DeadlineWords(const StatusView& view, Instant deadline) {
  if (deadline <= view.now) {
    return fmt::format("{} ({})", FormatDeadline(deadline), view.words.PastDeadline());
  }
  return fmt::format("{} ({} left)", FormatDeadline(deadline), FormatSpan(deadline - view.now));
}

std::string Evidence(const Finding& finding) {
  if (finding.health == Health::kBroken)
    return fmt::format("{} of {}", FormatCount(finding.now.files - finding.broken.pieces),
                       FormatCount(finding.now.files));
  if (finding.files_present + finding.files_gone == 0) return "not looked at";
  if (finding.files_gone == 0) return fmt::format("all {}", FormatCount(finding.files_present));
  return fmt::format("{} of {}", FormatCount(finding.files_present),
                     FormatCount(finding.files_present + finding.files_gone));
}

bool SameStory(const Finding& a, const Finding& b) {
  return a.health == b.health && a.old == b.old && a.last_good_version == b.last_good_version &&
         a.recoverable == b.recoverable && a.refusal == b.refusal &&
         SameDeadline(a.deadline, b.deadline);
}

// One line for a run of neighbours that lost their rows in one event.
Finding Sum(const std::vector<Finding>& findings, size_t begin, size_t end) {
  Finding sum = findings[begin];
  for (size_t i = begin + 1; i < end; ++i) {
    const Finding& next = findings[i];
    sum.deadline = std::min(sum.deadline, next.deadline);
    sum.now.rows += next.now.rows;
    sum.now.files += next.now.files;
    sum.broken.pieces += next.broken.pieces;
    sum.broken.rows += next.broken.rows;
    sum.before.rows += next.before.rows;
    sum.before.bytes += next.before.bytes;
    sum.before.uncounted += next.before.uncounted;
    sum.files_present += next.files_present;
    sum.files_gone += next.files_gone;
  }
  return sum;
}

std::string LostBy(const Finding& finding) {
  if (!finding.lost_by) return "unknown";
  std::string text = finding.lost_by->operation;
  if (!finding.lost_by->who.empty()) text += " by " + finding.lost_by->who;
  return text;
}

std::string FindingsTable(const StatusView& view) {
  using Align = Table::Align;
  Table table({{"HEALTH", Align::kLeft},
               {"PARTITIONS", Align::kLeft},
               {"COUNT", Align::kRight},
               {"ROWS NOW", Align::kRight},
               {"BEFORE", Align::kRight},
               {"SIZE", Align::kRight},
               {"LOST AT", Align::kLeft},
               {"VERSION", Align::kRight},
               {"BY", Align::kLeft},
               {"LAST GOOD", Align::kRight},
               {std::string(view.words.PiecesLeftHeader()), Align::kRight},
               {"DEADLINE", Align::kLeft}});
  const auto& findings = view.assessment.findings;
  for (const Health health : {Health::kBroken, Health::kMissing, Health::kPartial, Health::kChanged,
                              Health::kUnexpected}) {
    for (const auto& [begin, end] : Runs(findings.size(), [&](size_t a, size_t b) {
           return AreNeighbours(view.inventory.columns, findings[a].key, findings[b].key) &&
                  SameStory(findings[a], findings[b]);
         })) {
      if (findings[begin].health != health || findings[begin].old) continue;
      const Finding sum = Sum(findings, begin, end);
      const bool by_version = sum.last_good_version >= 0;
      table.Add({std::string(model::HealthName(health)),
                 FormatRun(view.inventory.columns, findings[begin].key, findings[end - 1].key,
                           end - begin),
                 FormatCount(static_cast<int64_t>(end - begin)),
                 FormatCount(sum.now.rows - sum.broken.rows), FormatRows(sum.before),
                 FormatSize(sum.before), sum.lost_by ? FormatInstant(sum.lost_by->at) : "unknown",
                 by_version ? std::to_string(sum.last_good_version + 1) : "", LostBy(sum),
                 by_version ? std::to_string(sum.last_good_version) : "", Evidence(sum),
                 FormatDeadline(sum.deadline)});
    }
  }
  return table.Empty() ? "" : "\n" + table.Format(view.width);
}

// A line for each run of neighbours that are in doubt for the same reasons.
std::string Doubts(const StatusView& view) {
  const auto& findings = view.assessment.findings;
  std::string text;
  for (const auto& [begin, end] : Runs(findings.size(), [&](size_t a, size_t b) {
         return AreNeighbours(view.inventory.columns, findings[a].key, findings[b].key) &&
                findings[a].doubts == findings[b].doubts;
       })) {
    for (const model::Doubt& doubt : findings[begin].doubts) {
      text += fmt::format("in doubt: {}: {}\n",
                          FormatRun(view.inventory.columns, findings[begin].key,
                                    findings[end - 1].key, end - begin),
                          Printable(doubt.text));
    }
  }
  return text;
}

// A line for each run of neighbours that plan would refuse for the same reason.
std::string Refusals(const StatusView& view) {
  const auto& findings = view.assessment.findings;
  std::string text;
  for (const auto& [begin, end] : Runs(findings.size(), [&](size_t a, size_t b) {
         return AreNeighbours(view.inventory.columns, findings[a].key, findings[b].key) &&
                findings[a].refusal == findings[b].refusal;
       })) {
    if (findings[begin].refusal.empty()) continue;
    text += fmt::format("refused: {}: {}\n",
                        Printable(FormatRun(view.inventory.columns, findings[begin].key,
                                            findings[end - 1].key, end - begin)),
                        Printable(findings[begin].refusal));
  }
  return text;
}

// The pieces that are not as they should be, by name: a few, since one that is gone seldom is
// alone.
std::string WrongPieces(const StatusView& view) {
  constexpr int64_t kMost = 10;
  std::string text;
  int64_t lines = 0;
  int64_t pieces = 0;
  const auto name = [&](const char* what, const std::vector<std::string>& examples) {
    for (const std::string& example : examples)
      if (lines++ < kMost) text += what + Printable(example) + "\n";
  };
  for (const Finding& finding : view.assessment.findings) {
    const bool listed = finding.health == Health::kMissing && !finding.old;
    pieces += finding.broken.pieces + (listed ? finding.files_gone : 0);
    name("broken: ", finding.broken.examples);
    if (listed) name("lost: ", finding.gone_examples);
  }
  const int64_t more = pieces - std::min(lines, kMost);
  if (lines > 0 && more > 0) text += fmt::format("and {} more\n", FormatCount(more));
  return text.empty() ? text : "\n" + text;
}

std::string Advice(const StatusView& view) {
  const auto deadline = EarliestDeadline(view.assessment);
  std::string text;
  if (view.assessment.missing_recoverable > 0) {
    if (deadline && *deadline - view.now < kDeadlineMargin) {
      text += "\nHurry: the first deadline is " + DeadlineWords(view, *deadline) +
              ".\nPersist before anything else; it needs no approval:\n";
    } else {
      text += "\nNext:\n";
    }
    text += fmt::format("  salvor plan {} --case DIR\n  salvor persist DIR\n",
                        Printable(ShellWord(view.inventory.table.uri)));
  }
  const int64_t gone = view.assessment.missing - view.assessment.missing_recoverable -
                       view.assessment.missing_refused;
  if (gone > 0) {
    text += fmt::format("\n{} cannot be brought back: {}.\n", Plural(gone, "missing partition"),
                        view.inventory.gone);
  }
  if (view.assessment.missing_refused > 0) {
    text += fmt::format(
        "\n{} cannot be put back as the table is today, for the reasons above; their rows can be "
        "read until the deadline.\n",
        Plural(view.assessment.missing_refused, "missing partition"));
  }
  if (view.assessment.broken > 0) {
    text += fmt::format(
        "\n{} cannot be read, and queries of the table may fail: put the files that are named back "
        "from a backup, byte for byte, where they were.\n",
        Plural(view.assessment.broken, "broken partition"));
  }
  return text;
}

json EventJson(const std::optional<model::Event>& event) {
  if (!event) return nullptr;
  json entry{{"version", event->version},
             {"operation", event->operation},
             {"who", event->who},
             {"kind", model::EventKindName(event->kind)}};
  AddCandidates(*event, entry);
  return entry;
}

json TallyJson(const model::Tally& tally) {
  return {{"rows", tally.rows}, {"bytes", tally.bytes}, {"files", tally.files}};
}

json FindingJson(const StatusView& view, const Finding& finding) {
  const bool lost = finding.health != Health::kIntact;
  json entry{{"partition", model::KeyToJson(view.inventory.columns, finding.key)},
             {"health", model::HealthName(finding.health)},
             {"rows", finding.now.rows},
             {"rows_before", finding.before.rows},
             {"bytes", finding.now.bytes},
             {"bytes_before", finding.before.bytes},
             {"files", finding.now.files},
             {"best", TallyJson(finding.best)},
             {"best_version", finding.best_version},
             {"lost_at", nullptr},
             {"lost_by", EventJson(finding.lost_by)},
             {"last_good_version", nullptr},
             {"recoverable", nullptr},
             {"files_present", finding.files_present},
             {"files_gone", finding.files_gone},
             {"deadline", nullptr},
             {"deadline_reason", finding.deadline_reason},
             {"looks_like_expiry", finding.looks_like_expiry}};
  if (finding.before.uncounted > 0 && finding.before.rows == 0) {
    entry["rows_before"] = entry["bytes_before"] = nullptr;
  }
  for (const model::Doubt& doubt : finding.doubts) entry["doubts"].push_back(doubt.text);
  if (finding.now.uncounted > 0) entry["files_uncounted"] = finding.now.uncounted;
  if (finding.broken.pieces > 0)
    entry["broken"] = {{"files", finding.broken.pieces},
                       {"rows", finding.broken.rows},
                       {"examples", finding.broken.examples}};
  if (!finding.gone_examples.empty()) entry["gone_examples"] = finding.gone_examples;
  if (!finding.refusal.empty()) entry["refusal"] = finding.refusal;
  if (finding.old) entry["old"] = true;
  if (!lost) return entry;
  if (finding.lost_by) entry["lost_at"] = FormatInstant(finding.lost_by->at);
  if (finding.last_good_version >= 0) entry["last_good_version"] = finding.last_good_version;
  entry["recoverable"] = finding.recoverable;
  if (finding.deadline) entry["deadline"] = FormatInstant(*finding.deadline);
  return entry;
}

}  // namespace

std::string StatusText(const StatusView& view) {
  const model::Inventory& inventory = view.inventory;
  std::string text = fmt::format("{}: {}\n", Printable(inventory.table.uri), StatusHeadline(view));
  if (const auto deadline = EarliestDeadline(view.assessment)) {
    text += "first deadline: " + DeadlineWords(view, *deadline) + "\n";
  }
  text +=
      fmt::format("looked at {}, and back to {} ({}); judged by {}, not by rows\n",
                  view.words.VersionOf(inventory.version, inventory.at),
                  view.words.VersionOf(inventory.window.first_version, inventory.window.first_at),
                  Printable(inventory.window.reason), view.words.JudgedBy());
  text += StatusBackground(view);
  for (const std::string& note : inventory.notes) text += "note: " + Printable(note) + "\n";
  text += Doubts(view) + Refusals(view);
  const std::string table = FindingsTable(view);
  if (!table.empty() && !view.words.VersionNote().empty()) {
    text += fmt::format("note: {}\n", view.words.VersionNote());
  }
  return text + table + WrongPieces(view) + Advice(view);
}

namespace {

constexpr int kIndent = 2;

// As a part of a document that has it at this depth.
std::string PartText(const json& part, size_t depth) {
  const std::string text =
      PrintableJson(part.dump(kIndent, ' ', false, json::error_handler_t::replace));
  std::string indented;
  indented.reserve(text.size());
  for (const char c : text) {
    indented += c;
    if (c == '\n') indented.append(depth * kIndent, ' ');
  }
  return indented;
}

std::string NewLine(size_t depth) { return "\n" + std::string(depth * kIndent, ' '); }

// All but the partitions.
json StatusJson(const StatusView& view) {
  const model::Inventory& inventory = view.inventory;
  const model::Assessment& seen = view.assessment;
  const auto deadline = EarliestDeadline(seen);
  return {{"table", inventory.table.uri},
          {"table_id", inventory.table.id},
          {"engine", inventory.table.engine},
          {"version", inventory.version},
          {"at", FormatInstant(inventory.at)},
          {"window",
           {{"first_version", inventory.window.first_version},
            {"first_at", FormatInstant(inventory.window.first_at)},
            {"whole_history", inventory.window.whole_history},
            {"compared", seen.compared},
            {"reason", inventory.window.reason}}},
          {"judged_by", view.words.JudgedBy()},
          {"summary",
           {{"intact", seen.intact},
            {"missing", seen.missing},
            {"partial", seen.partial},
            {"changed", seen.changed},
            {"broken", seen.broken},
            {"unexpected", seen.unexpected},
            {"expired", seen.expired}}},
          {"missing_recoverable", seen.missing_recoverable},
          {"missing_refused", seen.missing_refused},
          {"doubtful", seen.doubtful},
          {"old_losses",
           {{"partitions", seen.old.partitions}, {"gone", seen.old.gone}, {"rows", seen.old.rows}}},
          {"files_looked_for",
           inventory.pieces_looked_for ? json(*inventory.pieces_looked_for) : json(nullptr)},
          {"deadline", deadline ? json(FormatInstant(*deadline)) : json(nullptr)},
          {"notes", inventory.notes},
          {"partitions", json::array()}};
}

// There may be a million partitions: none of them is held as JSON longer than it takes to write it.
void WriteView(const StatusView& view, json around, size_t depth, const WriteText& write) {
  around.update(StatusJson(view));
  const std::string text = PartText(around, depth);
  // A text within the document has no line break of its own, so that this is the member.
  const std::string member = NewLine(depth + 1) + R"("partitions": [)";
  const size_t at = text.find(member) + member.size();
  write(std::string_view(text).substr(0, at));
  const char* comma = "";
  for (const Finding& finding : view.assessment.findings) {
    write(comma + NewLine(depth + 2) + PartText(FindingJson(view, finding), depth + 2));
    comma = ",";
  }
  if (!view.assessment.findings.empty()) write(NewLine(depth + 1));
  write(std::string_view(text).substr(at));
}

}  // namespace

void WriteStatusJson(const std::vector<StatusView>& views, bool as_list, const json& error,
                     const WriteText& write) {
  json around = json::object();
  if (!error.is_null()) around["error"] = error;
  if (!as_list || views.empty()) {
    if (views.empty()) {
      write(PartText(around, 0));
    } else {
      WriteView(views.front(), std::move(around), 0, write);
    }
    return write("\n");
  }
  const bool is_member = !error.is_null();
  const size_t depth = is_member ? 2 : 1;
  if (is_member)
    write("{" + NewLine(1) + R"("error": )" + PartText(error, 1) + "," + NewLine(1) +
          R"("result": )");
  write("[");
  for (const StatusView& view : views) {
    write((&view == &views.front() ? "" : ",") + NewLine(depth));
    WriteView(view, json::object(), depth, write);
  }
  write(NewLine(depth - 1) + "]" + (is_member ? "\n}" : "") + "\n");
}

}  // namespace salvor::report
