#include "bigquery/auth/address.h"

#include <algorithm>
#include <utility>

namespace salvor::bigquery::auth {
namespace {

bool IsBelow(std::string_view host, std::string_view domain) {
  return host.size() > domain.size() + 1 && host.substr(host.size() - domain.size()) == domain &&
         host[host.size() - domain.size() - 1] == '.';
}

bool IsGoogles(std::string_view host) {
  return IsBelow(host, "googleapis.com") || host == "accounts.google.com";
}

bool IsNamed(std::string_view host, std::string_view names) {
  while (!names.empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    std::string_view name = names.substr(0, comma);
    names.remove_prefix(std::min(comma + 1, names.size()));
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty() && name == host) return true;
  }
  return false;
}

Result<http::Url> ParseAt(std::string_view text, const std::string& field,
                          const std::string& where) {
  auto url = http::ParseUrl(text);
  if (!url) return Fail(Code::kInvalidArgument, field + " is " + url.error().what, where);
  return url;
}

}  // namespace

Result<http::Url> CheckTokenEndpoint(std::string_view text, const char* field,
                                     const std::string& where, const io::Environment& environment) {
  SALVOR_TRY(http::Url url, ParseAt(text, field, where));
  if (url.IsLoopback()) return url;
  if (url.scheme != "https") {
    return Fail(Code::kRefused, std::string(field) + " is not https, on host " + url.host, where,
                "Secrets are sent there: use https");
  }
  if (IsGoogles(url.host) || IsNamed(url.host, environment.ValueOf(kTrustedHostsVariable))) {
    return url;
  }
  return Fail(Code::kRefused,
              std::string(field) + " sends secrets to " + url.host + ", which is not Google's",
              where,
              std::string("If you trust that host and whoever wrote the file, name the host in ") +
                  kTrustedHostsVariable);
}

Result<http::Url> CheckTokenOrigin(std::string_view text, const std::string& where) {
  SALVOR_TRY(http::Url url, ParseAt(text, "credential_source.url", where));
  const bool metadata = url.host == "169.254.169.254" || url.host == "metadata.google.internal";
  if (url.scheme == "https" || url.IsLoopback() || metadata) return url;
  return Fail(Code::kRefused, "credential_source.url is not https, on host " + url.host, where,
              "A token is read from there: use https");
}

}  // namespace salvor::bigquery::auth
