// A BigQuery table on the strict test server, for the engine contract: the other people write by
// SQL, through the server's own front door and none of salvor's code for it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/clock.h"
#include "testing/bigquery_server/server.h"
#include "tests/contract/engine_contract.h"

namespace salvor::contract {

// The server's answers to questions that the documentation leaves open, by name, where they are not
// its defaults.
using Silences = std::vector<std::pair<std::string, std::string>>;

class BigQueryScene : public EngineScene {
 public:
  virtual testing::bigquery::Server& Server() = 0;
};

// `clock` is what salvor waits by.
std::unique_ptr<BigQueryScene> MakeBigQueryScene(const Silences& silences,
                                                 const io::Clock& clock = io::SystemClock());

}  // namespace salvor::contract
