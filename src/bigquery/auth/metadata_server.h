// The account that a machine of Google's cloud runs as.
#pragma once

#include <memory>

#include "base/result.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// Where there is such a server: at GCE_METADATA_HOST, else at 169.254.169.254, answering with
// `Metadata-Flavor: Google`. Asked once, for 3 seconds at most; `false` where nobody answers, where
// something else does, or where NO_GCE_CHECK is "true".
bool HasMetadataServer(const Outside& outside);

// Its default service account.
std::unique_ptr<TokenSource> MakeMetadataAccount(const Outside& outside);

}  // namespace salvor::bigquery::auth
