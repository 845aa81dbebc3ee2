#include "bigquery/auth/external_account.h"

#include <string>
#include <utility>

#include "base/strings.h"
#include "bigquery/auth/address.h"
#include "bigquery/auth/cached_credentials.h"
#include "bigquery/auth/impersonation.h"
#include "bigquery/auth/secret.h"
#include "bigquery/auth/subject_token.h"
#include "http/url.h"

namespace salvor::bigquery::auth {
namespace {

struct Exchange {
  std::string audience;
  std::string token_type;
  std::string token_url;
  std::string user_project;  // of a workforce pool; "" for none
  Secret client_id;
  Secret client_secret;
};

class ExternalAccount final : public TokenSource {
 public:
  ExternalAccount(const Outside& outside, Exchange exchange,
                  std::unique_ptr<SubjectTokens> subject_tokens, std::string where)
      : outside_(outside),
        exchange_(std::move(exchange)),
        subject_tokens_(std::move(subject_tokens)),
        where_(std::move(where)) {}

  Result<Token> Fetch() override {
    SALVOR_TRY(const Secret subject, subject_tokens_->Read());
    const std::string scopes = Join(outside_.scopes, " ");
    Form form{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
              {"audience", exchange_.audience},
              {"scope", scopes},
              {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
              {"subject_token", subject.Reveal()},
              {"subject_token_type", exchange_.token_type}};
    std::vector<http::Header> headers;
    std::string options;
    if (!exchange_.client_id.Empty()) {
      headers.push_back({"Authorization", "Basic " + Base64(exchange_.client_id.Reveal() + ":" +
                                                            exchange_.client_secret.Reveal())});
    } else if (!exchange_.user_project.empty()) {
      // Escaped twice: the value of the field is itself escaped JSON.
      options = http::Escape(nlohmann::json{{"userProject", exchange_.user_project}}.dump(
          -1, ' ', false, nlohmann::json::error_handler_t::replace));
      form.emplace_back("options", options);
    }
    return AskForToken(outside_, exchange_.token_url, form, headers, where_);
  }
  // The token server does not say whom it took the subject for.
  Result<std::string> Principal() override { return std::string(); }

 private:
  const Outside outside_;
  const Exchange exchange_;
  const std::unique_ptr<SubjectTokens> subject_tokens_;
  const std::string where_;
};

Result<Exchange> ReadExchange(const Outside& outside, const Document& file) {
  Exchange exchange;
  SALVOR_TRY(exchange.audience, file.Text("audience"));
  SALVOR_TRY(exchange.token_type, file.Text("subject_token_type"));
  SALVOR_TRY(exchange.token_url, file.Text("token_url"));
  SALVOR_OK(CheckTokenEndpoint(exchange.token_url, "token_url", file.Where(), outside.environment));
  SALVOR_TRY(exchange.user_project, file.OptionalText("workforce_pool_user_project"));
  SALVOR_TRY(std::string id, file.OptionalText("client_id"));
  SALVOR_TRY(std::string secret, file.OptionalText("client_secret"));
  exchange.client_id = Secret(std::move(id));
  exchange.client_secret = Secret(std::move(secret));
  return exchange;
}

Result<int64_t> LifetimeOf(const Document& file) {
  if (!file.Has("service_account_impersonation")) return kUsualLifetimeSeconds;
  SALVOR_TRY(const Document options, file.Object("service_account_impersonation"));
  if (!options.Has("token_lifetime_seconds")) return kUsualLifetimeSeconds;
  return options.Integer("token_lifetime_seconds");
}

}  // namespace

Result<std::unique_ptr<TokenSource>> MakeExternalAccount(const Outside& outside,
                                                         const Document& file) {
  SALVOR_TRY(Exchange exchange, ReadExchange(outside, file));
  SALVOR_TRY(const Document source, file.Object("credential_source"));
  SALVOR_TRY(std::string url, file.OptionalText("service_account_impersonation_url"));
  SubjectContext context{exchange.audience, exchange.token_type, {}};
  if (!url.empty()) {
    SALVOR_TRY(context.impersonated_email, ImpersonatedEmail(url, file.Where()));
  }
  SALVOR_TRY(auto tokens, MakeSubjectTokens(outside, source, std::move(context)));
  Outside inner = outside;
  if (!url.empty()) inner.scopes = {kImpersonationScope};
  auto account = std::make_unique<ExternalAccount>(inner, std::move(exchange), std::move(tokens),
                                                   file.Where());
  if (url.empty()) return account;
  SALVOR_TRY(const int64_t lifetime, LifetimeOf(file));
  return MakeImpersonation(
      outside,
      std::make_unique<CachedCredentials>(inner, std::move(account), std::string(), file.Where()),
      {std::move(url), {}, lifetime}, file.Where());
}

}  // namespace salvor::bigquery::auth
