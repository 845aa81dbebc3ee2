// A client that says what a person waits for: a request that lasts over a second, and each wait
// before it is sent again.
#pragma once

#include "cli/terminal_progress.h"
#include "http/client.h"
#include "http/retry.h"
#include "io/clock.h"

namespace salvor::cli {

// For a RetryLoop: a note before a wait that is worth a word, at most one in five seconds (many
// requests wait at the same time, for the same reason). Borrows both. Thread-safe.
http::RetryWatcher TellerOfRetries(const io::Clock& clock, TerminalProgress& progress);

// Adds one line to what takes long: "waiting for https://host (1 s so far)", after the first second
// of a request. Borrows both. As thread-safe as the client.
class WaitingClient final : public http::Client {
 public:
  WaitingClient(http::Client& client, TerminalProgress& progress)
      : client_(client), progress_(progress) {}

  Result<http::Response> Send(const http::Request& request) override;

 private:
  http::Client& client_;
  TerminalProgress& progress_;
};

}  // namespace salvor::cli
