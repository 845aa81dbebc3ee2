#include "testing/bigquery_server/faults.h"

#include <array>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr std::array<std::pair<std::string_view, Fault::Kind>, 11> kKinds = {
    {{"lost-before", Fault::Kind::kLostBefore},
     {"lost-after", Fault::Kind::kLostAfter},
     {"503", Fault::Kind::kUnavailable},
     {"500", Fault::Kind::kInternal},
     {"429", Fault::Kind::kTooMany},
     {"503-after", Fault::Kind::kUnavailableAfter},
     {"slow", Fault::Kind::kSlow},
     {"half-body", Fault::Kind::kHalfBody},
     {"expired-token", Fault::Kind::kExpiredToken},
     {"miscount", Fault::Kind::kMiscount},
     {"aborted", Fault::Kind::kAborted}}};

bool Matches(const std::string& wanted, const std::string& text) {
  return wanted.empty() || text.find(wanted) != std::string::npos;
}

}  // namespace

Result<Fault> ParseFault(const Json& json) {
  SALVOR_OK(
      RefuseUnknown(json, {"kind", "method", "path", "body", "skip", "count", "millis"}, "fault"));
  Fault fault;
  const std::string kind = TextAt(json, "kind");
  bool known = false;
  for (const auto& [name, value] : kKinds) {
    if (name != kind) continue;
    fault.kind = value;
    known = true;
  }
  if (!known) return Refuse("invalid", "there is no fault '" + kind + "'");
  fault.method = TextAt(json, "method");
  fault.path = TextAt(json, "path");
  fault.body = TextAt(json, "body");
  fault.skip = NumberAt(json, "skip").value_or(0);
  fault.count = NumberAt(json, "count").value_or(1);
  fault.millis = NumberAt(json, "millis").value_or(fault.millis);
  return fault;
}

std::optional<Fault> Faults::Next(const std::string& method, const std::string& path,
                                  const std::string& body) {
  std::optional<Fault> due;
  for (Fault& fault : faults_) {
    if (!fault.method.empty() && fault.method != method) continue;
    if (!Matches(fault.path, path) || !Matches(fault.body, body)) continue;
    if (fault.skip > 0) {
      --fault.skip;
    } else if (fault.count > 0 && !due) {
      --fault.count;
      due = fault;
    }
  }
  std::erase_if(faults_, [](const Fault& fault) { return fault.count <= 0; });
  return due;
}

}  // namespace salvor::testing::bigquery
