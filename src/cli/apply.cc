#include "recovery/apply.h"
#include "base/shell_word.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "report/plan_report.h"

namespace salvor::cli {
namespace {

model::Moved MovedBy(const recovery::ApplyReport& report) {
  return {report.files, report.linked, report.copied};
}

std::string Text(const recovery::ApplyReport& report, const recovery::Case& incident,
                 const std::string& folder, const model::EngineWords& words) {
  std::string text;
  if (report.already) {
    text = fmt::format("already applied {}: nothing was added\n", words.InVersion(report.version));
  } else if (report.restored > 0) {
    text = fmt::format("restored {} {}: {}\n", Plural(report.restored, "partition"),
                       words.InVersion(report.version), words.Restored(MovedBy(report)));
    const std::string jobs = words.JobIds(incident.digest, "apply");
    if (!jobs.empty()) text += fmt::format("ids of the jobs: {}-...\n", jobs);
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
  if (report.closed) {
    return text + "the case is closed: its private copy was dropped\n";
  }
  return text + fmt::format("Next:\n  salvor verify {}\n", Printable(ShellWord(folder)));
}

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  WarnOfRowsThatGo(session, open.incident.plan);
  if (!session.Json()) Session::Tell(Printable(report::PlanSummary(open.incident.plan)));
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  const auto writer = open.engine->Writer();
  SALVOR_TRY(const auto forecast, writer->Forecast(open.incident.plan, open.incident.digest));
  for (const std::string& line : forecast) Session::Tell(Printable(line));
  SALVOR_OK(session.Confirm("Restoring rows into", open.incident.plan.table.name, options.yes));
  SALVOR_TRY(recovery::ApplyReport report,
             recovery::Apply(session.Files(), session.Clock(), open.incident, open.by, *reader,
                             *staging, *writer));
  nlohmann::json document{{"case", options.folder},    {"already", report.already},
                          {"version", report.version}, {"restored", report.restored},
                          {"skipped", report.skipped}, {"files", report.files},
                          {"linked", report.linked},   {"copied", report.copied},
                          {"mended", report.mended},   {"by_hand", report.by_hand}};
  const model::EngineWords& words = session.WordsOf(open.incident.plan.table);
  for (const auto& [name, count] : words.RestoredCounts(MovedBy(report))) document[name] = count;
  const std::string jobs = words.JobIds(open.incident.digest, "apply");
  if (!jobs.empty()) document["job_ids_begin_with"] = jobs;
  session.Say(Text(report, open.incident, options.folder, words), document);
  return Exit::kDone;
}

}  // namespace

void AddApply(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command = AddCaseCommand(
      app, "apply", "Runbook step 2: puts the partitions back, each whole or not at all", options);
  AddYes(command, options);
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
