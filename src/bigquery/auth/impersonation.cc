#include "bigquery/auth/impersonation.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "bigquery/auth/address.h"

namespace salvor::bigquery::auth {
namespace {

// "2026-11-22T15:01:23.045123456Z": more digits than an Instant has.
Result<Instant> ParseExpiry(std::string text, const Document& answer) {
  const size_t dot = text.find('.');
  if (dot != std::string::npos) {
    size_t end = dot + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    text.erase(dot, end - dot);
  }
  auto instant = ParseInstant(text);
  if (!instant) return Fail(answer.Wrong("field 'expireTime' is not an instant"));
  return *instant;
}

class Impersonated final : public TokenSource {
 public:
  Impersonated(const Outside& outside, std::unique_ptr<Credentials> source,
               Impersonation impersonation, std::string email, std::string where)
      : outside_(outside),
        source_(std::move(source)),
        impersonation_(std::move(impersonation)),
        email_(std::move(email)),
        where_(std::move(where)) {}

  Result<Token> Fetch() override {
    nlohmann::json body{{"scope", outside_.scopes},
                        {"lifetime", std::to_string(impersonation_.lifetime_seconds) + "s"}};
    if (!impersonation_.delegates.empty()) body["delegates"] = impersonation_.delegates;
    http::Request request;
    request.method = "POST";
    request.url = impersonation_.url;
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    request.timeout = Millis(30'000);
    AuthorizedClient client(outside_.client, *source_);
    SALVOR_TRY(const Document answer, AskForDocument(client, request, where_));
    SALVOR_TRY(std::string text, answer.Text("accessToken"));
    SALVOR_TRY(Secret value, CheckTokenText(std::move(text), answer.Where()));
    SALVOR_TRY(std::string expiry, answer.Text("expireTime"));
    SALVOR_TRY(const Instant expires, ParseExpiry(std::move(expiry), answer));
    return Token{std::move(value), expires};
  }
  Result<std::string> Principal() override { return email_; }

 private:
  const Outside outside_;
  const std::unique_ptr<Credentials> source_;
  const Impersonation impersonation_;
  const std::string email_;
  const std::string where_;
};

}  // namespace

Result<std::string> ImpersonatedEmail(const std::string& url, const std::string& where) {
  constexpr std::string_view verb = ":generateAccessToken";
  const size_t end = url.rfind(verb);
  const size_t slash = end == std::string::npos ? end : url.rfind('/', end);
  if (slash == std::string::npos || slash + 1 >= end || end + verb.size() != url.size()) {
    return Fail(Code::kInvalidArgument,
                "service_account_impersonation_url does not end in EMAIL:generateAccessToken",
                where);
  }
  return url.substr(slash + 1, end - slash - 1);
}

Result<std::unique_ptr<TokenSource>> MakeImpersonation(const Outside& outside,
                                                       std::unique_ptr<Credentials> source,
                                                       Impersonation impersonation,
                                                       std::string where) {
  SALVOR_OK(CheckTokenEndpoint(impersonation.url, "service_account_impersonation_url", where,
                               outside.environment));
  SALVOR_TRY(std::string email, ImpersonatedEmail(impersonation.url, where));
  if (impersonation.lifetime_seconds < 600 || impersonation.lifetime_seconds > 43'200) {
    return Fail(Code::kInvalidArgument, "token_lifetime_seconds is not between 600 and 43,200",
                std::move(where));
  }
  return std::make_unique<Impersonated>(outside, std::move(source), std::move(impersonation),
                                        std::move(email), std::move(where));
}

}  // namespace salvor::bigquery::auth
