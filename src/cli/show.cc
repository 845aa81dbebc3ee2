#include <CLI/CLI.hpp>
#include <memory>

#include "cli/case_command.h"
#include "report/plan_report.h"

namespace salvor::cli {
namespace {

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  session.Say(report::PlanText(incident.plan, incident.digest),
              {{"case", options.folder},
               {"digest", incident.digest},
               {"plan", nlohmann::json::parse(model::FormatPlan(incident.plan), nullptr, false)}});
  return Exit::kDone;
}

}  // namespace

void AddShow(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(app, "show", "The plan, for a person", options);
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
