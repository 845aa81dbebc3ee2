#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "report/table.h"
#include "warehouse/diagnosis.h"

namespace salvor::cli {
namespace {

using warehouse::Diagnosis;

bool Any(const std::vector<Diagnosis>& lines, Diagnosis::State state) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const Diagnosis& line) { return line.state == state; });
}

Exit Answer(const std::vector<Diagnosis>& lines) {
  if (Any(lines, Diagnosis::State::kRefused)) return Exit::kRefused;
  return Any(lines, Diagnosis::State::kMissing) ? Exit::kFailed : Exit::kDone;
}

Result<Exit> Run(Session& session, const std::string& named) {
  SALVOR_TRY(const std::string table, session.AddressOf(named));
  const workspace::EngineRow& engine = session.EngineOf(table);
  if (!engine.diagnose) {
    return Fail(Code::kUnsupported, "doctor looks at tables of BigQuery and in S3 only", table,
                "salvor status says what it sees of a Delta table in a folder");
  }
  SALVOR_TRY(const std::vector<Diagnosis> lines, engine.diagnose(session, table));
  using Align = report::Table::Align;
  report::Table text({{"CHECK", Align::kLeft}, {"STATE", Align::kLeft}, {"DETAIL", Align::kLeft}});
  nlohmann::json checks = nlohmann::json::array();
  for (const Diagnosis& line : lines) {
    const std::string state(warehouse::StateName(line.state));
    text.Add({line.check, state, line.detail});
    checks.push_back({{"check", line.check}, {"state", state}, {"detail", line.detail}});
  }
  session.Say(Printable(table) + "\n\n" + text.Format(Session::Width()),
              {{"table", table}, {"checks", std::move(checks)}});
  return Answer(lines);
}

}  // namespace

void AddDoctor(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand(
      "doctor",
      "Whether salvor can work on a table of BigQuery or in S3 from here; changes nothing");
  auto table = std::make_shared<std::string>();
  command->add_option("TABLE", *table, "bigquery:project.dataset.table, or s3://bucket/prefix")
      ->required();
  command->callback(
      [table, &action] { action = [table](Session& session) { return Run(session, *table); }; });
}

}  // namespace salvor::cli
