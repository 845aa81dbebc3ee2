#include "recovery/persist.h"
#include "base/shell_word.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"

namespace salvor::cli {
namespace {

std::string WhatNext(const model::ReviewPolicy& review, const std::string& folder) {
  std::string text = "Next:\n";
  if (review.approvals > 0) {
    text += fmt::format("  salvor approve {} --as WHO --key FILE   (not you: it needs {})\n",
                        Printable(ShellWord(folder)), Plural(review.approvals, "approval"));
  }
  return text + fmt::format("  salvor apply {}\n", Printable(ShellWord(folder)));
}

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  WarnOfRowsThatGo(session, open.incident.plan);
  const auto staging = open.engine->Staging();
  SALVOR_TRY(warehouse::Persisted persisted,
             recovery::Persist(session.Files(), session.Clock(), open.incident, open.by, *staging));
  const model::EngineWords& words = session.WordsOf(open.incident.plan.table);
  const model::Moved moved{persisted.files, persisted.linked, persisted.copied};
  for (const std::string& warning : persisted.warnings) session.Warn(warning);
  const std::string text = fmt::format(
      "private copy {}: {}\n{}{}\nprivacy: {}\n{}",
      persisted.already ? "was already there" : "made", Printable(persisted.place),
      persisted.replaced_place.empty() ? ""
                                       : fmt::format("today's rows that will make room: {}\n",
                                                     Printable(persisted.replaced_place)),
      words.Persisted(moved), Printable(persisted.privacy),
      WhatNext(open.incident.plan.review, options.folder));
  nlohmann::json document{{"case", options.folder},       {"place", persisted.place},
                          {"already", persisted.already}, {"files", persisted.files},
                          {"linked", persisted.linked},   {"copied", persisted.copied},
                          {"privacy", persisted.privacy}, {"warnings", persisted.warnings}};
  if (!persisted.replaced_place.empty()) document["replaced_place"] = persisted.replaced_place;
  for (const auto& [name, count] : words.PersistedCounts(moved)) document[name] = count;
  session.Say(text, document);
  return Exit::kDone;
}

}  // namespace

void AddPersist(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(
      app, "persist", "Runbook step 1: the private copy; touches nothing in production", options);
  command
      ->add_flag("--copy", options->copy,
                 "Copy bytes instead of linking, also after an earlier persist that linked: "
                 "nobody who writes to the table's files changes such a copy")
      ->group("Delta Lake");
  command
      ->add_flag("--deep", options->deep,
                 "Read every row, and keep what apply and verify compare the rows with")
      ->group("Delta Lake");
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
