// Workload and workforce identity federation: another provider's token for one of Google's.
#pragma once

#include <memory>

#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// From {audience, subject_token_type, token_url, credential_source} and, where they are there,
// client_id and client_secret, workforce_pool_user_project, service_account_impersonation_url with
// service_account_impersonation.token_lifetime_seconds. RFC 8693, https://google.aip.dev/auth/4117.
// Errors as MakeSubjectTokens; kInvalidArgument: a field is missing.
Result<std::unique_ptr<TokenSource>> MakeExternalAccount(const Outside& outside,
                                                         const Document& file);

}  // namespace salvor::bigquery::auth
