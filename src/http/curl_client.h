// The network, by libcurl.
#pragma once

#include <memory>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "http/client.h"
#include "io/environment.h"

namespace salvor::http {

struct CurlOptions {
  std::string ca_file = {};    // PEM, instead of the system's certificates; "" is the system's
  std::string ca_folder = {};  // hashed certificates, besides those of the file
  std::string https_proxy = {};
  std::string http_proxy = {};
  std::string no_proxy = {};       // as curl reads it: names and networks, by comma
  Millis connect_timeout{15'000};  // name, connection and TLS together
};

// The variables that curl's own program obeys: CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR,
// https_proxy or HTTPS_PROXY, http_proxy (only in lower case: the other is a header in CGI),
// all_proxy or ALL_PROXY, no_proxy or NO_PROXY.
CurlOptions CurlOptionsFrom(const io::Environment& environment);

// Does what http/client.h promises. HTTP/2 where the server offers it; TLS 1.2 at least, with
// certificate and host name verified, always; no cookies, no .netrc, no redirects. Loopback and the
// addresses of the clouds' metadata servers are never asked through a proxy. The path is sent as it
// is given, dots and all. Connections are kept and
// used again: one for each Send that runs at the same time, by host.
class CurlClient final : public Client {
 public:
  explicit CurlClient(CurlOptions options);
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Result<Response> Send(const Request& request) override;

 private:
  struct Pool;
  CurlOptions options_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace salvor::http
