#include "cli/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <typeinfo>
#include <utility>

#include "base/shell_word.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/usage.h"
#include "io/interrupt.h"
#include "io/terminal.h"

namespace salvor::cli {
namespace {

constexpr const char* kVersion = "salvor " SALVOR_VERSION;

std::string Footer() {
  std::string text = "Exit codes:\n";
  for (const auto& [exit, meaning] : kExitMeanings) {
    text += fmt::format("  {}  {}\n", static_cast<int>(exit), meaning);
  }
  return text;
}

constexpr const char* kEveryVerb =
    "Flags of every verb, before or after it (--json, --project, --max-bytes-billed ...):\n"
    "  salvor --help\n\n";

int Number(Exit exit) { return static_cast<int>(exit); }

void AddCommands(CLI::App& app, Action& action) {
  AddStatus(app, action);
  AddHistory(app, action);
  AddPlan(app, action);
  AddShow(app, action);
  AddPersist(app, action);
  AddApprove(app, action);
  AddApply(app, action);
  AddVerify(app, action);
  AddClean(app, action);
  AddUndo(app, action);
  AddTicket(app, action);
  AddAudit(app, action);
  AddCases(app, action);
  AddDemo(app, action);
  AddDoctor(app, action);
}

void AddBigQueryFlags(CLI::App& app, Switches& switches) {
  constexpr const char* kGroup = "BigQuery";
  app.add_option("--project", switches.workspace.project,
                 "Where salvor's own jobs run and are paid for (else the table's project)")
      ->group(kGroup);
  app.add_option("--jobs-project", switches.workspace.jobs_projects,
                 "Another project whose jobs may have changed the table; may be repeated")
      ->allow_extra_args(false)
      ->group(kGroup);
  app.add_option(
         "--max-bytes-billed", switches.workspace.max_bytes_billed,
         "What the queries of a command may cost together, and the one that writes by itself: "
         "500M, 2G (else 1G)")
      ->group(kGroup);
}

// A full disk or a closed pipe must not pass for a result that was written.
int Flushed(int exit) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit;
  std::fputs("salvor: the result could not be written to standard output\n", stderr);
  return exit == 0 ? Number(Exit::kFailed) : exit;
}

int RunAction(const Action& action, Session& session, TerminalProgress& progress) {
  auto exit = action(session);
  progress.Clear();
  session.Close(exit ? nullptr : &exit.error());
  if (exit) return Flushed(Number(*exit));
  Session::Tell("salvor: " + Printable(exit.error().Message()));
  return Flushed(Number(ExitFor(exit.error().code)));
}

// The command line as a person could paste it.
std::string Typed(const std::vector<std::string>& arguments) {
  std::string text = "salvor";
  for (const std::string& argument : arguments) text += " " + ShellWord(argument);
  return Printable(text);
}

// Line by line, since the text has more than one.
void Tell(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    Session::Tell(Printable(text.substr(at, end - at)));
    at = end + 1;
  }
}

int Run(std::vector<std::string> arguments, const workspace::World& world,
        std::vector<workspace::EngineRow> engines) {
  CLI::App app{"Brings lost partitions of a table back before the warehouse forgets them.",
               "salvor"};
  Switches switches;
  Action action;
  app.add_flag("--json", switches.json, "Print one JSON document instead of text");
  app.add_flag("--no-input", switches.no_input, "Never ask; refuse where a person must confirm");
  AddBigQueryFlags(app, switches);
  app.add_option("--config", switches.workspace.config,
                 "salvor.yaml, if not the one of this folder or of one above it");
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(Footer());
  AddCommands(app, action);
  for (CLI::App* verb : app.get_subcommands({})) verb->footer(kEveryVerb + Footer());
  const std::string typed = Typed(arguments);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      app.exit(error);
      return Flushed(0);
    }
    Tell(UsageText(app, error.what()));
    return Number(Exit::kUsage);
  }
  io::TellOnInterrupt(
      "salvor: stopped. The same command goes on, and does nothing twice that was done:\n  " +
      typed + "\n");
  TerminalProgress progress(world.clock, io::IsTerminal(STDERR_FILENO));
  Session session(world, progress, switches, std::move(engines));
  return RunAction(action, session, progress);
}

}  // namespace

int RunProgram(std::vector<std::string> arguments, const workspace::World& world,
               std::vector<workspace::EngineRow> engines) {
  try {
    return Run(std::move(arguments), world, std::move(engines));
  } catch (const std::exception& error) {
    // Its words may quote what was being read.
    Session::Tell("salvor: internal error (" + Printable(typeid(error).name()) + ")" +
                  ". This is a bug; running the same command on the same case again is safe");
    return Number(Exit::kFailed);
  }
}

}  // namespace salvor::cli
