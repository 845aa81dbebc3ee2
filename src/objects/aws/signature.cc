#include "objects/aws/signature.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "http/url.h"

namespace salvor::objects::aws {
namespace {

constexpr const char* kAlgorithm = "AWS4-HMAC-SHA256";
constexpr Millis kLongest{7 * 86'400'000};

std::string Hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// "20260102T030405Z"
std::string TimeText(Instant now) {
  std::string text = FormatInstant(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string ScopeText(const std::string& time, const Scope& scope) {
  return time.substr(0, 8) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

std::string Signature(const Keys& keys, const Scope& scope, const std::string& time,
                      std::string_view canonical_request) {
  std::string key = "AWS4" + keys.secret;
  for (const std::string& part :
       {time.substr(0, 8), scope.region, scope.service, std::string("aws4_request")}) {
    std::string next = Hmac(key, part);
    OPENSSL_cleanse(key.data(), key.size());
    key.swap(next);
  }
  const std::string to_sign = std::string(kAlgorithm) + "\n" + time + "\n" +
                              ScopeText(time, scope) + "\n" + Sha256Hex(canonical_request);
  std::string signature = Hex(Hmac(key, to_sign));
  OPENSSL_cleanse(key.data(), key.size());
  return signature;
}

struct Parts {
  std::string host;  // as the Host header has it
  std::string path;
  std::vector<std::string> query;  // "name=value"
};

Result<Parts> Split(const std::string& url) {
  SALVOR_TRY(const http::Url parsed, http::ParseUrl(url));
  const bool usual =
      parsed.port.empty() || parsed.port == (parsed.scheme == "https" ? "443" : "80");
  Parts parts;
  parts.host = parsed.host.find(':') == std::string::npos ? parsed.host : "[" + parsed.host + "]";
  if (!usual) parts.host += ":" + parsed.port;
  const std::string_view rest = std::string_view(url).substr(
      std::min(url.find_first_of("/?#", url.find("://") + 3), url.size()));
  const size_t question = std::min(rest.find('?'), rest.size());
  parts.path = rest.substr(0, question);
  if (parts.path.empty()) parts.path = "/";
  for (std::string_view query = rest.substr(question); query.size() > 1;) {
    query.remove_prefix(1);
    const size_t end = std::min(query.find('&'), query.size());
    std::string field(query.substr(0, end));
    if (field.find('=') == std::string::npos) field += '=';
    parts.query.push_back(std::move(field));
    query.remove_prefix(end);
  }
  return parts;
}

// By name, then value: as texts "a=1" stands before "a-b=1", and as names it does too only here.
std::string CanonicalQuery(std::vector<std::string> fields) {
  const auto split = [](const std::string& field) {
    const size_t equals = field.find('=');
    return std::pair(field.substr(0, equals), field.substr(equals + 1));
  };
  std::sort(fields.begin(), fields.end(),
            [&](const std::string& a, const std::string& b) { return split(a) < split(b); });
  return Join(fields, "&");
}

// The runs of blanks in a value count as one.
std::string CanonicalValue(std::string_view value) {
  std::string text;
  for (const char c : Trim(value)) {
    if (c == ' ' && text.ends_with(' ')) continue;
    text += c;
  }
  return text;
}

}  // namespace

Result<http::Request> Sign(http::Request request, const Keys& keys, const Scope& scope,
                           Instant now) {
  SALVOR_TRY(const Parts parts, Split(request.url));
  const std::string time = TimeText(now);
  const std::string payload = Sha256Hex(request.body);
  request.headers.push_back({"X-Amz-Date", time});
  request.headers.push_back({"X-Amz-Content-Sha256", payload});
  if (!keys.token.empty()) request.headers.push_back({"X-Amz-Security-Token", keys.token});

  std::map<std::string, std::string> signed_headers{{"host", parts.host}};
  for (const http::Header& header : request.headers) {
    const std::string name = LowerCase(header.name);
    // What proxies change on the way is not signed.
    if (name == "accept-encoding" || name == "user-agent") continue;
    std::string& value = signed_headers[name];
    value += (value.empty() ? "" : ",") + CanonicalValue(header.value);
  }
  std::string lines;
  std::vector<std::string> names;
  for (const auto& [name, value] : signed_headers) {
    lines += name + ":" + value + "\n";
    names.push_back(name);
  }
  const std::string list = Join(names, ";");
  const std::string canonical = request.method + "\n" + parts.path + "\n" +
                                CanonicalQuery(parts.query) + "\n" + lines + "\n" + list + "\n" +
                                payload;
  request.headers.push_back(
      {"Authorization", std::string(kAlgorithm) + " Credential=" + keys.id + "/" +
                            ScopeText(time, scope) + ", SignedHeaders=" + list +
                            ", Signature=" + Signature(keys, scope, time, canonical)});
  return request;
}

Result<std::string> PresignGet(const std::string& url, const Keys& keys, const Scope& scope,
                               Instant now, Millis valid) {
  SALVOR_TRY(Parts parts, Split(url));
  const std::string time = TimeText(now);
  const int64_t seconds = std::clamp(valid, Millis(1'000), kLongest).count() / 1'000;
  const auto add = [&](std::string_view name, std::string_view value) {
    parts.query.push_back(std::string(name) + "=" + http::Escape(value));
  };
  add("X-Amz-Algorithm", kAlgorithm);
  add("X-Amz-Credential", keys.id + "/" + ScopeText(time, scope));
  add("X-Amz-Date", time);
  add("X-Amz-Expires", std::to_string(seconds));
  add("X-Amz-SignedHeaders", "host");
  if (!keys.token.empty()) add("X-Amz-Security-Token", keys.token);
  const std::string query = CanonicalQuery(parts.query);
  const std::string canonical =
      "GET\n" + parts.path + "\n" + query + "\nhost:" + parts.host + "\n\nhost\nUNSIGNED-PAYLOAD";
  return url.substr(0, std::min(url.find_first_of("?#"), url.size())) + "?" + query +
         "&X-Amz-Signature=" + Signature(keys, scope, time, canonical);
}

}  // namespace salvor::objects::aws
