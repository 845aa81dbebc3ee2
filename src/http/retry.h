// Sending again what may be sent again.
//
// The loop knows how long to wait; whether an answer means "try again" the caller's function says
// (its reasons are the service's), and whether a request may take effect twice the caller must say
// on every call.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "http/client.h"
#include "io/clock.h"
#include "io/random.h"

namespace salvor::http {

// Whether the request, sent twice, leaves what one would leave.
enum class Idempotency { kIdempotent, kNotIdempotent };

// What an answer means for the loop.
enum class Verdict {
  kAnswer,     // the caller's: a success, or a failure that repeating does not mend
  kNotDone,    // a passing fault; the server says that it did nothing (too many requests)
  kMayBeDone,  // a passing fault that leaves open whether it was carried out
};
using Classifier = std::function<Verdict(const Response& response)>;

// 429 is kNotDone; 408, 500, 502, 503 and 504 are kMayBeDone; all else is kAnswer.
Verdict ClassifyByStatus(const Response& response);

struct RetryPolicy {
  Millis first_wait{1'000};  // doubled each time
  Millis longest_wait{32'000};
  Millis deadline{600'000};  // from the first attempt; no attempt starts or runs beyond it
  // The same for requests that never left, to a server that has answered nothing yet: then the
  // address is more likely to be wrong than the network to be down for a while.
  Millis deadline_of_strangers{10'000};
};

// Before each wait, so that a person sees why nothing happens.
struct RetryNotice {
  int attempt = 1;  // that just failed, counted from 1
  Millis wait{0};
  std::string reason;  // "HTTP 503", or an error's text
  std::string server;  // "https://host:port"
  Millis elapsed{0};   // since the first attempt

  // True once the whole has lasted, or will last, over a second.
  [[nodiscard]] bool IsWorthAWord() const { return elapsed + wait > Millis(1'000); }
};
// For people: "https://host: HTTP 503; trying again in 2 s (attempt 3)".
std::string FormatNotice(const RetryNotice& notice);
using RetryWatcher = std::function<void(const RetryNotice& notice)>;

class RetryLoop {
 public:
  // All outlive the loop. Thread-safe, as far as the client and the watcher are. The loop remembers
  // which servers have answered.
  RetryLoop(Client& client, const io::Clock& clock, const io::Random& random, RetryPolicy policy,
            RetryWatcher watcher = {});

  // The first answer that the classifier calls one; when the time is up, the last answer, whatever
  // the classifier thinks of it (an idempotent request), or the last error. Waits between half and
  // the whole of 1 s, 2 s, 4 s … 32 s, or as long as Retry-After says; where that is beyond the
  // deadline it gives up at once. Where nobody listens (kUnavailable) and nobody ever answered, the
  // deadline is the strangers'. Sent again are: requests that never left (kUnavailable), kNotDone;
  // and, if idempotent, kMayBeDone and kOutcomeUnknown. One that is not idempotent and may have
  // been carried out is kOutcomeUnknown, at once; so is an answer to it that cannot be read
  // (kCorrupt).
  Result<Response> Send(const Request& request, Idempotency idempotency,
                        const Classifier& classify) const;

 private:
  // Notes an answer; true if this attempt says that nobody is there who ever was.
  bool IsStranger(const std::string& server, const Result<Response>& result) const;

  Client& client_;
  const io::Clock& clock_;
  const io::Random& random_;
  RetryPolicy policy_;
  RetryWatcher watcher_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> answered_;  // servers
};

}  // namespace salvor::http
