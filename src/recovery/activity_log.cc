#include "recovery/activity_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/text.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

using journal::Kind;
using journal::Line;
using nlohmann::json;

std::string TextOf(const Line& line, const char* name) {
  const json value = Member(line, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

int64_t NumberOf(const Line& line, const char* name) {
  const json value = Member(line, name);
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

bool Flag(const Line& line, const char* name) { return Member(line, name) == true; }

std::vector<std::string> ListOf(const Line& line, const char* name) {
  std::vector<std::string> texts;
  const json value = Member(line, name);
  if (!value.is_array()) return texts;
  for (const json& one : value) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

// What the intent of a step says beyond its name.
std::string IntentWords(const Line& line) {
  std::string text = "began to " + line.entry.step;
  if (line.entry.step == "clean" && Flag(line, "abandon")) text += " without a proof (--abandon)";
  const std::string review = TextOf(line, "review");
  if (!review.empty()) text += "; review: " + review;
  const std::string author = TextOf(line, "author");
  if (!author.empty()) text += "; " + author;
  const auto overrides = ListOf(line, "overrides");
  if (!overrides.empty()) text += "; OVERRIDES: " + Join(overrides, ", ");
  return text;
}

// " in version 14"; "" where a step made none.
std::string When(const Line& line, const model::EngineWords& words) {
  const int64_t version = NumberOf(line, "version");
  return version == 0 ? "" : " " + words.InVersion(version);
}

std::string DoneWords(const Line& line, const model::EngineWords& words) {
  const std::string& step = line.entry.step;
  if (step == "persist") {
    return fmt::format("put the old content into the private copy {}{}", TextOf(line, "place"),
                       Flag(line, "already") ? ", which was there" : "");
  }
  if (step == "apply" && Flag(line, "already")) {
    return fmt::format("applied again: it was done{}, nothing was added", When(line, words));
  }
  if (step == "apply") {
    return fmt::format("restored {}{}", Plural(NumberOf(line, "restored"), "partition"),
                       When(line, words));
  }
  if (step == "verify") {
    return fmt::format("{} {}{}", Flag(line, "proven") ? "proved" : "FAILED to prove",
                       Plural(NumberOf(line, "partitions"), "partition"), When(line, words));
  }
  if (step == "clean") {
    return Flag(line, "abandoned") ? "dropped the private copy without a proof"
                                   : "dropped the private copy";
  }
  if (step == "undo") return "took it back" + When(line, words);
  if (step == "ticket") return "told the ticket " + TextOf(line, "key");
  return "finished " + step;
}

std::string NoteWords(const Line& line) {
  const std::string& step = line.entry.step;
  const bool signs = !TextOf(line, "statement").empty();
  if (step == "plan") return signs ? "signed the plan as its author" : "made the plan";
  if (step == "approve") {
    const std::string decision = TextOf(line, "decision");
    return fmt::format("signed \"{}\" for {}", decision, Join(ListOf(line, "verbs"), ", "));
  }
  const std::string text = TextOf(line, "text");
  return text.empty() ? "a note of " + step : text;
}

std::string WordsOf(const Line& line, const model::EngineWords& words) {
  if (line.entry.kind == Kind::kIntent) return IntentWords(line);
  if (line.entry.kind == Kind::kNote) return NoteWords(line);
  const std::string result = TextOf(line, "result");
  if (result == "done") return DoneWords(line, words);
  return line.entry.step +
         (result == "unknown" ? " ended with an unknown outcome" : " was not done");
}

bool Alarms(const Line& line) {
  if (line.entry.kind == Kind::kIntent) {
    return !ListOf(line, "overrides").empty() || Flag(line, "abandon");
  }
  if (line.entry.kind == Kind::kNote) {
    return line.entry.step == "approve" && TextOf(line, "decision") == "reject";
  }
  if (TextOf(line, "result") != "done") return line.entry.step != "ticket";
  return line.entry.step == "verify" && !Flag(line, "proven");
}

}  // namespace

std::vector<model::Activity> ActivitiesOf(const std::vector<journal::Line>& lines,
                                          const model::EngineWords& words) {
  std::vector<model::Activity> activities;
  std::string who;  // an outcome belongs to the person of the intent before it
  for (const Line& line : lines) {
    model::Activity activity;
    activity.line = line.number;
    activity.at = line.at;
    activity.step = line.entry.step;
    activity.who = TextOf(line, "who");
    activity.what = WordsOf(line, words);
    if (line.entry.kind == Kind::kOutcome) activity.detail = TextOf(line, "message");
    activity.alarm = Alarms(line);
    if (line.entry.kind == Kind::kIntent) who = activity.who;
    if (line.entry.kind == Kind::kOutcome && activity.who.empty()) activity.who = who;
    activities.push_back(std::move(activity));
  }
  return activities;
}

std::string AuthorOf(const std::vector<journal::Line>& lines) {
  const Line* planned = journal::FindLast(lines, "plan", Kind::kNote);
  if (planned == nullptr) return {};
  const json identity = Member(*planned, "identity");
  if (!identity.is_object() || !identity.contains("name") || !identity["name"].is_string()) {
    return TextOf(*planned, "who");
  }
  return identity["name"].get<std::string>();
}

std::vector<std::string> OverridesOf(const std::vector<journal::Line>& lines) {
  std::vector<std::string> overrides;
  for (const Line& line : lines) {
    for (std::string& name : ListOf(line, "overrides")) {
      if (std::find(overrides.begin(), overrides.end(), name) == overrides.end()) {
        overrides.push_back(std::move(name));
      }
    }
  }
  return overrides;
}

model::Anchor HeadOf(const std::vector<journal::Line>& lines, const std::string& plan_digest) {
  if (lines.empty()) return {0, plan_digest};
  return {lines.back().number, lines.back().hash};
}

}  // namespace salvor::recovery
