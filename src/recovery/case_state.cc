#include "recovery/case_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/shell_word.h"
#include "base/strings.h"
#include "base/text.h"
#include "journal/journal.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

using journal::Kind;
using journal::Line;
using model::Decision;
using model::Verb;

bool IsDone(const Line& line, std::string_view step) {
  return line.entry.step == step && line.entry.kind == Kind::kOutcome &&
         Member(line, "result") == "done";
}

std::string TextOf(const Line& line, const char* name) {
  const nlohmann::json value = Member(line, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::string VerbNames(const std::vector<Verb>& verbs) {
  std::vector<std::string> names;
  for (const Verb verb : verbs) names.emplace_back(model::VerbName(verb));
  return Join(names, ", ");
}

// The last that was done of each step, and of those that write, whether one began and did not end.
// Who it was stands in the intent of a step, not in its outcome.
struct Done {
  const Line* persist = nullptr;
  const Line* apply = nullptr;
  const Line* verify = nullptr;
  const Line* undo = nullptr;
  const Line* clean = nullptr;
  const Line* open = nullptr;
  std::map<const Line*, std::string> who = {};
};

Done Read(const std::vector<Line>& lines) {
  Done done;
  std::string actor;
  for (const Line& line : lines) {
    if (line.entry.kind == Kind::kIntent) actor = TextOf(line, "who");
    done.who[&line] = actor;
    const bool writes = line.entry.step == "apply" || line.entry.step == "undo";
    if (writes && line.entry.kind == Kind::kIntent) done.open = &line;
    if (writes && line.entry.kind == Kind::kOutcome && Member(line, "result") != "unknown") {
      done.open = nullptr;
    }
    if (IsDone(line, "persist")) done.persist = &line;
    if (IsDone(line, "apply")) done.apply = &line;
    if (IsDone(line, "verify")) done.verify = &line;
    if (IsDone(line, "undo")) done.undo = &line;
    if (IsDone(line, "clean")) done.clean = &line;
  }
  return done;
}

class StateBuilder {
 public:
  StateBuilder(const Case& incident, const Done& done, const model::EngineWords& words)
      : incident_(incident), done_(done), words_(words) {}

  // What the journal alone says; `false` where the review decides.
  bool ByJournal() {
    if (done_.open != nullptr) {
      Be(Stage::kUncertain, fmt::format("{} began{} and did not end; it may have written",
                                        done_.open->entry.step, By(*done_.open)));
      Next(done_.open->entry.step);
    } else if (done_.clean != nullptr) {
      const bool abandoned = Member(*done_.clean, "abandoned") == true;
      Be(Stage::kClosed, fmt::format("closed{}: the private copy was dropped{}", By(*done_.clean),
                                     abandoned ? " without a proof" : ""));
    } else if (done_.undo != nullptr) {
      Be(Stage::kUndone, fmt::format("undone{}: the plan is spent", By(*done_.undo)));
      Next("clean", " --abandon");
    } else if (done_.apply != nullptr) {
      AfterApply();
    } else {
      return false;
    }
    return true;
  }

  void ByReview(const custody::Finding& finding) {
    if (done_.persist == nullptr) {
      Be(Stage::kPlanned, "planned; there is no private copy yet");
      for (const model::PlannedPartition* one : model::ToRestore(incident_.plan)) {
        if (!one->deadline) continue;
        state_.deadline =
            state_.deadline ? std::min(*state_.deadline, *one->deadline) : *one->deadline;
      }
      if (state_.deadline) state_.text += "; save it before " + FormatInstant(*state_.deadline);
      Next("persist");
    }
    if (!finding.rejections.empty()) {
      Be(Stage::kRejected, "rejected: " + Join(finding.rejections, "; "));
      Next("approve", " --withdraw --as WHO --key FILE");
      state_.next.push_back(
          fmt::format("salvor plan {} --case NEW-FOLDER", ShellWord(incident_.plan.table.uri)));
      return;
    }
    if (done_.persist == nullptr) return;
    if (finding.missing.empty()) {
      Be(Stage::kReady, "saved" + By(*done_.persist) + ", and ready to apply");
      if (!finding.text.empty()) state_.text += " (" + finding.text + ")";
      return Next("apply");
    }
    Be(Stage::kWaiting, "saved" + By(*done_.persist) + ", and waits: " + finding.missing.front());
    Next("approve", " --as WHO --key FILE");
  }

  void Detail(std::string line) { state_.details.push_back(std::move(line)); }
  CaseState Built() { return std::move(state_); }

 private:
  void AfterApply() {
    const int64_t version = Member(*done_.apply, "version").is_number_integer()
                                ? Member(*done_.apply, "version").get<int64_t>()
                                : 0;
    const std::string where = version == 0 ? "" : " " + words_.InVersion(version);
    if (done_.verify == nullptr || done_.verify->number < done_.apply->number) {
      Be(Stage::kApplied, fmt::format("applied{}{}; not yet proven", where, By(*done_.apply)));
      return Next("verify");
    }
    if (Member(*done_.verify, "proven") == true) {
      Be(Stage::kProven, fmt::format("applied{}, and proven{}", where, By(*done_.verify)));
      return Next("clean");
    }
    Be(Stage::kUnproven,
       fmt::format("applied{}, and the last proof FAILED{}", where, By(*done_.verify)));
    Next("verify");
    Next("undo");
  }

  void Be(Stage stage, std::string text) {
    state_.stage = stage;
    state_.text = std::move(text);
    state_.next.clear();
  }
  void Next(std::string_view verb, std::string_view flags = {}) {
    state_.next.push_back(fmt::format("salvor {} {}{}", verb, ShellWord(incident_.folder), flags));
  }
  [[nodiscard]] std::string By(const Line& line) const {
    const std::string& who = done_.who.at(&line);
    return fmt::format(" at {}{}", FormatInstant(std::chrono::floor<std::chrono::seconds>(line.at)),
                       who.empty() ? "" : " by " + who);
  }

  const Case& incident_;
  const Done& done_;
  const model::EngineWords& words_;
  CaseState state_;
};

// One line for each statement of an approver.
void AddStatements(const std::vector<custody::VerifiedStatement>& judged, Instant now,
                   StateBuilder& state) {
  for (const custody::VerifiedStatement& one : judged) {
    const auto& statement = one.file.statement;
    if (!one.file.problem.empty()) {
      state.Detail(fmt::format("{} counts for nothing: {}", one.file.path, one.file.problem));
    } else if (statement->decision == Decision::kApprove) {
      const bool over = statement->expires && *statement->expires <= now;
      state.Detail(fmt::format("{} approved {}{}", statement->who, VerbNames(statement->verbs),
                               !statement->expires
                                   ? ""
                                   : fmt::format("{}{}", over ? ", which expired at " : " until ",
                                                 FormatInstant(*statement->expires))));
    } else if (statement->decision == Decision::kReject) {
      state.Detail(fmt::format("{} rejected it: {}", statement->who, statement->reason));
    } else if (statement->decision == Decision::kWithdraw) {
      state.Detail(fmt::format("{} withdrew what they had said before {}", statement->who,
                               FormatInstant(statement->signed_at)));
    }
  }
}

}  // namespace

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kPlanned:
      return "planned";
    case Stage::kWaiting:
      return "waiting";
    case Stage::kRejected:
      return "rejected";
    case Stage::kReady:
      return "ready";
    case Stage::kUncertain:
      return "uncertain";
    case Stage::kApplied:
      return "applied";
    case Stage::kUnproven:
      return "unproven";
    case Stage::kProven:
      return "proven";
    case Stage::kUndone:
      return "undone";
    case Stage::kClosed:
      return "closed";
  }
  return "";
}

