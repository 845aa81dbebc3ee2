// The state of a table beside its files, from its protocol and metaData actions.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "base/result.h"
#include "delta/log.h"

namespace salvor::delta {

// kCorrupt for actions that contradict each other, kUnsupported for a partition column of a type
// that cannot be one, and as JudgeReading says.
Result<Head> MakeHead(int64_t version, Instant at, nlohmann::json protocol,
                      nlohmann::json metadata);

// True if files written under `a` mean the same partitions under `b`.
bool SamePartitioning(const Head& a, const Head& b);

}  // namespace salvor::delta
