#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/strings.h"
#include "http/curl_library.h"

namespace salvor::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// "" where the part is absent.
std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool IsPlain(char c) { return c > 0x20 && c != 0x7f; }

}  // namespace

bool Url::IsLoopback() const {
  if (host == "localhost" || host == "::1") return true;
  std::array<unsigned char, 4> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 && address[0] == 127;
}

std::string Url::ForMessages() const {
  const bool bracketed = host.find(':') != std::string::npos;
  return scheme + "://" + (bracketed ? "[" + host + "]" : host) + (port.empty() ? "" : ":" + port) +
         path;
}

Result<Url> ParseUrl(std::string_view text) {
  const auto fail = [] {
    return Fail(Code::kInvalidArgument, "not a plain http or https URL", {},
                "A URL here is https://host/path, without user name or spaces");
  };
  // libcurl takes bytes above 0x7f and stops at a NUL; a URL that is escaped has neither.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return IsPlain(c); });
  if (!plain || text.size() > 16'384) return fail();
  // libcurl would guess at what is not "scheme://host".
  const size_t host = text.find("://");
  if (host == std::string_view::npos || text.substr(host + 3, 1) == "/") return fail();
  SALVOR_OK(LoadCurlLibrary());
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  if (parsed == nullptr) return Fail(Code::kInternal, "out of memory for a URL");
  if (curl_url_set(parsed.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER) !=
      CURLUE_OK) {
    return fail();
  }
  Url url{LowerCase(Part(parsed.get(), CURLUPART_SCHEME)),
          LowerCase(Part(parsed.get(), CURLUPART_HOST)), Part(parsed.get(), CURLUPART_PORT),
          Part(parsed.get(), CURLUPART_PATH)};
  if ((url.scheme != "https" && url.scheme != "http") || url.host.empty()) return fail();
  if (url.host.front() == '[' && url.host.back() == ']') {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  return url;
}

std::string Escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      escaped += c;
    } else {
      escaped += '%';
      escaped += digits[byte >> 4U];
      escaped += digits[byte & 0xFU];
    }
  }
  return escaped;
}

std::string FormatQuery(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  std::string query;
  for (const auto& [name, value] : fields) {
    if (!query.empty()) query += '&';
    query += Escape(name) + "=" + Escape(value);
  }
  return query;
}

}  // namespace salvor::http
