#include "report/ticket.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/shell_word.h"
#include "base/text.h"
#include "report/plan_report.h"
#include "report/runs.h"

namespace salvor::report {
namespace {

using model::Disposition;
using model::Mode;
using model::Plan;
using model::PlannedPartition;

constexpr size_t kShortDigest = 12;

// A title is one line of at most 255 characters in every tracker.
std::string Shortened(const std::string& name) {
  constexpr size_t kMost = 160;
  std::string text = Printable(name);
  if (text.size() <= kMost) return text;
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

class Ticket {
 public:
  explicit Ticket(const TicketFacts& facts)
      : facts_(facts), plan_(facts.plan), words_(*facts.words) {}

  MarkedText Write() {
    Alerts();
    Subject();
    Lost();
    WhatRuns();
    Checked();
    HowToGoOn();
    return std::move(text_);
  }

 private:
  void Alerts() {
    if (plan_.review.approvals <= 0) {
      text_.Alert("APPROVALS: 0. Nobody else needs to agree before production is written.");
    }
    if (plan_.pins.allow_unchecked_iam) {
      text_.Alert("OVERRIDE: readers of the private copy that cannot be listed were accepted.");
    }
    for (const std::string& override_name : facts_.overrides) {
      // Its name is foreign, so it stands below the alert and not in it.
      text_.Alert("OVERRIDE: a rule was set aside by name.");
      text_.Items({{Foreign(override_name)}});
    }
    if (model::TakesRowsOut(plan_)) {
      text_.Alert(fmt::format(
          "ROWS GO: {} of today's leave the table and are in nothing that comes back. They are "
          "saved in the private copy first, from where undo brings them back until clean drops it.",
          Plural(model::RowsTakenOut(plan_), "row")));
    }
    if (plan_.warnings.empty()) return;
    text_.Alert("WARNINGS: read these first. Where deletions are named, they must be run again.");
    if (facts_.redact) {
      text_.Text({Own(fmt::format("{}, left out here because they may name partitions.",
                                  Plural(std::ssize(plan_.warnings), "warning")))});
      return;
    }
    std::vector<Words> warnings;
    for (const std::string& warning : plan_.warnings) warnings.push_back({Foreign(warning)});
    text_.Items(std::move(warnings));
  }

  void Subject() {
    text_.Heading("What this is about");
    std::vector<Words> items{
        {Own("table: "), Foreign(plan_.table.uri), Own(" ("), Foreign(plan_.table.engine),
         Own(")")},
        {Own("plan: "), Foreign(facts_.digest)},
        {Own("made " + words_.MadeFor(plan_.state.version))},
        {Own("in short: " + PlanSummary(plan_))},
        {Own("private copy: "), Foreign(plan_.staging_root + "/" + facts_.digest)},
        {Own("case: "), Foreign(facts_.folder)}};
    if (!facts_.author.empty()) items.push_back({Own("planned by: "), Foreign(facts_.author)});
    if (const auto deadline = Deadline()) {
      items.push_back(
          {Own(fmt::format("deadline: {} (after it the lost rows can no longer be read "
                           "for sure; a private copy made before is not touched by it)",
                           FormatInstant(*deadline)))});
    }
    text_.Items(std::move(items));
  }

  [[nodiscard]] std::optional<Instant> Deadline() const {
    std::optional<Instant> earliest;
    for (const PlannedPartition& one : plan_.partitions) {
      if (one.disposition != Disposition::kRestore || !one.deadline) continue;
      if (!earliest || *one.deadline < *earliest) earliest = one.deadline;
    }
    return earliest;
  }

  [[nodiscard]] Words Where(size_t begin, size_t end) const {
    if (facts_.redact) {
      return {Own(end - begin == 1
                      ? fmt::format("partition {} of plan.json", begin + 1)
                      : fmt::format("partitions {} to {} of plan.json", begin + 1, end))};
    }
    std::vector<model::PartitionKey> keys;
    for (size_t i = begin; i < end; ++i) keys.push_back(plan_.partitions[i].key);
    return {Foreign(FormatListed(plan_.columns, keys)),
            Own(end - begin == 1 ? std::string()
                                 : fmt::format(" ({} partitions)",
                                               FormatCount(static_cast<int64_t>(end - begin))))};
  }

  void Lost() {
    text_.Heading("What was lost, when and by what");
    const auto& partitions = plan_.partitions;
    std::vector<Words> items;
    for (const auto& [begin, end] : Runs(partitions.size(), [&](size_t a, size_t b) {
           return AreNeighbours(plan_.columns, partitions[a].key, partitions[b].key) &&
                  SameLoss(partitions[a], partitions[b]);
         })) {
      items.push_back(LostRun(begin, end));
    }
    text_.Items(std::move(items));
  }

  static bool SameLoss(const PlannedPartition& a, const PlannedPartition& b) {
    return a.disposition == b.disposition && a.health == b.health && a.event == b.event &&
           a.reason == b.reason;
  }

  [[nodiscard]] Words LostRun(size_t begin, size_t end) const {
    const PlannedPartition& first = plan_.partitions[begin];
    int64_t rows_now = 0;
    for (size_t i = begin; i < end; ++i) rows_now += plan_.partitions[i].now.rows;
    Words words = Where(begin, end);
    words.push_back(
        Own(fmt::format(": {}, {} now", model::HealthName(first.health), Plural(rows_now, "row"))));
    if (first.event) {
      words.push_back(Own(fmt::format("; by {} (", words_.EventOf(*first.event))));
      words.push_back(Foreign(first.event_operation));
      words.push_back(Own(")"));
      if (!first.event_who.empty()) {
        words.push_back(Own(" of "));
        words.push_back(Foreign(first.event_who));
      }
      if (first.event_at) words.push_back(Own(" at " + FormatInstant(*first.event_at)));
    }
    words.push_back(Own(fmt::format("; decision: {}", model::DispositionName(first.disposition))));
    if (!facts_.redact && !first.reason.empty()) {
      words.push_back(Own(", because "));
      words.push_back(Foreign(first.reason));
    }
    return words;
  }

  void WhatRuns() {
    text_.Heading("What will run");
    text_.Items({{Own(fmt::format("persist: {}", words_.HowPersistRuns()))},
                 {Own(fmt::format("apply: {}; the operation key is ", words_.HowApplyRuns())),
                  Foreign(model::OperationKey(facts_.digest, "apply"))}});
    std::vector<Words> items;
    const auto& partitions = plan_.partitions;
    for (const auto& [begin, end] : Runs(partitions.size(), [&](size_t a, size_t b) {
           return partitions[a].disposition == partitions[b].disposition &&
                  partitions[a].mode == partitions[b].mode &&
                  partitions[a].snapshot == partitions[b].snapshot;
         })) {
      if (partitions[begin].disposition != Disposition::kRestore) continue;
      items.push_back(RestoreRun(begin, end));
    }
    text_.Items(std::move(items));
    Operations();
  }

  [[nodiscard]] Words RestoreRun(size_t begin, size_t end) const {
    const PlannedPartition& first = plan_.partitions[begin];
    model::Tally restore;
    int64_t rows_now = 0;
    int64_t gone = 0;
    for (size_t i = begin; i < end; ++i) {
      rows_now += plan_.partitions[i].now.rows;
      gone += model::RowsTakenOut(plan_.partitions[i]);
      restore.rows += plan_.partitions[i].restore.rows;
      restore.bytes += plan_.partitions[i].restore.bytes;
      restore.files += plan_.partitions[i].restore.files;
    }
    Words words = Where(begin, end);
    words.push_back(Own(fmt::format(": {} from {} ({}, {}{})", ModeWords(first.mode),
                                    words_.VersionOf(first.snapshot.version, first.snapshot.at),
                                    Plural(restore.rows, "row"), FormatBytes(restore.bytes),
                                    restore.files > 0 && !words_.PiecesHeader().empty()
                                        ? ", " + Plural(restore.files, "file")
                                        : std::string())));
    if (first.mode == Mode::kInstead) {
      words.push_back(Own(fmt::format("; {} make room, {} of them in nothing that comes back",
                                      Plural(rows_now, "row"), FormatCount(gone))));
    }
    return words;
  }

  static std::string_view ModeWords(Mode mode) {
    switch (mode) {
      case Mode::kAdd:
        return "put back, into an empty partition,";
      case Mode::kReplace:
        return "replace, once the old content is proven to contain every row of today's,";
      case Mode::kBeside:
        return "put beside today's rows, once proven to share none with them,";
      case Mode::kInvert:
        return "take back what one event removed,";
      case Mode::kInstead:
        return "put in the place of today's rows, which are saved first,";
    }
    return "";
  }

  void Operations() {
    const std::string whole = "salvor show " + ShellWord(facts_.folder) + " --operations";
    if (facts_.operations.empty()) {
      text_.Text({Own("One by one, the operations cannot be listed here and now; where the table "
                      "can be read, this lists them: "),
                  Foreign(whole)});
      if (!facts_.redact && !facts_.no_operations.empty()) {
        text_.Items({{Foreign(facts_.no_operations)}});
      }
      return;
    }
    const std::string count = words_.Operations(std::ssize(facts_.operations));
    if (facts_.redact) {
      text_.Text({Own(count + ", left out here because they name partitions. This lists them: "),
                  Foreign(whole)});
      return;
    }
    std::string all;
    for (const std::string& operation : facts_.operations) {
      all += operation + (operation.ends_with('\n') ? "" : "\n");
    }
    text_.Text({Own(count + ", word for word. All of them, where lines are left out below: "),
                Foreign(whole)});
    text_.Verbatim(all);
    if (!words_.RunsByHand()) return;
    text_.Text({Own("The same for a person's own hands, with what to compare and the way back: "),
                Foreign("salvor show " + ShellWord(facts_.folder) + " --sql")});
  }

  void Checked() {
    text_.Heading("What was checked");
    text_.Items(
        {{Own(std::string(words_.WhatIsPinned()))},
         {Own(
             "before anything is written, every partition that is not empty is compared row by row "
             "with the private copy; one refusal stops all")},
         {Own("the private copy is checked to be private before its first byte and after its "
              "last")},
         {Own(fmt::format("approvals needed: {}", plan_.review.approvals))}});
  }

  void HowToGoOn() {
    const std::string folder = ShellWord(facts_.folder);
    text_.Heading("How to review, verify and undo");
    text_.Items({{Own("see that this is the plan: its SHA-256 must be the digest above: "),
                  Foreign("sha256sum " + ShellWord(facts_.folder + "/plan.json"))},
                 {Own("read it: "), Foreign("salvor show " + folder)},
                 {Own("agree, or with --reject do not: "),
                  Foreign("salvor approve " + folder + " --as WHO --key FILE")},
                 {Own("prove it, partition by partition: "), Foreign("salvor verify " + folder)},
                 {Own("take exactly this back: "), Foreign("salvor undo " + folder)},
                 {Own("see who did what: "), Foreign("salvor audit " + folder)}});
    text_.Text({Own("The journal so far: "), Foreign(HeadMark(facts_.head))});
  }

  const TicketFacts& facts_;
  const Plan& plan_;
  const model::EngineWords& words_;
  MarkedText text_;
};

}  // namespace

std::string TicketTitle(const TicketFacts& facts) {
  const auto count = std::ssize(model::ToRestore(facts.plan));
  return fmt::format("Restore {} of {} (salvor {})", Plural(count, "partition"),
                     Shortened(facts.plan.table.name), facts.digest.substr(0, kShortDigest));
}

MarkedText TicketText(const TicketFacts& facts) { return Ticket(facts).Write(); }

MarkedText TicketComment(const std::string& digest, const std::vector<model::Activity>& activities,
                         const model::Anchor& head) {
  MarkedText text;
  if (std::any_of(activities.begin(), activities.end(),
                  [](const model::Activity& one) { return one.alarm; })) {
    text.Alert("SOMETHING HERE NEEDS A LOOK: see the lines that say so.");
  }
  std::vector<Words> items;
  for (const model::Activity& activity : activities) {
    Words words{Own(FormatInstant(activity.at) + " ")};
    if (activity.alarm) words.push_back(Own("LOOK: "));
    words.push_back(Foreign(activity.who.empty() ? activity.step : activity.who));
    words.push_back(Own(": "));
    words.push_back(Foreign(activity.what));
    if (!activity.detail.empty()) {
      words.push_back(Own(": "));
      words.push_back(Foreign(activity.detail));
    }
    items.push_back(std::move(words));
  }
  text.Items(std::move(items));
  text.Text(
      {Own("plan "), Foreign(digest), Own("; the journal so far: "), Foreign(HeadMark(head))});
  return text;
}

std::string HeadMark(const model::Anchor& head) {
  return fmt::format("salvor-journal {} {}", head.line, head.hash);
}

}  // namespace salvor::report
