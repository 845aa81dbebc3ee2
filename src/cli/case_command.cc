#include "cli/case_command.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace salvor::cli {

Result<OpenCase> OpenCaseAt(Session& session, const std::string& folder) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), folder));
  TableWishes wishes;
  wishes.pinned = incident.plan.pins;
  SALVOR_TRY(auto engine, session.OpenTable(incident.plan.table.uri, wishes));
  return OpenCase{std::move(incident), std::move(engine)};
}

CLI::App* AddCaseCommand(CLI::App& app, const std::string& name, const std::string& help,
                         const std::shared_ptr<CaseOptions>& options) {
  auto* command = app.add_subcommand(name, help);
  command->add_option("CASE", options->folder, "The folder that plan made")->required();
  return command;
}

void AddYes(CLI::App* command, const std::shared_ptr<CaseOptions>& options) {
  command->add_flag("--yes", options->yes,
                    "Do not ask for the table's name (replaces no approval)");
}

}  // namespace salvor::cli
