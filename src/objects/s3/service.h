// Requests to one bucket of S3: addressed, signed anew for each attempt, repeated where that leads
// further.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "http/retry.h"
#include "io/clock.h"
#include "io/random.h"
#include "objects/aws/keys.h"
#include "objects/s3/endpoint.h"

namespace salvor::objects::s3 {

// What the service is made with. Borrowed, all of it.
struct Wiring {
  http::Client& client;
  aws::Credentials& credentials;
  const io::Clock& clock;
  const io::Random& random;
  http::RetryPolicy policy = {};
  http::RetryWatcher watcher = {};
};

// Each call is made so that it may be sent twice: it reads, or has a condition that refuses the
// second.
struct Call {
  std::string method = "GET";
  std::string key = {};  // "" is the bucket itself
  std::vector<std::pair<std::string, std::string>> query = {};
  std::vector<http::Header> headers = {};
  std::string body = {};
  int64_t max_bytes = int64_t{64} << 20U;  // of the answer
  Millis timeout{60'000};
};

class Service {
 public:
  Service(const Wiring& wiring, Endpoint endpoint, std::string bucket);

  // "s3://bucket/key"
  [[nodiscard]] std::string AddressOf(const std::string& key) const;
  [[nodiscard]] const Wiring& Outside() const { return wiring_; }

  // The answer, of any status: after 429, 503 and their like, 409 ("somebody is writing that name:
  // again"), an error inside a 200 and a body that is cut, each repeated as http::RetryLoop does
  // it. Keys that have ended are fetched anew, and a bucket of another region is asked there.
  // kOutcomeUnknown and others as http::RetryLoop and aws::Credentials.
  Result<http::Response> Send(const Call& call);

  // A URL by which anybody may read the object for that time.
  Result<std::string> Presign(const std::string& key, const std::string& version, Millis valid);

  // What an answer that is no success means, with the next action. Repeats of the answer's text
  // nothing but its code.
  [[nodiscard]] Error ErrorOf(const http::Response& response, const std::string& key) const;

 private:
  [[nodiscard]] Endpoint CurrentEndpoint() const;
  // Whether the answer names another region than the one that was asked; from then on, that one is.
  bool LearnRegion(const http::Response& response, const std::string& asked);

  const Wiring wiring_;
  const std::string bucket_;
  mutable std::mutex mutex_;
  Endpoint endpoint_;
};

}  // namespace salvor::objects::s3
