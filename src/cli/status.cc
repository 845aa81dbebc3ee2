#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "cli/commands.h"
#include "cli/look.h"
#include "report/status_report.h"

namespace salvor::cli {
namespace {

struct Options {
  std::vector<std::string> tables;
  std::string since;
};

// The worst of several answers: failing beats loss for good, which beats loss that can be
// recovered.
Exit Worse(Exit a, Exit b) { return static_cast<int>(a) > static_cast<int>(b) ? a : b; }

Exit Answer(const model::Assessment& assessment) {
  if (assessment.missing == 0) return Exit::kDone;
  return assessment.missing_recoverable > 0 ? Exit::kLossRecoverable : Exit::kLossForGood;
}

Result<Exit> Run(Session& session, const Options& options) {
  SALVOR_TRY(const warehouse::LookRequest request, MakeLookRequest(options.since));
  SALVOR_TRY(const config::Config* config, session.Config());
  Exit exit = Exit::kDone;
  std::string text;
  nlohmann::json documents = nlohmann::json::array();
  for (const std::string& table : options.tables) {
    SALVOR_TRY(auto engine, session.OpenTable(table));
    const auto reader = engine->Reader();
    SALVOR_TRY(model::Inventory inventory, reader->Look(request));
    SALVOR_TRY(model::Assessment assessment, Assess(*reader, inventory));
    const report::StatusView view{inventory, assessment, session.Clock().Now(),
                                  WordsOf(inventory.table)};
    text += (text.empty() ? "" : "\n") + report::StatusText(view);
    documents.push_back(report::StatusJson(view));
    exit = Worse(exit, Answer(assessment));
    if (config::PolicyFor(*config, inventory.table).waived) {
      session.Warn(fmt::format("REVIEW TURNED OFF for {}: salvor.yaml says approvals: 0", table));
    }
  }
  session.Say(text, documents.size() == 1 ? documents.front() : documents);
  return exit;
}

}  // namespace

void AddStatus(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("status", "What is missing or short, since when, recoverable until when");
  auto options = std::make_shared<Options>();
  command->add_option("TABLE", options->tables, kTableHelp)->required();
  command->add_option("--since", options->since,
                      "Look back to this instant (UTC unless it says otherwise)");
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
