#include "cli/case_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "base/text.h"
#include "custody/people.h"

namespace salvor::cli {

Result<workspace::OpenedCase> OpenCaseAt(Session& session, const CaseOptions& options) {
  workspace::EngineFlags flags;
  flags.fingerprints = options.fingerprints;
  flags.copy = options.copy;
  flags.deep = options.deep;
  return workspace::OpenCase(session, options.folder, std::move(flags),
                             options.allow_other_signers);
}

void WarnOfRowsThatGo(const Session& session, const model::Plan& plan) {
  if (!model::TakesRowsOut(plan)) return;
  session.Warn(fmt::format(
      "ROWS GO: {} of today's leave {} and are in nothing that comes back (saved first)",
      Plural(model::RowsTakenOut(plan), "row"), plan.table.name));
}

void WarnOfOverrides(const Session& session, const model::Plan& plan, const recovery::Actor& by) {
  const auto policy = custody::Stricter(plan.review, by.rules.today);
  if (policy.waived) session.Warn("REVIEW TURNED OFF: salvor.yaml says approvals: 0");
  if (plan.pins.allow_unchecked_iam) {
    session.Warn("OVERRIDE: --allow-unchecked-iam took a private copy whose readers are not known");
  }
  if (by.rules.allow_other_signers) {
    session.Warn(
        "OVERRIDE: --allow-other-signers counts people who were not in allowed_signers "
        "when the plan was made");
  }
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
  command->add_flag("--allow-other-signers", options->allow_other_signers,
                    "In an emergency: count approvals by people whom allowed_signers got after the "
                    "plan was made; journaled, and shown in red");
}

}  // namespace salvor::cli
