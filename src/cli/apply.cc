#include "recovery/apply.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "report/plan_report.h"

namespace salvor::cli {
namespace {

std::string Text(const recovery::ApplyReport& report, const std::string& folder) {
  std::string text;
  if (report.already) {
    text = fmt::format("already applied in version {}: nothing was added\n", report.version);
  } else if (report.restored > 0) {
    text = fmt::format("restored {} in version {}: {} ({} linked, {} copied)\n",
                       Plural(report.restored, "partition"), report.version,
                       Plural(report.files, "file"), FormatCount(report.linked),
                       FormatCount(report.copied));
  }
  if (report.mended > 0) {
    text +=
        fmt::format("mended: {} put back from the private copy\n", Plural(report.mended, "file"));
  }
  for (const std::string& name : report.skipped) {
    text += fmt::format("skipped {}: it has identical rows again\n", Printable(name));
  }
  for (const std::string& line : report.by_hand) {
    text += fmt::format("set again by hand: {}\n", Printable(line));
  }
  return text + fmt::format("Next:\n  salvor verify {}\n", Printable(folder));
}

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(OpenCase open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  if (!session.Set().json) Session::Tell(Printable(report::PlanSummary(open.incident.plan)));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto writer = open.engine->Writer();
  SALVOR_TRY(const auto forecast, writer->Forecast(open.incident.plan, open.incident.digest));
  for (const std::string& line : forecast) Session::Tell(Printable(line));
  SALVOR_OK(session.Confirm("Restoring rows into", open.incident.plan.table.name, options.yes));
  SALVOR_TRY(recovery::ApplyReport report,
             recovery::Apply(session.Files(), session.Clock(), open.incident, open.by, *reader,
                             *staging, *writer));
  session.Say(Text(report, options.folder), {{"case", options.folder},
                                             {"already", report.already},
                                             {"version", report.version},
                                             {"restored", report.restored},
                                             {"skipped", report.skipped},
                                             {"files", report.files},
                                             {"linked", report.linked},
                                             {"copied", report.copied},
                                             {"mended", report.mended},
                                             {"by_hand", report.by_hand}});
  return Exit::kDone;
}

}  // namespace

void AddApply(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(
      app, "apply", "Runbook step 2: puts the partitions back, in one atomic change", options);
  AddYes(command, options);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
