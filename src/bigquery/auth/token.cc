#include "bigquery/auth/token.h"

#include <algorithm>

#include "http/url.h"

namespace salvor::bigquery::auth {
namespace {

constexpr int64_t kMaxAnswerBytes = int64_t{1} << 20U;
constexpr size_t kMaxTokenBytes = 16'384;
// RFC 6749 leaves expires_in out where it is written elsewhere; Google always sends it.
constexpr int64_t kUsualSeconds = 3'600;
constexpr int64_t kLongestSeconds = int64_t{12} * 3'600;

// A code such as invalid_grant or PERMISSION_DENIED, and nothing that a server may hide in its
// place.
bool IsErrorCode(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
  });
}

// OAuth's {"error": "invalid_grant", "error_subtype": "invalid_rapt"} or Google's own
// {"error": {"status": "PERMISSION_DENIED"}}; "" for anything else.
std::string ErrorCodeOf(const std::string& body) {
  auto document = Document::Parse(body, Code::kCorrupt, {});
  if (!document) return {};
  if (auto nested = document->Object("error")) {
    const std::string status = nested->OptionalText("status").value_or("");
    return IsErrorCode(status) ? status : "";
  }
  const std::string code = document->OptionalText("error").value_or("");
  const std::string subtype = document->OptionalText("error_subtype").value_or("");
  if (!IsErrorCode(code)) return {};
  return IsErrorCode(subtype) ? code + ", " + subtype : code;
}

std::string AdviceFor(std::string_view code) {
  if (code.find("invalid_rapt") != std::string_view::npos ||
      code.find("invalid_grant") != std::string_view::npos) {
    return "The key or login is no longer valid, or this machine's clock is wrong: make a new key, "
           "or run gcloud auth application-default login";
  }
  return "Check that the account exists and may do this";
}

Error ErrorOf(const http::Response& response, const std::string& where) {
  const std::string code = ErrorCodeOf(response.body);
  const std::string said =
      "HTTP " + std::to_string(response.status) + (code.empty() ? "" : ", " + code);
  const bool passing = response.status >= 500 || response.status == 429 || response.status == 408 ||
                       code == "internal_failure" || code == "temporarily_unavailable" ||
                       code == "server_error";
  if (passing) {
    return {Code::kUnavailable, "no token now: " + said, where, "Run again in a while"};
  }
  return {Code::kPermission, "the credentials were refused: " + said, where, AdviceFor(code)};
}

}  // namespace

Result<Secret> CheckTokenText(std::string text, const std::string& where) {
  Secret token(std::move(text));
  const std::string& seen = token.Reveal();
  const bool fits =
      !seen.empty() && seen.size() <= kMaxTokenBytes &&
      std::all_of(seen.begin(), seen.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!fits) return Fail(Code::kCorrupt, "the answer holds no usable token", where);
  return token;
}

Result<Document> AskForDocument(http::Client& client, const http::Request& request,
                                const std::string& where) {
  http::Request limited = request;
  limited.max_body_bytes = std::min(request.max_body_bytes, kMaxAnswerBytes);
  auto url = http::ParseUrl(request.url);
  const std::string place = where + (url ? ", " + url->host : "");
  auto response = client.Send(limited);
  Wipe(limited.body);
  if (!response) {
    Error error = std::move(response).error();
    // Asking for a token changes nothing: it may be asked for again.
    if (error.code == Code::kOutcomeUnknown) error.code = Code::kUnavailable;
    error.what = "no token: " + error.what;
    error.where = place;
    if (error.code == Code::kUnavailable) error.next = "Check the network, then run again";
    return Fail(std::move(error));
  }
  if (response->status != 200) return Fail(ErrorOf(*response, place));
  auto document = Document::Parse(response->body, Code::kCorrupt, place);
  Wipe(response->body);
  return document;
}

Result<Token> ReadToken(const Document& answer, Instant asked) {
  SALVOR_TRY(std::string text, answer.Text("access_token"));
  SALVOR_TRY(Secret value, CheckTokenText(std::move(text), answer.Where()));
  SALVOR_TRY(const std::string type, answer.OptionalText("token_type"));
  if (!type.empty() && !http::SameName(type, "Bearer")) {
    return Fail(answer.Wrong("the token is of a type other than Bearer"));
  }
  int64_t seconds = kUsualSeconds;
  if (answer.Has("expires_in")) {
    SALVOR_TRY(seconds, answer.Integer("expires_in"));
  }
  seconds = std::clamp<int64_t>(seconds, 0, kLongestSeconds);
  return Token{std::move(value), asked + Millis(seconds * 1'000)};
}

Result<Token> AskForToken(const Outside& outside, const std::string& url, const Form& form,
                          const std::vector<http::Header>& headers, const std::string& where) {
  http::Request request;
  request.method = "POST";
  request.url = url;
  request.headers = headers;
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body = http::FormatQuery(form);
  request.timeout = Millis(30'000);
  const Instant asked = outside.clock.Now();
  auto answer = AskForDocument(outside.client, request, where);
  Wipe(request.body);
  if (!answer) return Fail(std::move(answer).error());
  return ReadToken(*answer, asked);
}

}  // namespace salvor::bigquery::auth
