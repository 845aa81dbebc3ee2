#include "recovery/persist.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"

namespace salvor::cli {
namespace {

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(OpenCase open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  const auto staging = open.engine->Staging();
  SALVOR_TRY(warehouse::Persisted persisted,
             recovery::Persist(session.Files(), session.Clock(), open.incident, open.by, *staging));
  std::string text =
      fmt::format("private copy {}: {}\n{} ({} linked, {} copied)\nprivacy: {}\n",
                  persisted.already ? "was already there" : "made", Printable(persisted.place),
                  Plural(persisted.files, "file"), FormatCount(persisted.linked),
                  FormatCount(persisted.copied), Printable(persisted.privacy));
  text += fmt::format("Next:\n  salvor apply {}\n", Printable(options.folder));
  session.Say(text, {{"case", options.folder},
                     {"place", persisted.place},
                     {"already", persisted.already},
                     {"files", persisted.files},
                     {"linked", persisted.linked},
                     {"copied", persisted.copied},
                     {"privacy", persisted.privacy}});
  return Exit::kDone;
}

}  // namespace

void AddPersist(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(
      app, "persist", "Runbook step 1: the private copy; touches nothing in production", options);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
