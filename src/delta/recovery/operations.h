// What persist and apply will do to files and log, one line for each operation, for those who
// review a plan.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table/table_log.h"
#include "io/fs.h"
#include "model/plan.h"

namespace salvor::delta {

// Paths inside of the table are as its log spells them. Reads the log and changes nothing. kStale
// if the log no longer says what the plan pins, kTooLate if it cannot be read that far back.
Result<std::vector<std::string>> ListOperations(const io::FsReader& fs, Log& log,
                                                const model::Plan& plan,
                                                const std::string& plan_digest);

}  // namespace salvor::delta
