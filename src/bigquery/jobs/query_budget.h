// What the queries of one command may cost together.
#pragma once

#include <atomic>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "bigquery/jobs/job_runner.h"

namespace salvor::bigquery {

// Thread-safe.
class Spending {
 public:
  explicit Spending(int64_t limit) : limit_(limit) {}

  [[nodiscard]] int64_t Spent() const { return spent_; }
  [[nodiscard]] int64_t Left() const { return limit_ - spent_; }
  void Add(int64_t bytes) { spent_ += bytes; }

 private:
  int64_t limit_;
  std::atomic<int64_t> spent_ = 0;
};

// "looked with 20.0 MiB billed (INFORMATION_SCHEMA charges 10 MB a query)".
std::string SpentNote(const Spending& spending);

struct Connection;

// What it would process, by a dry run in the job project: free.
Result<int64_t> EstimateOf(const Connection& connection, const std::string& sql,
                           const std::string& location,
                           const nlohmann::json& parameters = nlohmann::json::array());

// Runs a statement that only reads, if what is left allows it (kRefused if not: nothing was
// charged), and adds what it was billed. What is left is also the query's own maximumBytesBilled,
// so that the service refuses what an estimate got wrong. With `estimate` a dry run says first what
// it would cost, and a person sees it. `tables` is how many the statement reads.
Result<QueryAnswer> RunWithin(const Connection& connection, const std::string& sql,
                              const std::string& location, const nlohmann::json& parameters,
                              bool estimate, int64_t tables = 1);

// Runs a statement that only reads and that a dry run said may be billed `most`, which is also its
// own maximumBytesBilled, and adds what it was billed.
Result<QueryAnswer> RunCapped(const Connection& connection, const std::string& sql,
                              const std::string& location, int64_t most,
                              const nlohmann::json& parameters = nlohmann::json::array());

}  // namespace salvor::bigquery
