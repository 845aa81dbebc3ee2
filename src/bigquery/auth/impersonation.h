// A token of a service account, given to somebody who may act for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/auth/credentials.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// All that asking for another's token needs.
inline constexpr const char* kImpersonationScope = "https://www.googleapis.com/auth/iam";
inline constexpr int64_t kUsualLifetimeSeconds = 3'600;

struct Impersonation {
  std::string url;                     // …/serviceAccounts/EMAIL:generateAccessToken
  std::vector<std::string> delegates;  // accounts in between, the nearest to the source first
  int64_t lifetime_seconds = kUsualLifetimeSeconds;
};

// The account that the URL names. kInvalidArgument if it names none.
Result<std::string> ImpersonatedEmail(const std::string& url, const std::string& where);

// Asks iamcredentials' generateAccessToken as `source`. kInvalidArgument: the URL names no account,
// or the lifetime is not from 600 to 43,200 seconds; kRefused: its host (bigquery/auth/address.h).
Result<std::unique_ptr<TokenSource>> MakeImpersonation(const Outside& outside,
                                                       std::unique_ptr<Credentials> source,
                                                       Impersonation impersonation,
                                                       std::string where);

}  // namespace salvor::bigquery::auth
