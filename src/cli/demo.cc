#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/demo_bigquery.h"
#include "cli/demo_story.h"
#include "config/load.h"
#include "demo/lake.h"

namespace salvor::cli {
namespace {

struct Options {
  std::string folder;  // empty: the first name that is free
  std::string warehouse = "delta";
  std::string server;
};

// `text` between quotes, `escape` before each of `special`.
std::string Escaped(const std::string& text, std::string_view special, char escape = '\\') {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += escape;
    escaped += c;
  }
  return escaped;
}

std::vector<DemoStep> Recovery(const std::string& table, const std::string& folder) {
  return {
      {"Is anything missing? (exit code 3: yes, and it can be recovered)",
       {"status", table},
       Exit::kLossRecoverable},
      {"What happened, and who did it?", {"history", table}},
      {"Decide for each partition. This only reads.", {"plan", table, "--case", folder}},
      {"What was planned, as a second person would review it.", {"show", folder}},
      {"Runbook step 1: a private copy, before anything can take the old files away.",
       {"persist", folder}},
      {"Runbook step 2: put the days back. (--yes, because nobody is asked here)",
       {"apply", folder, "--yes"}},
      {"The same again, as after a lost connection: it must add nothing.",
       {"apply", folder, "--yes"}},
      {"Runbook step 3: prove it, by reading every row again.", {"verify", folder}},
      {"Runbook step 4: drop the private copy.", {"clean", folder}},
      {"And now?", {"status", table}},
  };
}

std::string Beginning(const demo::Lake& lake) {
  return fmt::format(
      "{}\n"
      "  {} daily partitions since {}, {}.\n"
      "  Two weeks ago it came here; a job has written a day every night since then.\n"
      "  Three days ago somebody ran that job again for March 2023. Its sources keep 30 days,\n"
      "  so it overwrote the month with nothing. Two days later somebody deleted the wrong week.\n"
      "  {} days with {} are gone, and the nightly job went on as if nothing had happened.\n",
      Printable(lake.table), FormatCount(lake.history.written.Count()),
      FormatDay(lake.history.written.first), Plural(lake.rows, "row"), lake.lost_days,
      Plural(lake.lost_rows, "row"));
}

std::string Ending(const demo::Lake& lake, const std::string& folder) {
  const std::string in_sql = "'" + Escaped(lake.table, "'", '\'') + "'";
  const std::string duckdb =
      "INSTALL delta; LOAD delta; SELECT count(DISTINCT submission_date) AS days, count(*) AS "
      "\"rows\" FROM delta_scan(" +
      in_sql + ")";
  const std::string deltars =
      "import deltalake as d; print(d.QueryBuilder().register('t', d.DeltaTable('" +
      Escaped(lake.table, "\\'") +
      "')).execute('SELECT count(DISTINCT submission_date), count(*) FROM t').read_all())";
  return fmt::format(
      "\nThe table is whole: {} days, {}, as before the incident. Any other reader of Delta\n"
      "tables finds the same. With DuckDB, or with Python (pip install deltalake):\n"
      "  duckdb -c \"{}\"\n"
      "  python3 -c \"{}\"\n"
      "The case, with the plan, the journal and the proof, lies in {}\n",
      FormatCount(lake.history.written.Count()), Plural(lake.rows, "row"),
      Printable(Escaped(duckdb, "\\\"$`")), Printable(Escaped(deltars, "\\\"$`")),
      Printable(folder));
}

// A salvor.yaml above the demo is about a team's own tables: it may ask for reviews, or be one that
// this version refuses. Then the demo gets its own, which asks for nothing.
Result<std::string> OwnConfig(const Session& session, const std::string& folder) {
  const workspace::World& world = session.Outside();
  const auto found = config::FindConfig(world.fs, ".", world.environment.ValueOf("HOME"));
  const bool none = found && !*found && session.Set().config.empty();
  if (none) return std::string();
  const std::string path = io::JoinPath(folder, config::kFileName);
  SALVOR_OK(world.fs.Replace(path, "# The demo's own: no warehouses, no review.\nwarehouses: {}\n",
                             0644));
  PrintDemo(fmt::format(
      "\n# There is a salvor.yaml that would count here{}. It is about other tables, and may ask\n"
      "# for a review: the demo goes by one of its own, {}\n",
      found && *found ? " (" + Printable(**found) + ")" : "", Printable(path)));
  return path;
}

Result<Exit> Run(Session& session, const Options& options) {
  if (session.Json()) {
    return Fail(Code::kInvalidArgument, "the demo shows what a person sees", "--json",
                "Run the verbs that it prints with --json");
  }
  SALVOR_TRY(const std::string folder, DemoFolder(session.Files(), options.folder));
  if (options.warehouse == "bigquery") return RunBigQueryDemo(session, folder, options.server);
  PrintDemo(fmt::format("# A lake on this machine, and an incident in its past, in {}\n",
                        Printable(folder)));
  SALVOR_TRY(const demo::Lake lake,
             demo::BuildLake(session.Files(), session.Clock().Now(), folder));
  PrintDemo(Beginning(lake));
  const std::string incident = io::JoinPath(folder, "case");
  SALVOR_TRY(const std::string config, OwnConfig(session, folder));
  for (const DemoStep& step : Recovery(lake.table, incident)) {
    SALVOR_OK(RunDemoStep(session.Outside(), step, config));
  }
  PrintDemo(Ending(lake, incident));
  return Exit::kDone;
}

}  // namespace

void AddDemo(CLI::App& app, Action& action) {
  auto* command =
      app.add_subcommand("demo", "A local lake, an incident, the whole recovery, on this machine");
  auto options = std::make_shared<Options>();
  command->add_option(
      "DIR", options->folder,
      "A folder of its own, absent or empty; else salvor-demo, or the next such name "
      "that is free");
  auto* warehouse =
      command->add_option("--warehouse", options->warehouse,
                          "delta (a lake in DIR), or bigquery: the same on a BigQuery test server, "
                          "BIGQUERY_EMULATOR_HOST's or one that is started for the demo");
  warehouse->check(CLI::IsMember({"delta", "bigquery"}));
  command
      ->add_option("--server", options->server,
                   "The test server's program (else salvor-bigquery-server beside this one)")
      ->needs(warehouse);
  command->callback([options, &action] {
    action = [options](Session& session) { return Run(session, *options); };
  });
}

}  // namespace salvor::cli
