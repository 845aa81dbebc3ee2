#include "objects/aws/metadata.h"

#include <utility>

#include "base/strings.h"
#include "http/url.h"

namespace salvor::objects::aws {
namespace {

constexpr Millis kProbe{3'000};
constexpr Millis kAnswer{10'000};
constexpr int64_t kMaxBytes = int64_t{1} << 20U;
constexpr int64_t kMaxTokenBytes = int64_t{64} << 10U;

http::Request RequestTo(std::string url) {
  http::Request request;
  request.url = std::move(url);
  request.timeout = kAnswer;
  request.max_body_bytes = kMaxBytes;
  return request;
}

class ContainerKeys final : public KeySource {
 public:
  ContainerKeys(const Outside& outside, std::string url)
      : outside_(outside), url_(std::move(url)) {}

  Result<Keys> Fetch() override {
    http::Request request = RequestTo(url_);
    std::string token = outside_.environment.ValueOf("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const std::string file = outside_.environment.ValueOf("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (!file.empty()) {
      SALVOR_TRY(token, outside_.files.ReadFile(file, kMaxTokenBytes));
    }
    if (!token.empty()) request.headers = {{"Authorization", std::string(Trim(token))}};
    const std::string where = "the container's credentials";
    SALVOR_TRY(const std::string body, Ask(outside_.client, request, where));
    return KeysFromJson(body, where);
  }

 private:
  const Outside outside_;
  const std::string url_;
};

class InstanceKeys final : public KeySource {
 public:
  InstanceKeys(const Outside& outside, std::string host)
      : outside_(outside), host_(std::move(host)) {}

  Result<std::string> SessionToken(Millis timeout) const {
    http::Request request = RequestTo(host_ + "/latest/api/token");
    request.method = "PUT";
    request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    request.timeout = timeout;
    return Ask(outside_.client, request, kWhere);
  }

  Result<Keys> Fetch() override {
    SALVOR_TRY(const std::string token, SessionToken(kAnswer));
    const std::string folder = host_ + "/latest/meta-data/iam/security-credentials/";
    const auto get = [&](std::string url) {
      http::Request request = RequestTo(std::move(url));
      request.headers = {{"X-aws-ec2-metadata-token", token}};
      return Ask(outside_.client, request, kWhere);
    };
    SALVOR_TRY(const std::string roles, get(folder));
    const std::string role(Trim(std::string_view(roles).substr(0, roles.find('\n'))));
    if (role.empty()) return Fail(Code::kPermission, "the instance has no role", kWhere);
    SALVOR_TRY(const std::string body, get(folder + http::Escape(role)));
    return KeysFromJson(body, kWhere);
  }

 private:
  static constexpr const char* kWhere = "the instance's metadata";

  const Outside outside_;
  const std::string host_;
};

}  // namespace

Result<std::unique_ptr<KeySource>> FindContainerKeys(const Outside& outside) {
  constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  const std::string relative =
      outside.environment.ValueOf("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url = outside.environment.ValueOf(kFull);
  if (!relative.empty()) {
    if (relative.front() != '/') {
      return Fail(Code::kInvalidArgument, "it does not begin with a slash",
                  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    }
    url = "http://169.254.170.2" + relative;
  }
  if (url.empty()) return std::unique_ptr<KeySource>();
  auto parsed = http::ParseUrl(url);
  if (!parsed) return Fail(std::move(parsed).error().At(kFull));
  const bool own = parsed->IsLoopback() || parsed->host == "169.254.170.2" ||
                   parsed->host == "169.254.170.23" || parsed->host == "fd00:ec2::23";
  if (parsed->scheme != "https" && !own) {
    return Fail(Code::kRefused, "keys would come unencrypted from " + parsed->host, kFull,
                "Use https");
  }
  return std::make_unique<ContainerKeys>(outside, std::move(url));
}

std::unique_ptr<KeySource> FindInstanceKeys(const Outside& outside) {
  if (LowerCase(outside.environment.ValueOf("AWS_EC2_METADATA_DISABLED")) == "true") return nullptr;
  std::string host = outside.environment.ValueOf("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  while (host.ends_with('/')) host.pop_back();
  if (host.empty()) host = "http://169.254.169.254";
  auto keys = std::make_unique<InstanceKeys>(outside, std::move(host));
  if (!keys->SessionToken(kProbe)) return nullptr;
  return keys;
}

}  // namespace salvor::objects::aws
