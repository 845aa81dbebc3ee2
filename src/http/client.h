// The seam to the network: one request, one whole answer. Retry, pacing and credentials stand above
// it; TLS, proxies and connections below.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::http {

// Header names are compared without regard to case.
bool SameName(std::string_view a, std::string_view b);

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method = "GET";
  std::string url;                   // absolute, escaped
  std::vector<Header> headers = {};  // with Accept-Encoding among them the answer is not unpacked
  std::string body = {};
  Millis timeout{60'000};                       // for the whole exchange
  int64_t max_body_bytes = int64_t{64} << 20U;  // of the answer; more is kCorrupt
};

struct Response {
  int status = 0;  // every status is a value: what a 404 means is the caller's business
  std::vector<Header> headers;
  std::string body;

  // The first header of that name; "" if there is none.
  [[nodiscard]] std::string_view Get(std::string_view name) const;
};

class Client {
 public:
  virtual ~Client() = default;
  // One exchange, never repeated here unless it is a GET or HEAD that met a stale connection, and
  // never redirected: a 3xx is an answer like any other. May be called from several threads at
  // once. kUnavailable: no connection, the request never left this machine. kOutcomeUnknown: it (or
  // a part of it) may have been sent and no whole answer came back. kRefused: the server's
  // certificate is not trusted, or an Authorization header that is no signature was to go over
  // plain HTTP to another machine; nothing was sent. kCorrupt: sent, and the answer is no HTTP or
  // larger than allowed. kInvalidArgument: a URL, method or header that cannot be sent. No error
  // holds a header, a body or a URL's query.
  virtual Result<Response> Send(const Request& request) = 0;
};

}  // namespace salvor::http
