#include "recovery/clean.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"

namespace salvor::cli {
namespace {

struct Options : CaseOptions {
  bool abandon = false;
};

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  if (options.abandon) {
    SALVOR_OK(session.Confirm("Dropping, without a proof, the private copy of rows of",
                              open.incident.plan.table.name, options.yes));
  }
  if (!options.abandon && model::TakesRowsOut(open.incident.plan)) {
    // The way back ends here.
    SALVOR_OK(session.Confirm(
        fmt::format("Dropping the private copy, with the {} that made room (undo ends), of",
                    Plural(model::RowsTakenOut(open.incident.plan), "row")),
        open.incident.plan.table.name, options.yes));
  }
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto dropper = open.engine->Dropper();
  SALVOR_TRY(bool dropped, recovery::Clean(session.Files(), session.Clock(), open.incident, open.by,
                                           options.abandon ? recovery::CleanWhen::kAbandoned
                                                           : recovery::CleanWhen::kProven,
                                           *reader, *staging, *dropper));
  session.Say(dropped ? "private copy dropped\n" : "there is no private copy; nothing to drop\n",
              {{"case", options.folder}, {"dropped", dropped}, {"abandoned", options.abandon}});
  return Exit::kDone;
}

}  // namespace

void AddClean(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = AddCaseCommand(
      app, "clean", "Runbook step 4: drops the private copy, only after a proof", options);
  command->add_flag("--abandon", options->abandon, "Drop it without a proof, for good");
  AddYes(command, options);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
