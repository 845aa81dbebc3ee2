// A BigQuery table on the strict test server, for the engine contract: the other people write by
// SQL, through the server's own front door and none of salvor's code for it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/clock.h"
#include "testing/bigquery_server/server.h"
#include "tests/contract/engine_contract.h"
#include "tests/contract/killable_client.h"

namespace salvor::contract {

// The server's answers to questions that the documentation leaves open, by name, where they are not
// its defaults.
using Silences = std::vector<std::pair<std::string, std::string>>;

// Waits that are meant for a real network are cut short.
class HurriedClock final : public io::Clock {
 public:
  [[nodiscard]] Instant Now() const override { return io::SystemClock().Now(); }
  void Sleep(Millis span) const override { io::SystemClock().Sleep(std::min(span, Millis(2))); }
};

class BigQueryScene : public EngineScene {
 public:
  virtual testing::bigquery::Server& Server() = 0;
  // Everything that salvor sends goes through it.
  virtual KillableClient& Wire() = 0;
  // As other people: any statement, and the names of a dataset's tables.
  virtual void Run(const std::string& sql) = 0;
  virtual std::vector<std::string> TablesOf(const std::string& dataset) = 0;
  // What a person chose for the plan; from the next Reopen on.
  virtual void Choose(bool by_name, const std::string& definition) = 0;
};

// `clock` is what salvor waits by.
std::unique_ptr<BigQueryScene> MakeBigQueryScene(const Silences& silences,
                                                 const io::Clock& clock = io::SystemClock());

}  // namespace salvor::contract
