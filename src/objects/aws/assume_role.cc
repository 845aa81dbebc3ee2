#include "objects/aws/assume_role.h"

#include <openssl/crypto.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "http/url.h"
#include "objects/aws/signature.h"
#include "objects/aws/xml.h"

namespace salvor::objects::aws {
namespace {

constexpr int64_t kMaxTokenBytes = int64_t{64} << 10U;
constexpr const char* kVersion = "2011-06-15";

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

http::Request Form(const std::string& endpoint, const Fields& fields) {
  http::Request request;
  request.method = "POST";
  request.url = endpoint;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = http::FormatQuery(fields);
  request.timeout = Millis(30'000);
  request.max_body_bytes = int64_t{1} << 20U;
  return request;
}

Result<Keys> ReadAnswer(const std::string& body, const std::string& result,
                        const std::string& where) {
  auto root = ParseXml(body);
  if (!root) return Fail(std::move(root).error().At(where));
  const Element* const answer = root->Find(result);
  const Element* const found = answer == nullptr ? nullptr : answer->Find("Credentials");
  const auto fail = [&] { return Fail(Code::kCorrupt, "the answer gives no keys", where); };
  if (found == nullptr) return fail();
  Keys keys;
  keys.id = found->TextOf("AccessKeyId");
  keys.secret = found->TextOf("SecretAccessKey");
  keys.token = found->TextOf("SessionToken");
  const auto expires = ParseInstant(found->TextOf("Expiration"));
  if (keys.id.empty() || keys.secret.empty() || keys.token.empty() || !expires) return fail();
  keys.expires = *expires;
  return keys;
}

class AssumedRole final : public KeySource {
 public:
  AssumedRole(const Outside& outside, std::string endpoint, std::string region, Role role,
              std::unique_ptr<Credentials> source)
      : outside_(outside),
        endpoint_(std::move(endpoint)),
        region_(std::move(region)),
        role_(std::move(role)),
        source_(std::move(source)) {}

  Result<Keys> Fetch() override {
    const std::string where = "STS, " + role_.arn + " by " + source_->Origin();
    SALVOR_TRY(const Keys keys, source_->Get());
    const std::string seconds = std::to_string(role_.seconds);
    Fields fields{{"Action", "AssumeRole"},
                  {"Version", kVersion},
                  {"RoleArn", role_.arn},
                  {"RoleSessionName", role_.session},
                  {"DurationSeconds", seconds}};
    if (!role_.external_id.empty()) fields.emplace_back("ExternalId", role_.external_id);
    SALVOR_TRY(const http::Request request,
               Sign(Form(endpoint_, fields), keys, {region_, "sts"}, outside_.clock.Now()));
    SALVOR_TRY(const std::string body, Ask(outside_.client, request, where));
    return ReadAnswer(body, "AssumeRoleResult", where);
  }

 private:
  const Outside outside_;
  const std::string endpoint_;
  const std::string region_;
  const Role role_;
  const std::unique_ptr<Credentials> source_;
};

class WebIdentity final : public KeySource {
 public:
  WebIdentity(const Outside& outside, std::string endpoint, Role role, std::string token_file)
      : outside_(outside),
        endpoint_(std::move(endpoint)),
        role_(std::move(role)),
        token_file_(std::move(token_file)) {}

  Result<Keys> Fetch() override {
    const std::string where = "STS, " + role_.arn + " by " + token_file_;
    SALVOR_TRY(std::string token, outside_.files.ReadFile(token_file_, kMaxTokenBytes));
    http::Request request = Form(endpoint_, {{"Action", "AssumeRoleWithWebIdentity"},
                                             {"Version", kVersion},
                                             {"RoleArn", role_.arn},
                                             {"RoleSessionName", role_.session},
                                             {"WebIdentityToken", Trim(token)}});
    OPENSSL_cleanse(token.data(), token.size());
    auto body = Ask(outside_.client, request, where);
    OPENSSL_cleanse(request.body.data(), request.body.size());
    if (!body) return Fail(std::move(body).error());
    return ReadAnswer(*body, "AssumeRoleWithWebIdentityResult", where);
  }

 private:
  const Outside outside_;
  const std::string endpoint_;
  const Role role_;
  const std::string token_file_;
};

}  // namespace

Result<std::string> StsEndpoint(const std::string& region, const std::string& configured) {
  if (configured.empty()) {
    const std::string domain = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    return "https://sts." + region + "." + domain + "/";
  }
  SALVOR_TRY(const http::Url url, http::ParseUrl(configured));
  if (url.scheme == "https" || url.IsLoopback()) return configured;
  return Fail(Code::kRefused, "keys would come unencrypted from " + url.host,
              "AWS_ENDPOINT_URL_STS", "Use https");
}

std::unique_ptr<KeySource> MakeAssumedRole(const Outside& outside, std::string endpoint,
                                           std::string region, Role role,
                                           std::unique_ptr<Credentials> source) {
  return std::make_unique<AssumedRole>(outside, std::move(endpoint), std::move(region),
                                       std::move(role), std::move(source));
}

std::unique_ptr<KeySource> MakeWebIdentity(const Outside& outside, std::string endpoint, Role role,
                                           std::string token_file) {
  return std::make_unique<WebIdentity>(outside, std::move(endpoint), std::move(role),
                                       std::move(token_file));
}

}  // namespace salvor::objects::aws
