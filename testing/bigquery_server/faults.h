// Faults on demand: what goes wrong with the k-th request that matches. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

struct Fault {
  enum class Kind {
    kLostBefore,        // the connection closes, nothing happened
    kLostAfter,         // it happened, then the connection closes
    kUnavailable,       // 503 backendError, nothing happened
    kInternal,          // 500 internalError, nothing happened
    kTooMany,           // 429 rateLimitExceeded, nothing happened
    kUnavailableAfter,  // it happened, the answer is 503
    kSlow,              // it happens, `millis` later
    kHalfBody,          // it happened; half of the answer's body, then the connection closes
    kExpiredToken,      // 401, nothing happened
    kMiscount,          // it happened; the answer says of a copy job that it copied one row more
    kAborted,           // it happens; the transaction of its job is aborted at its end
  };
  Kind kind = Kind::kUnavailable;
  std::string method = {};  // "GET"; empty: any
  std::string path = {};    // a part of the path (the query aside); empty: any
  std::string body = {};    // a part of the body; empty: any
  int64_t skip = 0;         // let so many matching requests pass first
  int64_t count = 1;        // then spoil so many
  int64_t millis = 1000;    // kSlow
};

// {"kind": "lost-after", "method": "POST", "path": "/jobs", "body": ..., "skip": 0, "count": 1}
Result<Fault> ParseFault(const Json& json);

class Faults {
 public:
  void Add(Fault fault) { faults_.push_back(std::move(fault)); }
  void Clear() { faults_.clear(); }
  // What is to happen to this request; counts it. The first fault that is due wins.
  std::optional<Fault> Next(const std::string& method, const std::string& path,
                            const std::string& body);
  [[nodiscard]] size_t Pending() const { return faults_.size(); }

 private:
  std::vector<Fault> faults_;
};

}  // namespace salvor::testing::bigquery
