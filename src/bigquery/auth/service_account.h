// A service account's key file: a signed statement, exchanged for a token (RFC 7523).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// From {client_email, private_key, private_key_id, token_uri}. kInvalidArgument: a field is
// missing, or the key is no RSA key of 2,048 bits at least that opens without a password; kRefused:
// token_uri (bigquery/auth/address.h).
Result<std::unique_ptr<TokenSource>> MakeServiceAccount(const Outside& outside,
                                                        const Document& file);

}  // namespace salvor::bigquery::auth
