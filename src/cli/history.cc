#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/since.h"
#include "report/history_report.h"

namespace salvor::cli {
namespace {

struct Options {
  std::string table;
  std::string since;
};

Result<Exit> Run(Session& session, const Options& options) {
  warehouse::LookRequest request;
  SALVOR_TRY(request.since, ParseSince(options.since, session.Clock().Now()));
  SALVOR_TRY(auto engine, session.OpenTable(options.table));
  const auto reader = engine->Reader();
  request.event_changes = true;
  SALVOR_TRY(model::Inventory inventory, reader->Look(request));
  session.Say(report::HistoryText(inventory, session.WordsOf(inventory.table), Session::Width()),
              report::HistoryJson(inventory));
  return Exit::kDone;
}

}  // namespace

void AddHistory(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("history", "What changed the table inside the window, and by whom");
  auto options = std::make_shared<Options>();
  command->add_option("TABLE", options->table, kTableHelp)->required();
  command->add_option("--since", options->since,
                      "Look back to this instant (UTC unless it says otherwise)");
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
