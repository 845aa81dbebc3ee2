#include "testing/bigquery_server/api_error.h"

#include <array>
#include <utility>

namespace salvor::testing::bigquery {

namespace {

struct Reason {
  std::string_view name;
  int http;
  std::string_view status;
  Code code;
};

constexpr std::array<Reason, 27> kReasons = {{
    {"invalid", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"invalidQuery", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"invalidParameter", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"badRequest", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"required", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"parseError", 400, "INVALID_ARGUMENT", Code::kInvalidArgument},
    {"resourceInUse", 400, "FAILED_PRECONDITION", Code::kConflict},
    {"resourcesExceeded", 400, "RESOURCE_EXHAUSTED", Code::kRefused},
    {"bytesBilledLimitExceeded", 400, "INVALID_ARGUMENT", Code::kRefused},
    {"tableUnavailable", 400, "UNAVAILABLE", Code::kUnavailable},
    {"jobBackendError", 400, "UNAVAILABLE", Code::kUnavailable},
    {"jobInternalError", 400, "INTERNAL", Code::kUnavailable},
    {"jobRateLimitExceeded", 400, "RESOURCE_EXHAUSTED", Code::kUnavailable},
    {"stopped", 499, "CANCELLED", Code::kConflict},
    {"authError", 401, "UNAUTHENTICATED", Code::kPermission},
    {"accessDenied", 403, "PERMISSION_DENIED", Code::kPermission},
    {"quotaExceeded", 403, "RESOURCE_EXHAUSTED", Code::kRefused},
    {"rateLimitExceeded", 403, "RESOURCE_EXHAUSTED", Code::kUnavailable},
    {"responseTooLarge", 403, "RESOURCE_EXHAUSTED", Code::kRefused},
    {"notFound", 404, "NOT_FOUND", Code::kNotFound},
    {"duplicate", 409, "ALREADY_EXISTS", Code::kConflict},
    {"conditionNotMet", 412, "FAILED_PRECONDITION", Code::kStale},
    {"tooManyRequests", 429, "RESOURCE_EXHAUSTED", Code::kUnavailable},
    {"internalError", 500, "INTERNAL", Code::kInternal},
    {"notImplemented", 501, "UNIMPLEMENTED", Code::kUnsupported},
    {"badGateway", 502, "UNAVAILABLE", Code::kUnavailable},
    {"backendError", 503, "UNAVAILABLE", Code::kUnavailable},
}};

const Reason* Find(std::string_view name) {
  for (const Reason& reason : kReasons) {
    if (reason.name == name) return &reason;
  }
  return nullptr;
}

}  // namespace

Error ApiError(std::string_view reason, std::string message, std::string location) {
  const Reason* known = Find(reason);
  return Error{known == nullptr ? Code::kInternal : known->code, std::move(message),
               std::move(location), std::string(reason)};
}

tl::unexpected<Error> Refuse(std::string_view reason, std::string message, std::string location) {
  return Fail(ApiError(reason, std::move(message), std::move(location)));
}

std::string ReasonOf(const Error& error, std::string_view otherwise) {
  if (Find(error.next) != nullptr) return error.next;
  if (error.code == Code::kNotFound) return "notFound";
  if (error.code == Code::kPermission) return "accessDenied";
  return std::string(otherwise);
}

int HttpStatusOf(std::string_view reason) {
  const Reason* known = Find(reason);
  return known == nullptr ? 500 : known->http;
}

Json ErrorProto(const Error& error, std::string_view otherwise) {
  Json proto = {{"reason", ReasonOf(error, otherwise)}, {"message", error.what}};
  if (Find(error.next) != nullptr && !error.where.empty()) {
    proto["location"] = error.where;
  } else if (Find(error.next) == nullptr && !error.where.empty()) {
    proto["message"] = error.what + " " + error.where;
  }
  if (ReasonOf(error, otherwise) == "invalidQuery") proto["location"] = "query";
  return proto;
}

Json ErrorBody(const Error& error, std::string_view otherwise) {
  Json proto = ErrorProto(error, otherwise);
  proto["domain"] = "global";
  const Reason* reason = Find(ReasonOf(error, otherwise));
  return {{"error",
           {{"code", reason == nullptr ? 500 : reason->http},
            {"message", proto["message"]},
            {"errors", Json::array({proto})},
            {"status", reason == nullptr ? "INTERNAL" : std::string(reason->status)}}}};
}

}  // namespace salvor::testing::bigquery
