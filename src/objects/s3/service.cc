#include "objects/s3/service.h"

#include <algorithm>
#include <string_view>

#include "base/strings.h"
#include "http/url.h"
#include "objects/aws/signature.h"
#include "objects/aws/xml.h"

namespace salvor::objects::s3 {
namespace {

constexpr size_t kLongestCode = 64;

// "" where the answer has none: a HEAD's never has.
std::string CodeIn(const http::Response& response) {
  if (response.body.empty() || response.body.size() > 65'536) return {};
  const auto root = aws::ParseXml(response.body);
  if (!root || root->name != "Error") return {};
  const std::string& code = root->TextOf("Code");
  const bool plain = std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  });
  return plain && code.size() <= kLongestCode ? code : std::string();
}

// S3 begins to answer a long copy with 200 and says only then that it failed.
bool IsErrorInside(const http::Response& response) {
  return response.status == 200 && response.Get("Content-Type").find("xml") != std::string::npos &&
         response.body.find("<Error>") != std::string::npos && !CodeIn(response).empty();
}

bool IsCut(const http::Response& response) {
  const auto length = ParseInt64(response.Get("Content-Length"));
  return length && !response.body.empty() &&
         static_cast<size_t>(std::max<int64_t>(*length, 0)) > response.body.size();
}

http::Verdict Classify(const http::Response& response) {
  if (IsErrorInside(response) || IsCut(response)) return http::Verdict::kMayBeDone;
  if (response.status == 409) return http::Verdict::kNotDone;
  if (response.status == 400 && CodeIn(response) == "RequestTimeout")
    return http::Verdict::kMayBeDone;
  return http::ClassifyByStatus(response);
}

bool KeysHaveEnded(const http::Response& response) {
  if (response.status != 400 && response.status != 401 && response.status != 403) return false;
  const std::string code = CodeIn(response);
  return code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired" ||
         code == "InvalidAccessKeyId" || response.status == 401;
}

// Signs each attempt for itself: an attempt after a long wait must not carry an old time.
class SigningClient final : public http::Client {
 public:
  SigningClient(const Wiring& wiring, std::string region)
      : wiring_(wiring), region_(std::move(region)) {}

  Result<http::Response> Send(const http::Request& request) override {
    SALVOR_TRY(const aws::Keys keys, wiring_.credentials.Get());
    auto response = SendWith(request, keys);
    if (!response || !KeysHaveEnded(*response)) return response;
    wiring_.credentials.Reject(keys);
    SALVOR_TRY(const aws::Keys fresh, wiring_.credentials.Get());
    if (fresh.id == keys.id) return response;
    return SendWith(request, fresh);
  }

 private:
  Result<http::Response> SendWith(const http::Request& request, const aws::Keys& keys) {
    SALVOR_TRY(const http::Request signed_request,
               aws::Sign(request, keys, {region_, "s3"}, wiring_.clock.Now()));
    return wiring_.client.Send(signed_request);
  }

  const Wiring& wiring_;
  const std::string region_;
};

std::string QueryText(const Call& call) {
  std::vector<std::pair<std::string_view, std::string_view>> fields(call.query.begin(),
                                                                    call.query.end());
  return fields.empty() ? std::string() : "?" + http::FormatQuery(fields);
}

}  // namespace

Service::Service(const Wiring& wiring, Endpoint endpoint, std::string bucket)
    : wiring_(wiring), bucket_(std::move(bucket)), endpoint_(std::move(endpoint)) {}

std::string Service::AddressOf(const std::string& key) const {
  return "s3://" + bucket_ + (key.empty() ? "" : "/" + key);
}

Endpoint Service::CurrentEndpoint() const {
  const std::lock_guard lock(mutex_);
  return endpoint_;
}

bool Service::LearnRegion(const http::Response& response, const std::string& asked) {
  if (response.status != 301 && response.status != 307 && response.status != 400) return false;
  std::string region(response.Get("x-amz-bucket-region"));
  if (region.empty() && response.status == 400) {
    const auto root = aws::ParseXml(response.body);
    if (root && root->TextOf("Code") == "AuthorizationHeaderMalformed")
      region = root->TextOf("Region");
  }
  const bool plain = std::all_of(region.begin(), region.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (region.empty() || !plain || region == asked) return false;
  const std::lock_guard lock(mutex_);
  endpoint_.region = std::move(region);
  return true;
}

Result<http::Response> Service::Send(const Call& call) {
  for (bool learnt = false;; learnt = true) {
    const Endpoint endpoint = CurrentEndpoint();
    http::Request request;
    request.method = call.method;
    request.url = endpoint.UrlOf(bucket_, call.key) + QueryText(call);
    request.headers = call.headers;
    request.headers.push_back({"Accept-Encoding", "identity"});
    request.body = call.body;
    request.timeout = call.timeout;
    request.max_body_bytes = call.max_bytes;
    SigningClient signing(wiring_, endpoint.region);
    const http::RetryLoop loop(signing, wiring_.clock, wiring_.random, wiring_.policy,
                               wiring_.watcher);
    auto response = loop.Send(request, http::Idempotency::kIdempotent, Classify);
    if (!response) return Fail(std::move(response).error().At(AddressOf(call.key)));
    if (learnt || !LearnRegion(*response, endpoint.region)) return response;
  }
}

Result<std::string> Service::Presign(const std::string& key, const std::string& version,
                                     Millis valid) {
  SALVOR_TRY(const aws::Keys keys, wiring_.credentials.Get());
  const Endpoint endpoint = CurrentEndpoint();
  std::string url = endpoint.UrlOf(bucket_, key);
  if (!version.empty()) url += "?" + http::FormatQuery({{"versionId", version}});
  return aws::PresignGet(url, keys, {endpoint.region, "s3"}, wiring_.clock.Now(), valid);
}

Error Service::ErrorOf(const http::Response& response, const std::string& key) const {
  const std::string code = CodeIn(response);
  const std::string what = "the store answered HTTP " + std::to_string(response.status) +
                           (code.empty() ? "" : ", " + code);
  const std::string where = AddressOf(key);
  if (code == "RequestTimeTooSkewed")
    return {Code::kPermission, what, where, "Set this machine's clock"};
  if (code == "NoSuchBucket")
    return {Code::kNotFound, "there is no bucket " + bucket_, "s3://" + bucket_,
            "Check its name and the endpoint"};
  switch (response.status) {
    case 401:
    case 403:
      return {Code::kPermission, what, where,
              "Check the rights of the credentials: " + wiring_.credentials.Origin()};
    case 404:
      return {Code::kNotFound, what, where, "Check the name"};
    case 301:
    case 307:
      return {Code::kInvalidArgument, what, where, "The bucket is elsewhere: name its region"};
    case 405:
    case 501:
      return {Code::kUnsupported, what, where, "This store does not do what salvor needs"};
    case 409:
    case 412:
      return {Code::kConflict, what, where, "Run again"};
    case 400:
      return {code == "ExpiredToken" ? Code::kPermission : Code::kUnsupported, what, where,
              "Check endpoint, region and credentials: " + wiring_.credentials.Origin()};
    default:
      break;
  }
  const bool passing = response.status >= 500 || response.status == 429 || response.status == 200;
  return {passing ? Code::kUnavailable : Code::kUnsupported, what, where,
          passing ? "Run again later" : "Check the endpoint: this is not an answer of S3"};
}

}  // namespace salvor::objects::s3
