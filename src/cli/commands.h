// One function for each verb, each in a file of its own with its flags, its help and its wiring. It
// adds a subcommand; when that is what the person typed, `action` is set.
#pragma once

#include <CLI/App.hpp>

#include "cli/session.h"

namespace salvor::cli {

// What TABLE may be.
inline constexpr const char* kTableHelp =
    "A Delta table's folder, or bigquery:project.dataset.table";

void AddStatus(CLI::App& app, Action& action);
void AddHistory(CLI::App& app, Action& action);
void AddPlan(CLI::App& app, Action& action);
void AddShow(CLI::App& app, Action& action);
void AddPersist(CLI::App& app, Action& action);
void AddApprove(CLI::App& app, Action& action);
void AddApply(CLI::App& app, Action& action);
void AddVerify(CLI::App& app, Action& action);
void AddClean(CLI::App& app, Action& action);
void AddUndo(CLI::App& app, Action& action);
void AddTicket(CLI::App& app, Action& action);
void AddAudit(CLI::App& app, Action& action);
void AddCases(CLI::App& app, Action& action);
void AddDemo(CLI::App& app, Action& action);
void AddDoctor(CLI::App& app, Action& action);

}  // namespace salvor::cli
