#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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
  std::vector<std::string> fail_on = {"missing", "broken"};  // healths
};

// The worst of several answers: failing beats loss for good, which beats loss that can be
// recovered.
Exit Worse(Exit a, Exit b) { return static_cast<int>(a) > static_cast<int>(b) ? a : b; }

// Old losses are in no answer.
Exit Answer(const model::Assessment& assessment, const std::vector<std::string>& fail_on) {
  bool lost = false;
  bool recoverable = false;
  for (const model::Finding& finding : assessment.findings) {
    const bool counts = std::find(fail_on.begin(), fail_on.end(),
                                  model::HealthName(finding.health)) != fail_on.end();
    if (!counts || finding.old) continue;
    lost = true;
    recoverable = recoverable || finding.recoverable;
  }
  if (!lost) return Exit::kDone;
  return recoverable ? Exit::kLossRecoverable : Exit::kLossForGood;
}

// What was seen of a table: what is asked for is made of it, text or JSON.
struct Seen {
  model::Inventory inventory;
  model::Assessment assessment;
  Instant now;
};

Result<Seen> LookAt(Session& session, const std::string& table,
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
  return Seen{std::move(inventory), std::move(assessment), now};
}

void Tell(Session& session, bool as_list, const std::shared_ptr<std::vector<Seen>>& tables) {
  const auto view_of = [&session](const Seen& one) {
    return report::StatusView{one.inventory, one.assessment, one.now,
                              session.WordsOf(one.inventory.table), Session::Width()};
  };
  std::string text;
  if (!session.Json()) {
    for (const Seen& one : *tables)
      text += (text.empty() ? "" : "\n") + report::StatusText(view_of(one));
  }
  session.SayInParts(text,
                     [view_of, as_list, tables](const nlohmann::json& error, const auto& write) {
                       std::vector<report::StatusView> views;
                       for (const Seen& one : *tables) views.push_back(view_of(one));
                       report::WriteStatusJson(views, as_list, error, write);
                     });
}

// A table that cannot be looked at hides nothing that was found in the others; the command fails.
Result<Exit> Run(Session& session, const Options& options) {
  warehouse::LookRequest request;
  SALVOR_TRY(request.since, ParseSince(options.since, session.Clock().Now()));
  request.pieces = !options.no_files;
  Exit exit = Exit::kDone;
  auto tables = std::make_shared<std::vector<Seen>>();
  std::optional<Error> failure;
  for (const std::string& table : options.tables) {
    auto seen = LookAt(session, table, request);
    if (!seen) {
      if (failure) Session::Tell("salvor: " + Printable(failure->Message()));
      failure = std::move(seen).error();
      continue;
    }
    exit = Worse(exit, Answer(seen->assessment, options.fail_on));
    tables->push_back(*std::move(seen));
  }
  if (!tables->empty()) Tell(session, options.tables.size() > 1, tables);
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
  command
      ->add_option("--fail-on", options->fail_on,
                   "Which healths answer with 3 or 4: missing,partial,changed,broken (missing and "
                   "broken unless you say)")
      ->check(CLI::IsMember({"missing", "partial", "changed", "broken"}))
      ->delimiter(',')
      ->allow_extra_args(false);
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
