#include "testing/bigquery_server/program.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "testing/bigquery_server/server.h"

namespace salvor::testing::bigquery {

namespace {

struct Flags {
  int port = 0;
  double copy_seconds = 0;
  double query_seconds = 0;
  double load_seconds = 0;
  bool until_stdin_closes = false;
  bool no_quotas = false;
  bool demand_key = false;
  std::vector<std::string> silences;
};

void Declare(CLI::App& app, Flags& flags) {
  app.add_option("--port", flags.port, "Port on 127.0.0.1; 0 lets the system pick one");
  app.add_option("--copy-seconds", flags.copy_seconds, "How long a copy job takes");
  app.add_option("--query-seconds", flags.query_seconds, "How long a query job takes");
  app.add_option("--load-seconds", flags.load_seconds, "How long a load job takes");
  app.add_option("--silence", flags.silences,
                 "NAME=VALUE: an answer to what the documentation leaves open");
  app.add_flag("--no-quotas", flags.no_quotas, "Count no quotas");
  app.add_flag("--demand-key", flags.demand_key, "Refuse query jobs that name no encryption key");
  app.add_flag("--until-stdin-closes", flags.until_stdin_closes, "End with standard input");
}

int64_t Millis(double seconds) { return static_cast<int64_t>(seconds * 1000); }

Status SetUp(Server& server, const Flags& flags) {
  for (const std::string& silence : flags.silences) {
    const size_t equals = std::min(silence.find('='), silence.size());
    SALVOR_OK(server.SetSilence(silence.substr(0, equals),
                                silence.substr(std::min(equals + 1, silence.size()))));
  }
  server.SetDurations(
      {Millis(flags.copy_seconds), Millis(flags.load_seconds), Millis(flags.query_seconds)});
  if (flags.demand_key) server.DemandKey();
  if (flags.no_quotas) server.SetQuotas({0, 0, 0, 0, 0, 0});
  return server.Start(flags.port);
}

// Until a signal comes, or standard input ends.
void WaitForTheEnd(int signals, bool until_stdin_closes) {
  for (;;) {
    std::array<pollfd, 2> entries = {{{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (::poll(entries.data(), until_stdin_closes ? 2 : 1, -1) < 0) continue;
    if (entries[0].revents != 0) return;
    if (until_stdin_closes && entries[1].revents != 0) {
      std::array<char, 256> ignored = {};
      if (::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return;
    }
  }
}

}  // namespace

int RunServerProgram(int argc, char** argv) {
  CLI::App app("A strict BigQuery server for tests, on this machine alone",
               "salvor-bigquery-server");
  Flags flags;
  Declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  // Before any thread starts, so that all of them leave the signals to the poll below.
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, SIGTERM);
  ::sigaddset(&wanted, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  const int signals = ::signalfd(-1, &wanted, SFD_CLOEXEC);
  Server server;
  if (const Status status = SetUp(server, flags); !status) {
    std::fprintf(stderr, "salvor-bigquery-server: %s\n", status.error().what.c_str());
    return 2;
  }
  std::printf("BIGQUERY_EMULATOR_HOST=%s\n", server.Url().c_str());
  std::fflush(stdout);
  WaitForTheEnd(signals, flags.until_stdin_closes);
  server.Stop();
  return 0;
}

}  // namespace salvor::testing::bigquery
