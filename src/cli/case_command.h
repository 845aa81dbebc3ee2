// What the verbs that work on a case share: they load it, then open its table.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "recovery/actor.h"
#include "workspace/opened_case.h"

namespace salvor::cli {

struct CaseOptions {
  std::string folder;
  bool yes = false;
  bool allow_other_signers = false;
  bool fingerprints = false;
  bool copy = false;
  bool deep = false;
};

// workspace::OpenCase of what the options say.
Result<workspace::OpenedCase> OpenCaseAt(Session& session, const CaseOptions& options);

// Says in red what leaves the table for what comes back.
void WarnOfRowsThatGo(const Session& session, const model::Plan& plan);
// Says in red what lets production be written with less than the usual care.
void WarnOfOverrides(const Session& session, const model::Plan& plan, const recovery::Actor& by);

// A subcommand with CASE as its only argument.
CLI::App* AddCaseCommand(CLI::App& app, const std::string& name, const std::string& help,
                         const std::shared_ptr<CaseOptions>& options);
// --yes and --allow-other-signers, for the verbs that ask before they act.
void AddYes(CLI::App* command, const std::shared_ptr<CaseOptions>& options);

}  // namespace salvor::cli
