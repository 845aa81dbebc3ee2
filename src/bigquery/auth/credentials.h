// Who salvor is to Google, and how a request says so.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace salvor::bigquery::auth {

class Credentials {
 public:
  virtual ~Credentials() = default;

  // The headers that a request carries: Authorization, and X-Goog-User-Project where the
  // credentials name a project to bill; none for an emulator. A token is fetched when there is
  // none, kept in memory, and fetched anew some minutes before it ends. Thread-safe; one thread
  // fetches, the others wait for it. kPermission: the credentials were refused; kUnavailable: no
  // answer; kCorrupt, kInvalidArgument, kRefused, kUnsupported: the file, the answer or an address
  // is not acceptable.
  virtual Result<std::vector<http::Header>> Authorize() = 0;

  // These headers were answered with 401: the token in them, if it is still the kept one, is not
  // given out again.
  virtual void Reject(const std::vector<http::Header>& headers) = 0;

  // The e-mail address or principal that Google knows the bearer by: told by the credentials
  // themselves or, where they do not say, asked from Google once. "" where nobody says, as for an
  // emulator. Errors as Authorize.
  virtual Result<std::string> Principal() = 0;

  // Where they come from, for a person: "service_account in /home/a/key.json". Holds no secret.
  [[nodiscard]] virtual std::string Origin() const = 0;
};

// Requests with credentials: adds the headers of Authorize, and where the answer is 401 rejects
// them and sends the request once more with fresh ones (a 401 has done nothing, so any request may
// be repeated). Headers of those names in a request are replaced. The second answer is the answer.
class AuthorizedClient final : public http::Client {
 public:
  // Both outlive it.
  AuthorizedClient(http::Client& client, Credentials& credentials)
      : client_(client), credentials_(credentials) {}

  Result<http::Response> Send(const http::Request& request) override;

 private:
  http::Client& client_;
  Credentials& credentials_;
};

}  // namespace salvor::bigquery::auth
