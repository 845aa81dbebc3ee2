// URLs: taken apart before they are trusted, put together without surprises.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace salvor::http {

struct Url {
  std::string scheme;  // "https" or "http"
  std::string host;    // lower case; an IPv6 address without its brackets
  std::string port;    // "" if the URL names none
  std::string path;    // "/" at least, still escaped

  // The host is this machine: "localhost", 127.0.0.0/8 or ::1. Names are not resolved.
  [[nodiscard]] bool IsLoopback() const;
  // "https://host:port/path", for messages: without query and fragment, which may hold a secret.
  [[nodiscard]] std::string ForMessages() const;
};

// kInvalidArgument for anything but an absolute http or https URL, and for one that carries a user
// name, a password, a space or a control character. The error does not repeat the text.
Result<Url> ParseUrl(std::string_view text);

// Everything but A-Z a-z 0-9 - . _ ~ as %XX (RFC 3986, section 2.3): for one segment of a path, or
// one name or value of a query.
std::string Escape(std::string_view text);

// "a=1&b=x%20y": a query, or the body of application/x-www-form-urlencoded.
std::string FormatQuery(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace salvor::http