Result<CaseState> StateOf(const io::FsReader& fs, const io::Clock& clock, const Case& incident,
                          const Actor& by, const model::EngineWords& words) {
  SALVOR_TRY(const journal::Chain chain,
             journal::ReadJournal(fs, incident.folder, incident.digest));
  const Done done = Read(chain.lines);
  custody::History history;
  for (const Line& line : chain.lines) AddToHistory(line, history);
  const Instant now = std::max(clock.Now(), history.latest);
  SALVOR_TRY(const auto judged, VerifyApprovals(fs, incident, by, history, now));
  StateBuilder state(incident, done, words);
  if (!state.ByJournal()) {
    state.ByReview(custody::EvaluatePolicy(incident.plan, by.rules, history, judged, Verb::kApply,
                                           std::nullopt, now));
  }
  AddStatements(judged, now, state);
  SALVOR_TRY(const auto proof, LoadProof(fs, incident));
  if (proof && done.apply != nullptr && done.undo == nullptr) {
    for (const std::string& line : proof->proof.changed_since) {
      state.Detail("changed since: " + line);
    }
  }
  return state.Built();
}

nlohmann::json ToJson(const CaseState& state) {
  return {{"stage", StageName(state.stage)},
          {"text", state.text},
          {"details", state.details},
          {"next", state.next},
          {"deadline", state.deadline ? nlohmann::json(FormatInstant(*state.deadline))
                                      : nlohmann::json(nullptr)}};
}

}  // namespace salvor::recovery
