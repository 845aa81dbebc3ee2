// What the service's reasons mean, and whether to ask again.
#include <algorithm>
#include <array>
#include <string>

#include "bigquery/rest/resource_json.h"

namespace salvor::bigquery {
namespace {

using Json = nlohmann::json;

bool Says(const ServiceError& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

// "Invalid snapshot time …", "Cannot read before …": the service's ways of saying "too old".
bool IsBeyondTimeTravel(const ServiceError& error) {
  return Says(error, "Cannot read before") || Says(error, "Invalid snapshot time") ||
         Says(error, "Invalid time travel timestamp") ||
         Says(error, "allowed time travel interval");
}

struct Meaning {
  std::string_view reason;
  Code code;
};

constexpr std::array<Meaning, 22> kMeanings{{
    {"accessDenied", Code::kPermission},
    {"forbidden", Code::kPermission},
    {"billingNotEnabled", Code::kPermission},
    {"billingTierLimitExceeded", Code::kRefused},
    {"bytesBilledLimitExceeded", Code::kRefused},
    {"blocked", Code::kPermission},
    {"proxyAuthenticationRequired", Code::kPermission},
    {"notFound", Code::kNotFound},
    {"duplicate", Code::kConflict},
    {"conditionNotMet", Code::kConflict},
    {"tableUnavailable", Code::kUnavailable},
    {"quotaExceeded", Code::kUnavailable},
    {"rateLimitExceeded", Code::kUnavailable},
    {"jobRateLimitExceeded", Code::kUnavailable},
    {"backendError", Code::kUnavailable},
    {"jobBackendError", Code::kUnavailable},
    {"internalError", Code::kUnavailable},
    {"jobInternalError", Code::kUnavailable},
    {"timeout", Code::kUnavailable},
    {"stopped", Code::kUnavailable},
    {"resourcesExceeded", Code::kRefused},
    {"notImplemented", Code::kUnsupported},
}};

Code CodeOfStatus(int status) {
  switch (status) {
    case 401:
    case 403:
    case 407:
      return Code::kPermission;
    case 404:
    case 410:
      return Code::kNotFound;
    case 409:
    case 412:
      return Code::kConflict;
    case 408:
    case 429:
      return Code::kUnavailable;
    case 501:
      return Code::kUnsupported;
    default:
      return status >= 500 ? Code::kUnavailable : Code::kInvalidArgument;
  }
}

std::string TextOf(const Json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

ServiceError ErrorFromBody(int status, const Json& body) {
  ServiceError error;
  error.status = status;
  const Json outer = body.is_object() ? body.value("error", Json()) : Json();
  error.message = TextOf(outer, "message");
  if (outer.is_object()) {
    const Json list = outer.value("errors", Json::array());
    if (list.is_array() && !list.empty()) {
      error.reason = TextOf(list.front(), "reason");
      if (error.message.empty()) error.message = TextOf(list.front(), "message");
    }
    if (error.reason.empty()) error.reason = TextOf(outer, "status");
  }
  return error;
}

Code CodeOf(const ServiceError& error) {
  if (IsBeyondTimeTravel(error)) return Code::kTooLate;
  const auto* found = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& meaning) {
    return meaning.reason == error.reason;
  });
  if (found != kMeanings.end()) return found->code;
  return CodeOfStatus(error.status);
}

bool SpeaksOfNoRows(const ServiceError& error) {
  return std::any_of(kMeanings.begin(), kMeanings.end(),
                     [&](const Meaning& meaning) { return meaning.reason == error.reason; });
}

bool MayRepeat(const ServiceError& error) {
  if (error.reason == "quotaExceeded") return false;
  if (error.reason == "backendError" || error.reason == "internalError" ||
      error.reason == "rateLimitExceeded") {
    return true;
  }
  return error.status == 429 || error.status == 408 || (error.status >= 500 && error.status != 501);
}

std::string AdviceFor(Code code, const ServiceError& error) {
  if (error.reason == "quotaExceeded") {
    return "A quota of the project is used up: daily ones begin anew at midnight, Pacific time";
  }
  switch (code) {
    case Code::kPermission:
      if (Says(error, "bigquery.jobs.create")) {
        return "Name a project in which you may run jobs: --project PROJECT, or job_project in "
               "salvor.yaml";
      }
      return "Ask for the right that is named, or use other credentials; salvor doctor shows what "
             "is missing";
    case Code::kUnavailable:
      return "Run the same command again";
    case Code::kTooLate:
      return "Time travel does not reach that far back";
    case Code::kNotFound:
      return "Check the name, and the location";
    default:
      return "";
  }
}

}  // namespace salvor::bigquery
