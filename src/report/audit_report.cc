#include "report/audit_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace salvor::report {
namespace {

using model::Audit;
using nlohmann::json;

bool Altered(const Audit& audit) {
  return std::any_of(audit.problems.begin(), audit.problems.end(),
                     [](const auto& one) { return one.code == Code::kCorrupt; });
}

// One word for a machine.
std::string_view Verdict(const Audit& audit) {
  if (Altered(audit)) return "altered";
  if (!audit.problems.empty()) return "refused";
  return audit.vouched >= audit.head.line ? "proven" : "unproven";
}

std::string VerdictWords(const Audit& audit) {
  if (Altered(audit)) return "ALTERED: do not believe this case; see the problems";
  if (!audit.problems.empty()) return "WHOLE, but a rule was not kept; see the problems";
  if (audit.head.line == 0) return "nothing was done yet";
  if (audit.vouched >= audit.head.line) {
    return "whole, and every line is vouched for by a head that somebody else keeps";
  }
  if (audit.vouched == 0) {
    return "whole, but unproven: nobody else keeps a head of this journal, so that it was written "
           "anew or cut off at its end could not be seen here";
  }
  return fmt::format(
      "whole; vouched for up to line {}. Later lines are unproven: that they were "
      "written anew, or cut off at the end, could not be seen here",
      audit.vouched);
}

class AuditWriter {
 public:
  AuditWriter(const Audit& audit, bool red) : audit_(audit), red_(red) {}

  std::string Write() {
    Line(fmt::format("case {}: {}", audit_.folder, VerdictWords(audit_)), !audit_.problems.empty());
    Line("plan " + audit_.digest);
    Line(fmt::format("table {}", audit_.plan.table.uri));
    Line(fmt::format("journal: {}, head {} {}", Plural(audit_.head.line, "line"), audit_.head.line,
                     audit_.head.hash));
    if (audit_.torn_bytes > 0) {
      Line(fmt::format("after the last line: {}, torn by a crash and never relied on",
                       Plural(audit_.torn_bytes, "byte")));
    }
    Review();
    for (const std::string& name : audit_.overrides) Line("OVERRIDE: " + name, true);
    if (!audit_.proof.empty()) Line("proof: " + audit_.proof);
    Heads();
    Problems();
    Deeds();
    return std::move(text_);
  }

 private:
  void Line(const std::string& line, bool alarm = false) {
    const std::string safe = Printable(line);
    text_ += alarm && red_ ? "\x1b[1;31m" + safe + "\x1b[0m\n" : safe + "\n";
  }

  void Review() {
    const int64_t wanted = audit_.plan.review.approvals;
    if (wanted <= 0) {
      Line("review: APPROVALS: 0. Nobody else had to agree", true);
    } else {
      Line(fmt::format("review: the plan asks for {}", Plural(wanted, "approval")));
    }
    if (!audit_.author_rule.empty()) Line("author: " + audit_.author_rule);
    for (const model::AuditedApproval& one : audit_.approvals) {
      const std::string reason = one.reason.empty() ? "" : fmt::format(" (\"{}\")", one.reason);
      if (one.problem.empty()) {
        Line(fmt::format("  {} by {} with key {}{}{}", one.decision, one.who, one.key,
                         one.at ? " at " + FormatInstant(*one.at) : "", reason),
             one.decision == "reject");
      } else {
        Line(fmt::format("  {} counts for nothing: {}", one.file, one.problem), true);
      }
    }
  }

  void Heads() {
    for (const model::KeptHead& kept : audit_.kept) {
      Line(fmt::format("{} keeps head {} {}: {}", kept.keeper, kept.head.line, kept.head.hash,
                       HeadWords(kept)),
           !kept.holds);
    }
    for (const std::string& told : audit_.told) {
      Line("by the journal's own word, ticket " + told +
           " (the ticket itself is asked with --ticket KEY, or its head given with --head)");
    }
  }

  static std::string HeadWords(const model::KeptHead& kept) {
    if (!kept.holds) return "THE JOURNAL DOES NOT HAVE IT";
    if (kept.vouches) return "the journal has it";
    return fmt::format(
        "the journal has it, but only its line {}, which nobody vouches for, says that this is the "
        "ticket (if it is, name it with --ticket)",
        kept.named_at);
  }

  void Problems() {
    for (const model::AuditProblem& problem : audit_.problems) {
      Line(fmt::format("PROBLEM: {} ({})", problem.what, problem.where), true);
    }
  }

  void Deeds() {
    if (audit_.activities.empty()) return;
    text_ += "\n";
    for (const model::Activity& activity : audit_.activities) {
      Line(fmt::format("{:>4} {} {}: {}{}{}", activity.line, FormatInstant(activity.at),
                       activity.who.empty() ? activity.step : activity.who, activity.what,
                       activity.detail.empty() ? "" : ": " + activity.detail,
                       activity.line > audit_.vouched && audit_.vouched > 0 ? " [unproven]" : ""),
           activity.alarm);
    }
  }

  const Audit& audit_;
  bool red_;
  std::string text_;
};

json HeadToJson(const model::Anchor& head) { return {{"line", head.line}, {"hash", head.hash}}; }

json ApprovalToJson(const model::AuditedApproval& one) {
  const auto instant = [](const std::optional<Instant>& at) {
    return at ? json(FormatInstant(*at)) : json(nullptr);
  };
  return {{"file", one.file},      {"statement", one.digest}, {"decision", one.decision},
          {"reason", one.reason},  {"verbs", one.verbs},      {"who", one.who},
          {"key", one.key},        {"at", instant(one.at)},   {"expires", instant(one.expires)},
          {"problem", one.problem}};
}

}  // namespace

std::string AuditText(const Audit& audit, bool red) { return AuditWriter(audit, red).Write(); }

json AuditToJson(const Audit& audit) {
  json document{{"case", audit.folder},           {"digest", audit.digest},
                {"table", audit.plan.table.uri},  {"verdict", Verdict(audit)},
                {"head", HeadToJson(audit.head)}, {"vouched", audit.vouched},
                {"torn_bytes", audit.torn_bytes}, {"approvals_needed", audit.plan.review.approvals},
                {"overrides", audit.overrides},   {"proof", audit.proof},
                {"author", audit.author_rule},    {"approvals", json::array()},
                {"heads", json::array()},         {"problems", json::array()},
                {"deeds", json::array()}};
  for (const auto& one : audit.approvals) document["approvals"].push_back(ApprovalToJson(one));
  for (const auto& kept : audit.kept) {
    json head = HeadToJson(kept.head);
    head["keeper"] = kept.keeper;
    head["holds"] = kept.holds;
    head["vouches"] = kept.vouches;
    document["heads"].push_back(std::move(head));
  }
  for (const auto& problem : audit.problems) {
    document["problems"].push_back(
        {{"code", CodeName(problem.code)}, {"what", problem.what}, {"where", problem.where}});
  }
  for (const auto& activity : audit.activities) {
    document["deeds"].push_back({{"line", activity.line},
                                 {"at", FormatInstant(activity.at)},
                                 {"step", activity.step},
                                 {"who", activity.who},
                                 {"what", activity.what},
                                 {"detail", activity.detail},
                                 {"alarm", activity.alarm},
                                 {"vouched", activity.line <= audit.vouched}});
  }
  return document;
}

}  // namespace salvor::report
