#include "recovery/undo.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"

namespace salvor::cli {
namespace {

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto undoer = open.engine->Undoer();
  SALVOR_TRY(const auto forecast, undoer->Forecast(open.incident.plan, open.incident.digest));
  for (const std::string& line : forecast) Session::Tell(Printable(line));
  WarnOfOverrides(session, open.incident.plan, open.by);
  SALVOR_OK(
      session.Confirm("Taking restored rows out of", open.incident.plan.table.name, options.yes));
  SALVOR_TRY(warehouse::RestoreOutcome outcome,
             recovery::Undo(session.Files(), session.Clock(), open.incident, open.by, *reader,
                            *staging, *undoer));
  const bool already = outcome.kind == warehouse::RestoreOutcome::Kind::kAlready;
  std::string text =
      fmt::format("{} {}\n", already ? "already undone" : "undone",
                  session.WordsOf(open.incident.plan.table).InVersion(outcome.version));
  for (const std::string& line : outcome.by_hand) text += Printable(line) + "\n";
  session.Say(text + "This plan is spent: to restore again, plan anew\n",
              {{"case", options.folder},
               {"already", already},
               {"version", outcome.version},
               {"files", outcome.files},
               {"by_hand", outcome.by_hand}});
  return Exit::kDone;
}

}  // namespace

void AddUndo(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(
      app, "undo", "Takes back exactly what apply did, while nothing else touched it", options);
  AddYes(command, options);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
