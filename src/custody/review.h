// The policy between plan and apply: who must have agreed before production is written.
#pragma once

#include <string>

#include "base/result.h"
#include "model/plan.h"

namespace salvor::custody {

// What stands in the way of `step` ("apply", "undo", "abandon"), as kRefused naming what is
// missing; else what the journal should say about the review, for example that none is asked for.
//
// A bare local path asks for no approval. A plan that asks for any is refused by this version: it
// cannot check signatures, and what cannot be checked does not count.
Result<std::string> CheckReview(const model::Plan& plan, const std::string& step);

}  // namespace salvor::custody
