// Which addresses a credentials file may name.
//
// A file that somebody else wrote could have secrets, or any local file that it calls a token, sent
// anywhere; Google's page "Use externally-sourced credential configurations securely" leaves the
// check to the program.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/url.h"
#include "io/environment.h"

namespace salvor::bigquery::auth {

// Host names, by comma, that tokens may be asked from although they are not Google's.
inline constexpr const char* kTrustedHostsVariable = "SALVOR_TRUSTED_TOKEN_HOSTS";

// An address that secrets are sent to (`field` of the file at `where`). It must be https on a host
// below googleapis.com, accounts.google.com or one that SALVOR_TRUSTED_TOKEN_HOSTS names, or any
// scheme on loopback; else kRefused.
Result<http::Url> CheckTokenEndpoint(std::string_view text, const char* field,
                                     const std::string& where, const io::Environment& environment);

// An address that a subject token is only read from: https anywhere; http on loopback and on the
// cloud's own metadata address (169.254.169.254, metadata.google.internal). Else kRefused.
Result<http::Url> CheckTokenOrigin(std::string_view text, const std::string& where);

}  // namespace salvor::bigquery::auth
