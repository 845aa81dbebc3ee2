// The runbook's own incident on the BigQuery test server.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace salvor::cli {

// `server`: the program to start; empty: salvor-bigquery-server beside this one. Not used where
// BIGQUERY_EMULATOR_HOST names a server already. The one that was started is ended on return, and
// ends by itself if this process does.
Result<Exit> RunBigQueryDemo(Session& session, const std::string& folder,
                             const std::string& server);

}  // namespace salvor::cli
