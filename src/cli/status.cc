#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/since.h"
#include "recovery/assess.h"
#include "report/status_report.h"

namespace salvor::cli {
namespace {

struct Options {
  std::vector<std::string> tables;
  std::string since;
  bool no_files = false;
};

// The worst of several answers: failing beats loss for good, which beats loss that can be
// recovered.
Exit Worse(Exit a, Exit b) { return static_cast<int>(a) > static_cast<int>(b) ? a : b; }

Exit Answer(const model::Assessment& assessment) {
  if (assessment.missing == 0 && assessment.broken == 0) return Exit::kDone;
  return assessment.missing_recoverable > 0 ? Exit::kLossRecoverable : Exit::kLossForGood;
}

struct Told {
  std::string text;
  nlohmann::json document;
  Exit exit = Exit::kDone;
};

Result<Told> LookAt(Session& session, const std::string& table,
                    const warehouse::LookRequest& request) {
  SALVOR_TRY(const config::Config* config, session.Config());
  SALVOR_TRY(auto engine, session.OpenTable(table));
  const auto reader = engine->Reader();
  SALVOR_TRY(model::Inventory inventory, reader->Look(request));
  SALVOR_TRY(model::Assessment assessment, recovery::Assess(*reader, inventory));
  if (config::PolicyFor(*config, inventory.table.uri, session.EngineOf(inventory.table.uri).shared)
          .waived) {
    session.Warn(fmt::format("REVIEW TURNED OFF for {}: salvor.yaml says approvals: 0", table));
  }
  SALVOR_TRY(const Instant now, session.NowOf(inventory.table));
  const report::StatusView view{inventory, assessment, now, session.WordsOf(inventory.table)};
  return Told{report::StatusText(view), report::StatusJson(view), Answer(assessment)};
}

// A table that cannot be looked at hides nothing that was found in the others; the command fails.
Result<Exit> Run(Session& session, const Options& options) {
  warehouse::LookRequest request;
  SALVOR_TRY(request.since, ParseSince(options.since, session.Clock().Now()));
  request.pieces = !options.no_files;
  Exit exit = Exit::kDone;
  std::string text;
  nlohmann::json documents = nlohmann::json::array();
  std::optional<Error> failure;
  for (const std::string& table : options.tables) {
    auto told = LookAt(session, table, request);
    if (!told) {
      if (failure) Session::Tell("salvor: " + Printable(failure->Message()));
      failure = std::move(told).error();
      continue;
    }
    text += (text.empty() ? "" : "\n") + told->text;
    documents.push_back(std::move(told->document));
    exit = Worse(exit, told->exit);
  }
  if (!documents.empty()) {
    session.Say(text, options.tables.size() == 1 ? documents.front() : documents);
  }
  if (failure) return Fail(*std::move(failure));
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
  command->add_flag("--no-files", options->no_files,
                    "Do not look whether the table's files are there (Delta tables)");
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
