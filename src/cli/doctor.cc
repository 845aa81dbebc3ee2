#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "bigquery/doctor.h"
#include "cli/commands.h"
#include "config/config.h"
#include "report/table.h"

namespace salvor::cli {
namespace {

using bigquery::Diagnosis;

bool Any(const std::vector<Diagnosis>& lines, Diagnosis::State state) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const Diagnosis& line) { return line.state == state; });
}

Exit Answer(const std::vector<Diagnosis>& lines) {
  if (Any(lines, Diagnosis::State::kRefused)) return Exit::kRefused;
  return Any(lines, Diagnosis::State::kMissing) ? Exit::kFailed : Exit::kDone;
}

// The projects as every other verb has them: from the command line, else from salvor.yaml.
bigquery::DoctorRequest RequestFor(const Session& session, const config::Config& config,
                                   const std::string& table) {
  bigquery::DoctorRequest request{table, session.Set().project, session.Set().jobs_projects};
  const auto found = config::FindTable(config, table);
  if (!found || !found->warehouse->bigquery) return request;
  const config::BigQueryWarehouse& warehouse = *found->warehouse->bigquery;
  if (request.job_project.empty()) request.job_project = warehouse.job_project;
  if (request.jobs_projects.empty()) request.jobs_projects = warehouse.jobs_projects;
  return request;
}

Result<Exit> Run(Session& session, const std::string& named) {
  SALVOR_TRY(const config::Config* config, session.Config());
  SALVOR_TRY(const auto resolved, config::ResolveTable(*config, named));
  const std::string table = resolved ? resolved->address : named;
  if (!table.starts_with("bigquery:")) {
    return Fail(Code::kUnsupported, "doctor looks at BigQuery tables only", table,
                "salvor status says what it sees of a Delta table");
  }
  SALVOR_TRY(BigQueryService* const service, session.BigQuery());
  std::vector<Diagnosis> lines;
  auto who = service->Principal();
  if (!who) {
    lines.push_back({"credentials", Diagnosis::State::kMissing, who.error().Message()});
  } else {
    lines.push_back({"credentials", Diagnosis::State::kGood,
                     who->empty() ? "none: an emulator, or nobody says whose they are" : *who});
    SALVOR_TRY(auto more, bigquery::Diagnose(service->Api(), session.Clock(),
                                             RequestFor(session, *config, table)));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  using Align = report::Table::Align;
  report::Table text({{"CHECK", Align::kLeft}, {"STATE", Align::kLeft}, {"DETAIL", Align::kLeft}});
  nlohmann::json checks = nlohmann::json::array();
  for (const Diagnosis& line : lines) {
    const std::string state(bigquery::StateName(line.state));
    text.Add({line.check, state, line.detail});
    checks.push_back({{"check", line.check}, {"state", state}, {"detail", line.detail}});
  }
  session.Say(Printable(table) + "\n\n" + text.Format(),
              {{"table", table}, {"checks", std::move(checks)}});
  return Answer(lines);
}

}  // namespace

void AddDoctor(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "doctor", "Whether salvor can work on a BigQuery table from here; bills and changes nothing");
  auto table = std::make_shared<std::string>();
  command->add_option("TABLE", *table, "bigquery:project.dataset.table")->required();
  command->callback(
      [table, &action] { action = [table](Session& session) { return Run(session, *table); }; });
}

}  // namespace salvor::cli
