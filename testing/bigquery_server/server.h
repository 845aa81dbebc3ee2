// The strict BigQuery test server: the REST surface that clients use, over HTTP on 127.0.0.1, on
// rows that really have a past. docs/bigquery-server.md says what it does, what it refuses, and
// where it is stricter than the service.
#pragma once

#include <memory>
#include <string>

#include "io/clock.h"
#include "testing/bigquery_server/faults.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

class Server {
 public:
  explicit Server(const io::Clock& clock = io::SystemClock());
  ~Server();  // stops it
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Answers requests when it returns; 0: the system picks the port. Once only.
  Status Start(int port = 0);
  // Waits for requests under way. May be called again.
  void Stop();
  [[nodiscard]] int Port() const;
  // "http://127.0.0.1:PORT": what BIGQUERY_EMULATOR_HOST is set to.
  [[nodiscard]] std::string Url() const;

  // The same as the endpoints below /salvor-test, in process. Thread-safe.
  void AdvanceClock(int64_t millis);
  [[nodiscard]] int64_t NowMs();
  void AddFault(Fault fault);
  void ClearFaults();
  Status SetSilence(std::string_view name, std::string_view answer);
  void SetDurations(const Durations& durations);
  void SetQuotas(const Quotas& quotas);
  // From now on a query job without an encryption key is refused, as by an organization's policy.
  void DemandKey();
  [[nodiscard]] Meters Spent();
  void ResetMeters();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace salvor::testing::bigquery
