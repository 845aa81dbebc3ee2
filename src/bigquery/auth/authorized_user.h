// A person's login, kept by gcloud as a refresh token.
#pragma once

#include <memory>

#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// From {client_id, client_secret, refresh_token} (token_uri is Google's unless named).
// kInvalidArgument: a field is missing; kRefused: token_uri (bigquery/auth/address.h).
Result<std::unique_ptr<TokenSource>> MakeAuthorizedUser(const Outside& outside,
                                                        const Document& file);

// The same after a login through a workforce pool: {audience, token_url, client_id, client_secret,
// refresh_token}, type external_account_authorized_user. The client's secret goes into a header.
Result<std::unique_ptr<TokenSource>> MakeWorkforceUser(const Outside& outside,
                                                       const Document& file);

}  // namespace salvor::bigquery::auth
