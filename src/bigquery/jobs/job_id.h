// Job ids that salvor chooses: the service takes each of them once, which is what makes a write
// happen once. A lost reply is answered by asking for the id, never by another id; the next
// attempt's id is used only after the last one's job has ended and failed (a failed job keeps its
// id for good).
#pragma once

#include <string>
#include <string_view>

namespace salvor::bigquery {

// More are never looked up or made. In one run of a step, kAttemptsInRun at most.
inline constexpr int kMostAttempts = 100;
inline constexpr int kAttemptsInRun = 4;

// "salvor-apply-<32 digits of the operation key>-20260115-1". `part` is a partition's id or a word
// of the step's own; `attempt` counts from 1. Only characters that the service allows
// ([A-Za-z0-9_-]).
std::string JobIdOf(std::string_view plan_digest, std::string_view step, std::string_view part,
                    int attempt);

}  // namespace salvor::bigquery
