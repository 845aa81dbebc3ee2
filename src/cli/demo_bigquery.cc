#include "cli/demo_bigquery.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/shell_word.h"
#include "base/text.h"
#include "cli/demo_story.h"
#include "custody/ssh_keygen.h"
#include "demo/served_table.h"
#include "http/curl_client.h"
#include "io/process.h"
#include "io/terminal.h"
#include "workspace/bigquery_service.h"

namespace salvor::cli {
namespace {

constexpr const char* kEmulator = "BIGQUERY_EMULATOR_HOST";
constexpr const char* kServerName = "salvor-bigquery-server";
constexpr const char* kReviewer = "sam@example.com";
constexpr uint32_t kFolderMode = 0755;
constexpr uint32_t kFileMode = 0644;
constexpr Millis kServerStarts{20'000};

// The environment of this process, with the server in it.
class WithServer final : public io::Environment {
 public:
  WithServer(const io::Environment& inner, std::string endpoint)
      : inner_(inner), endpoint_(std::move(endpoint)) {}
  [[nodiscard]] std::optional<std::string> Get(const std::string& name) const override {
    return name == kEmulator ? endpoint_ : inner_.Get(name);
  }

 private:
  const io::Environment& inner_;
  std::string endpoint_;
};

// The server that is used, and ended with this object if it was started for it.
struct Server {
  std::string endpoint;
  std::unique_ptr<io::RunningProgram> program;  // null: it was there, and stays
};

Result<Server> StartServer(Session& session, const std::string& named) {
  std::string program = named;
  if (program.empty()) {
    SALVOR_TRY(const std::string salvor, session.Files().RealPath("/proc/self/exe"));
    program = io::JoinPath(io::ParentPath(salvor), kServerName);
    SALVOR_TRY(const auto there, session.Files().Stat(program));
    if (!there) {
      return Fail(Code::kNotFound, "the BigQuery test server is not beside salvor", program,
                  "Build it (make server), name its program with --server, or start one by hand "
                  "and set BIGQUERY_EMULATOR_HOST");
    }
  }
  io::Command command;
  command.words = {program, "--port", "0", "--until-stdin-closes"};
  command.timeout = kServerStarts;
  Server server;
  SALVOR_TRY(server.program, session.Processes().Start(command));
  const std::string& line = server.program->FirstLine();
  const std::string name = std::string(kEmulator) + "=";
  if (!line.starts_with(name + "http://127.0.0.1:")) {
    return Fail(Code::kCorrupt, "the program does not say where it serves", program,
                "It must be salvor-bigquery-server");
  }
  server.endpoint = line.substr(name.size());
  return server;
}

Result<Server> FindServer(Session& session, const std::string& named) {
  const bool there = !session.Outside().environment.ValueOf(kEmulator).empty();
  if (!there) return StartServer(session, named);
  if (!named.empty()) {
    return Fail(Code::kInvalidArgument, "there is a server already, and another one was named",
                "--server", "Unset BIGQUERY_EMULATOR_HOST, or leave --server out");
  }
  return Server{workspace::BigQueryEndpoint(session.Outside().environment), nullptr};
}

Status RefuseWhatIsInUse(const io::FsReader& fs, const std::string& folder) {
  SALVOR_TRY(const auto info, fs.Lstat(folder));
  if (!info) return Done{};
  if (info->type == io::FileInfo::Type::kDirectory) {
    SALVOR_TRY(const auto names, fs.List(folder));
    if (names.empty()) return Done{};
  }
  return Fail(Code::kRefused, "the demo needs a folder of its own, and this one is not empty",
              folder, "Name another one, or remove it");
}

// A text in double quotes, as YAML and JSON take it.
std::string Quoted(const std::string& text) { return nlohmann::json(text).dump(); }

// The second person: a key of their own, and the team's rules that know both people.
Status MakeReviewer(Session& session, const std::string& folder) {
  io::Fs& fs = session.Files();
  const std::string key = io::JoinPath(folder, "sams_key");
  io::Command command;
  command.words = {custody::kSshKeygen, "-q", "-t", "ed25519", "-N", "", "-C",
                   kReviewer,           "-f", key};
  SALVOR_TRY(const io::CommandResult made, session.Processes().Run(command));
  if (made.exit_code != 0) {
    return Fail(Code::kUnavailable, "ssh-keygen made no key: " + made.errors, key,
                "The demo needs OpenSSH's ssh-keygen");
  }
  constexpr int64_t kLargest = 4096;
  SALVOR_TRY(const std::string half, fs.ReadFile(key + ".pub", kLargest));
  const std::string signers = fmt::format("{} namespaces=\"salvor-plan\" {}", kReviewer, half);
  const std::string rules = fmt::format(
      "# Who must agree before production is written, and whose names are whose.\n"
      "review:\n"
      "  approvals: 1\n"
      "  allowed_signers: ./allowed_signers\n"
      "  # Leave this line out for real: an emulator asks for no credentials and so cannot say "
      "who\n"
      "  # planned, but on Google's service author and approver must be two people.\n"
      "  distinct: []\n"
      "  people:\n"
      "    You: {{os_users: [{}]}}\n"
      "    Sam: {{principals: [{}]}}\n",
      Quoted(io::UserName()), kReviewer);
  for (const auto& [name, text] :
       {std::pair<std::string, std::string>{"allowed_signers", signers}, {"salvor.yaml", rules}}) {
    const std::string path = io::JoinPath(folder, name);
    SALVOR_TRY(const bool created, fs.CreateNew(path, text, kFileMode));
    if (!created) return Fail(Code::kConflict, "somebody else writes into the folder", path);
  }
  return Done{};
}

std::vector<DemoStep> Recovery(const demo::ServedTable& table, const std::string& folder) {
  const std::string incident = io::JoinPath(folder, "case");
  const std::string key = io::JoinPath(folder, "sams_key");
  return {
      {"Can salvor work on this table from here?", {"doctor", table.address}},
      {"Is anything missing? (exit code 3: yes, and it can be recovered)",
       {"status", table.address},
       Exit::kLossRecoverable},
      {"What happened, and who did it?", {"history", table.address}},
      {"Decide for each partition. This only reads.",
       {"plan", table.address, "--case", incident, "--staging", table.staging}},
      {"Runbook step 1: a private copy, before time travel forgets the rows. It waits for nobody.",
       {"persist", incident}},
      {"Runbook step 2. On BigQuery somebody else must agree first (exit code 5: refused).",
       {"apply", incident, "--yes"},
       Exit::kRefused},
      {"So Sam reads the plan, and what will run, and signs it. (The demo plays Sam as well, with "
       "a\n"
       "# key that it made. And since this server asks for no credentials, nobody knows who "
       "planned:\n"
       "# salvor.yaml says distinct: [] for that. On Google's service leave it out: author and\n"
       "# approver are then two people, whose principals and keys prove it.)",
       {"approve", incident, "--as", kReviewer, "--key", key}},
      {"Runbook step 2: put the days back. (--yes, because nobody is asked here)",
       {"apply", incident, "--yes"}},
      {"The same again, as after a lost connection: it must add nothing.",
       {"apply", incident, "--yes"}},
      {"Runbook step 3: prove it.", {"verify", incident}},
      {"Runbook step 4: drop the private copy.", {"clean", incident}},
      {"And now?", {"status", table.address}},
      {"Who did what, and does the signature hold?", {"audit", incident}},
  };
}

std::string Beginning(const demo::ServedTable& table) {
  const auto& written = table.history.written;
  return fmt::format(
      "{}\n"
      "  {} daily partitions since {}, {} until the incident; it requires a partition filter.\n"
      "  Two weeks ago it came here; a job has written a day every night since then.\n"
      "  Three days ago somebody ran a backfill for March 2023. Its sources keep 30 days, so it\n"
      "  overwrote the month with nothing. Two days later somebody deleted the wrong week.\n"
      "  {} days with {} are gone, and the nightly job went on as if nothing had happened.\n",
      table.address, FormatCount(written.Count()), FormatDay(written.first),
      Plural(table.before.rows, "row"), table.before.days - table.after.days,
      Plural(table.before.rows - table.after.rows, "row"));
}

std::string InWords(const demo::Reading& reading) {
  return fmt::format("{} days, {}, fingerprint {}", FormatCount(reading.days),
                     Plural(reading.rows, "row"), Printable(reading.fingerprint));
}

// By plain REST, without salvor: what any client would send.
Status ReadAgain(http::Client& client, const demo::ServedTable& table) {
  PrintDemoCommand("Without salvor: one query over every day until the incident, by plain REST.",
                   fmt::format("curl -s {} -H 'Content-Type: application/json' -d {}",
                               table.query_url, ShellWord(demo::ReadingRequest(table))));
  SALVOR_TRY(const demo::Reading now, demo::ReadServedTable(client, table));
  PrintDemo(
      fmt::format("right before the incident: {}\nafter it:                  {}\nnow:      "
                  "                 {}\n",
                  InWords(table.before), InWords(table.after), InWords(now)));
  if (now == table.before) return Done{};
  return Fail(Code::kInternal, "the demo stops: the table is not as it was before the incident",
              table.address, "What was made is left as it is");
}

std::string Ending(const demo::ServedTable& table, const Server& server,
                   const std::string& folder) {
  std::string text = fmt::format(
      "\nThe table is whole, row for row: {}, {}, as before the "
      "incident.\n",
      Plural(table.before.days, "day"), Plural(table.before.rows, "row"));
  if (server.program == nullptr) {
    text += fmt::format("The server at {} keeps it; look around with salvor, bq or any client.\n",
                        server.endpoint);
  } else {
    text += fmt::format(
        "This server ends with the demo. To look around afterwards, start it yourself:\n"
        "  {} --port 0\n"
        "set the variable that it prints, and run the demo again.\n",
        kServerName);
  }
  return text + fmt::format(
                    "The case, with the plan, the journal, the signature and the proof, "
                    "lies in {}\n",
                    Printable(io::JoinPath(folder, "case")));
}

}  // namespace

Result<Exit> RunBigQueryDemo(Session& session, const std::string& folder,
                             const std::string& server_program) {
  SALVOR_OK(RefuseWhatIsInUse(session.Files(), folder));
  SALVOR_TRY(const Server server, FindServer(session, server_program));
  PrintDemo(fmt::format(
      "# {}, with an incident in its past. Nothing here is Google's.\n$ export {}={}\n",
      server.program == nullptr ? "The BigQuery test server that runs already"
                                : "A BigQuery test server on this machine, started for this demo",
      kEmulator, server.endpoint));
  http::CurlClient client(http::CurlOptionsFrom(session.Outside().environment));
  SALVOR_TRY(const demo::ServedTable table,
             demo::BuildServedTable(client, server.endpoint, session.Clock().Now()));
  PrintDemo(Beginning(table));
  SALVOR_OK(session.Files().MakeDirectory(folder, kFolderMode));
  SALVOR_OK(MakeReviewer(session, folder));
  const WithServer environment(session.Outside().environment, server.endpoint);
  const workspace::World world{session.Outside().fs, session.Outside().clock,
                               session.Outside().processes, environment};
  for (const DemoStep& step : Recovery(table, folder)) {
    SALVOR_OK(RunDemoStep(world, step, io::JoinPath(folder, "salvor.yaml")));
  }
  SALVOR_OK(ReadAgain(client, table));
  PrintDemo(Ending(table, server, folder));
  return Exit::kDone;
}

}  // namespace salvor::cli
