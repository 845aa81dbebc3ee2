#include "bigquery/auth/authorized_user.h"

#include <string>
#include <utility>

#include "bigquery/auth/address.h"
#include "bigquery/auth/secret.h"

namespace salvor::bigquery::auth {
namespace {

constexpr const char* kGoogleTokenUri = "https://oauth2.googleapis.com/token";

struct Login {
  Secret client_id;
  Secret client_secret;
  Secret refresh_token;
};

Result<Login> ReadLogin(const Document& file) {
  SALVOR_TRY(std::string client_id, file.Text("client_id"));
  SALVOR_TRY(std::string client_secret, file.Text("client_secret"));
  SALVOR_TRY(std::string refresh_token, file.Text("refresh_token"));
  return Login{Secret(std::move(client_id)), Secret(std::move(client_secret)),
               Secret(std::move(refresh_token))};
}

class User final : public TokenSource {
 public:
  // Whether the client's id and secret go into the form or into a header (RFC 6749, section 2.3.1).
  enum class ClientIn { kForm, kHeader };

  User(const Outside& outside, Login login, ClientIn client_in, std::string token_url,
       std::string where)
      : outside_(outside),
        login_(std::move(login)),
        client_in_(client_in),
        token_url_(std::move(token_url)),
        where_(std::move(where)) {}

  Result<Token> Fetch() override {
    // No scopes: the token may do what the person granted at login.
    Form form{{"grant_type", "refresh_token"}, {"refresh_token", login_.refresh_token.Reveal()}};
    std::vector<http::Header> headers;
    if (client_in_ == ClientIn::kForm) {
      form.emplace_back("client_id", login_.client_id.Reveal());
      form.emplace_back("client_secret", login_.client_secret.Reveal());
    } else {
      headers.push_back({"Authorization", "Basic " + Base64(login_.client_id.Reveal() + ":" +
                                                            login_.client_secret.Reveal())});
    }
    return AskForToken(outside_, token_url_, form, headers, where_);
  }
  Result<std::string> Principal() override { return std::string(); }

 private:
  const Outside outside_;
  const Login login_;
  const ClientIn client_in_;
  const std::string token_url_;
  const std::string where_;
};

}  // namespace

Result<std::unique_ptr<TokenSource>> MakeAuthorizedUser(const Outside& outside,
                                                        const Document& file) {
  SALVOR_TRY(Login login, ReadLogin(file));
  SALVOR_TRY(std::string token_uri, file.OptionalText("token_uri"));
  if (token_uri.empty()) token_uri = kGoogleTokenUri;
  SALVOR_OK(CheckTokenEndpoint(token_uri, "token_uri", file.Where(), outside.environment));
  return std::make_unique<User>(outside, std::move(login), User::ClientIn::kForm,
                                std::move(token_uri), file.Where());
}

Result<std::unique_ptr<TokenSource>> MakeWorkforceUser(const Outside& outside,
                                                       const Document& file) {
  SALVOR_TRY(Login login, ReadLogin(file));
  SALVOR_TRY(std::string token_url, file.Text("token_url"));
  SALVOR_OK(CheckTokenEndpoint(token_url, "token_url", file.Where(), outside.environment));
  return std::make_unique<User>(outside, std::move(login), User::ClientIn::kHeader,
                                std::move(token_url), file.Where());
}

}  // namespace salvor::bigquery::auth
