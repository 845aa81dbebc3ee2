#include "objects/s3/endpoint.h"

#include <utility>

#include "base/strings.h"
#include "http/url.h"
#include "objects/aws/default_credentials.h"

namespace salvor::objects::s3 {
namespace {

constexpr const char* kUsualRegion = "us-east-1";

std::string EscapeKey(const std::string& key) {
  std::string path;
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    path += "/" + http::Escape(std::string_view(key).substr(begin, end - begin));
    begin = end + 1;
  }
  return path;
}

std::string ConfiguredUrl(const io::Environment& environment, const aws::Profiles& profiles,
                          const aws::Settings& profile) {
  if (LowerCase(environment.ValueOf("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) == "true") return {};
  for (const char* const name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}) {
    if (std::string value = environment.ValueOf(name); !value.empty()) return value;
  }
  if (std::string value = profiles.Service(profile, "s3.endpoint_url"); !value.empty())
    return value;
  return aws::ValueOf(profile, "endpoint_url");
}

}  // namespace

std::string Endpoint::UrlOf(const std::string& bucket, const std::string& key) const {
  const std::string domain = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  const std::string base = url.empty() ? "https://s3." + region + "." + domain : url;
  // A certificate for *.s3.… is good for one label.
  if (path_style || bucket.find('.') != std::string::npos)
    return base + EscapeKey(bucket) + EscapeKey(key);
  const size_t host = base.find("://") + 3;
  return base.substr(0, host) + bucket + "." + base.substr(host) + EscapeKey(key);
}

Result<Endpoint> FindEndpoint(const io::Environment& environment, const aws::Profiles& profiles,
                              const aws::Settings& profile, const EndpointChoice& choice) {
  Endpoint endpoint;
  endpoint.url = choice.url.empty() ? ConfiguredUrl(environment, profiles, profile) : choice.url;
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  if (!endpoint.url.empty()) {
    auto parsed = http::ParseUrl(endpoint.url);
    if (!parsed) return Fail(std::move(parsed).error().At("the endpoint of S3"));
    if (endpoint.url.find_first_of("?#") != std::string::npos)
      return Fail(Code::kInvalidArgument, "an endpoint has no query", parsed->ForMessages());
  }
  endpoint.region = choice.region.empty() ? aws::RegionOf(environment, profile) : choice.region;
  if (endpoint.region.empty()) endpoint.region = kUsualRegion;
  const std::string style = aws::ValueOf(profile, "s3.addressing_style");
  endpoint.path_style = style == "path" || (style != "virtual" && !endpoint.url.empty());
  return endpoint;
}

}  // namespace salvor::objects::s3
