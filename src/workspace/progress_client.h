// A client that says what a person waits for: a request that lasts over a second, and each wait
// before it is sent again.
#pragma once

#include "http/client.h"
#include "http/retry.h"
#include "io/clock.h"
#include "warehouse/progress.h"

namespace salvor::workspace {

// For a RetryLoop: a note before a wait that is worth a word, at most one in five seconds (many
// requests wait at the same time, for the same reason). Borrows both. Thread-safe.
http::RetryWatcher NoteRetries(const io::Clock& clock, warehouse::Progress& progress);

// Adds one line to what takes long: "waiting for https://host (1 s so far)", after the first second
// of a request. Borrows both. As thread-safe as the client.
class ProgressClient final : public http::Client {
 public:
  ProgressClient(http::Client& client, warehouse::Progress& progress)
      : client_(client), progress_(progress) {}

  Result<http::Response> Send(const http::Request& request) override;

 private:
  http::Client& client_;
  warehouse::Progress& progress_;
};

}  // namespace salvor::workspace
