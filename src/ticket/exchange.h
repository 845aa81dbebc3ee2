// JSON over HTTP with a tracker: one question, one checked answer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "http/retry.h"

namespace salvor::ticket {

class Exchange {
 public:
  // `headers` are sent with every request; one of them holds the token, which is `secret`: words of
  // the tracker that give it away are in no error. `watcher` is told of each wait before a request
  // is sent again.
  Exchange(std::string site, std::vector<http::Header> headers, std::string secret,
           http::Client& client, const io::Clock& clock, const io::Random& random,
           http::RetryWatcher watcher);

  // `path` is escaped and begins with a slash. Asked again while that may help.
  [[nodiscard]] Result<nlohmann::json> Get(const std::string& path) const;
  // Sent once; again only where the server says that it did nothing.
  [[nodiscard]] Result<nlohmann::json> Post(const std::string& path,
                                            const nlohmann::json& body) const;

  [[nodiscard]] const std::string& Site() const { return site_; }

 private:
  [[nodiscard]] Result<nlohmann::json> Send(http::Request request,
                                            http::Idempotency idempotency) const;
  [[nodiscard]] Result<nlohmann::json> Classify(const http::Response& response,
                                                const std::string& where, bool wrote) const;

  std::string site_;
  std::vector<http::Header> headers_;
  std::string secret_;
  http::RetryLoop loop_;
};

// A member that must be text (or a number, for an id); "" if it is not.
std::string TextMember(const nlohmann::json& object, const char* name);

// "https://host/path" without a slash at its end. kRefused for plain HTTP to another machine.
Result<std::string> CheckedSite(const std::string& url);

// Digits only, at most 18 of them, and not zero.
bool IsNumber(const std::string& key);

}  // namespace salvor::ticket
