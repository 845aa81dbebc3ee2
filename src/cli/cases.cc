#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "recovery/find_cases.h"
#include "report/table.h"
#include "workspace/opened_case.h"

namespace salvor::cli {
namespace {

// A case that cannot be read hides none of the others.
struct Listed {
  std::string folder;
  std::string table;
  std::string digest;
  Result<recovery::CaseState> state;
};

Listed LookAt(Session& session, const std::string& folder) {
  const auto incident = recovery::LoadCase(session.Files(), folder);
  if (!incident) return {folder, "", "", Fail(incident.error())};
  return {folder, incident->plan.table.uri, incident->digest,
          workspace::StateOf(session, *incident)};
}

nlohmann::json ToJson(const Listed& one) {
  return {{"case", one.folder},
          {"table", one.table},
          {"digest", one.digest},
          {"state", one.state ? recovery::ToJson(*one.state) : nlohmann::json(nullptr)},
          {"problem", one.state ? "" : one.state.error().Message()}};
}

Result<Exit> Run(Session& session, const std::string& root) {
  SALVOR_TRY(const recovery::FoundCases found, recovery::FindCases(session.Files(), root));
  report::Table text({{"CASE"}, {"STATE"}, {"TABLE"}, {"NEXT"}});
  nlohmann::json cases = nlohmann::json::array();
  for (const std::string& folder : found.folders) {
    const Listed one = LookAt(session, folder);
    const bool known = one.state.has_value();
    text.Add({one.folder, known ? std::string(recovery::StageName(one.state->stage)) : "unreadable",
              one.table,
              !known                    ? one.state.error().Message()
              : one.state->next.empty() ? ""
                                        : one.state->next.front()});
    cases.push_back(ToJson(one));
  }
  for (const std::string& line : found.skipped) Session::Tell("note: " + Printable(line));
  session.Say(found.folders.empty() ? "no cases in " + Printable(root) + " or below it\n"
                                    : text.Format(Session::Width()),
              {{"folder", root}, {"cases", std::move(cases)}, {"skipped", found.skipped}});
  return Exit::kDone;
}

}  // namespace

void AddCases(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "cases", "Which recoveries there are below a folder, and what each of them waits for");
  auto root = std::make_shared<std::string>(".");
  command->add_option("DIR", *root, "The folder (this one unless you say)");
  command->callback(
      [root, &action] { action = [root](Session& session) { return Run(session, *root); }; });
}

}  // namespace salvor::cli
