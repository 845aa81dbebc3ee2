// Many requests at once.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace salvor::bigquery {

inline constexpr size_t kRequestsInFlight = 16;

// Calls act(0) … act(count - 1), up to `at_once` of them at the same time, on threads that have
// ended when this returns. `act` must be safe for that. After a failure no further call begins; the
// error with the smallest index that was met is returned.
Status ForEach(size_t count, size_t at_once, const std::function<Status(size_t)>& act);

}  // namespace salvor::bigquery
