// The same recovery for a person's own hands: a shell script of bq commands and GoogleSQL, step by
// step what the runbook asks for. It uses the names, job ids and statements that salvor would use,
// so that salvor finds what was done by hand, and the service takes nothing twice.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "model/plan.h"

namespace salvor::bigquery {

// Reads the table's schema from the service and changes nothing. Every name in the text is quoted
// for GoogleSQL and for a POSIX shell. kUnsupported, by name, for what has no statement.
Result<std::string> WriteManualScript(const Connection& connection, const model::Plan& plan,
                                      const std::string& plan_digest);

// Of the same text the commands that persist and apply stand for, one each and in their order. In a
// clone's statement the expiration is that of now: persist counts it from when it runs.
Result<std::vector<std::string>> ListCommands(const Connection& connection, const model::Plan& plan,
                                              const std::string& plan_digest);

}  // namespace salvor::bigquery
