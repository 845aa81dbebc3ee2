// Errors in Google's words. An Error of the server carries Google's reason in `next` and the
// "location" of a REST error (a parameter, "query") in `where`; what comes from the language half
// or from DuckDB has neither and is given the reason that fits its code. Source:
// cloud.google.com/bigquery/docs/error-messages.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

// Refuse("notFound", "Not found: Table p:d.t"). The reason must be one that HttpStatusOf knows.
tl::unexpected<Error> Refuse(std::string_view reason, std::string message,
                             std::string location = {});
Error ApiError(std::string_view reason, std::string message, std::string location = {});

// `otherwise` is what an error without a reason means here: "invalidQuery" while a query runs.
std::string ReasonOf(const Error& error, std::string_view otherwise);
// 400 for "invalid", 404 for "notFound", ... ; 500 for what is no reason.
int HttpStatusOf(std::string_view reason);

// {"reason": ..., "message": ..., "location": ...}: an entry of a job's errors.
Json ErrorProto(const Error& error, std::string_view otherwise);
// {"error": {"code": ..., "message": ..., "errors": [...], "status": ...}}
Json ErrorBody(const Error& error, std::string_view otherwise);

}  // namespace salvor::testing::bigquery
