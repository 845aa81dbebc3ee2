// What the verbs that work on a case share: they load it, then open its table.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "config/config.h"
#include "recovery/case_folder.h"
#include "recovery/operator.h"
#include "warehouse/engine.h"

namespace salvor::cli {

struct CaseOptions {
  std::string folder;
  bool yes = false;
  bool allow_other_signers = false;
  bool fingerprints = false;
  bool copy = false;
  bool deep = false;
};

struct OpenCase {
  recovery::Case incident;
  std::unique_ptr<warehouse::Engine> engine;
  recovery::Operator by;
};

// The program that signatures are made and checked with. kRefused if salvor.yaml names one that
// somebody else than root could have put there.
Result<std::string> SshKeygenOf(const io::FsReader& fs, const config::Config& config);

// Today's rules for a table: salvor.yaml's, with the files that it names. kRefused if everybody may
// write to one of them.
Result<custody::Rules> LoadRules(Session& session, const model::TableIdentity& table);

// Loads the case, opens the table that its plan names, and finds out who is acting.
Result<OpenCase> OpenCaseAt(Session& session, const CaseOptions& options);

// Says in red what lets production be written with less than the usual care.
void WarnOfOverrides(const Session& session, const model::Plan& plan, const recovery::Operator& by);

// A subcommand with CASE as its only argument.
CLI::App* AddCaseCommand(CLI::App& app, const std::string& name, const std::string& help,
                         const std::shared_ptr<CaseOptions>& options);
// --yes and --allow-other-signers, for the verbs that ask before they act.
void AddYes(CLI::App* command, const std::shared_ptr<CaseOptions>& options);

}  // namespace salvor::cli
