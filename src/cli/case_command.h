// What the verbs that work on a case share: they load it, then open its table.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "recovery/case_folder.h"
#include "warehouse/engine.h"

namespace salvor::cli {

struct CaseOptions {
  std::string folder;
  bool yes = false;
};

struct OpenCase {
  recovery::Case incident;
  std::unique_ptr<warehouse::Engine> engine;
};

// Loads the case and opens the table that its plan names.
Result<OpenCase> OpenCaseAt(Session& session, const std::string& folder);

// A subcommand with CASE as its only argument.
CLI::App* AddCaseCommand(CLI::App& app, const std::string& name, const std::string& help,
                         const std::shared_ptr<CaseOptions>& options);
// --yes, for the verbs that ask before they act.
void AddYes(CLI::App* command, const std::shared_ptr<CaseOptions>& options);

}  // namespace salvor::cli
