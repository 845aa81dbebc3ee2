#include "custody/review.h"

#include <fmt/format.h>

#include "base/text.h"

namespace salvor::custody {

Result<std::string> CheckReview(const model::Plan& plan, const std::string& step) {
  if (plan.review.approvals <= 0) {
    return std::string("no review asked for: the table is a bare local path");
  }
  return Fail(Code::kRefused,
              fmt::format("the plan asks for {} before {}, and this version of salvor cannot check "
                          "approvals",
                          Plural(plan.review.approvals, "approval"), step),
              plan.table.uri, "Use a version of salvor that can");
}

}  // namespace salvor::custody
