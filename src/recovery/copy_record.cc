#include "recovery/copy_record.h"

#include <utility>

namespace salvor::recovery {
namespace {

using nlohmann::json;
using warehouse::CopySeen;

int64_t Number(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : -1;
}

// The last record; members that are not as they must be match nothing, so that they hide nothing.
std::vector<CopySeen> LastSeen(const Step& step) {
  const auto& lines = step.Past();
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const json list = Member(*line, kSeen);
    if (!list.is_array()) continue;
    std::vector<CopySeen> seen;
    for (const json& one : list) {
      if (!one.is_object() || !one.contains("name") || !one["name"].is_string()) continue;
      CopySeen last{one["name"].get<std::string>(), Number(one, "rows"), Number(one, "bytes"),
                    Number(one, "modified")};
      if (one.contains("digest") && one["digest"].is_string()) {
        last.digest = one["digest"].get<std::string>();
      }
      seen.push_back(std::move(last));
    }
    return seen;
  }
  return {};
}

}  // namespace

json ToJson(const std::vector<CopySeen>& seen) {
  json list = json::array();
  for (const CopySeen& one : seen) {
    list.push_back(
        {{"name", one.name}, {"rows", one.rows}, {"bytes", one.bytes}, {"modified", one.modified}});
    if (!one.digest.empty()) list.back()["digest"] = one.digest;
  }
  return list;
}

Status CheckCopyUnchanged(Step& step, const Case& incident, warehouse::StagingStore& staging) {
  SALVOR_TRY(const auto seen,
             staging.CheckUnchanged(incident.plan, incident.digest, LastSeen(step)));
  if (seen.empty()) return Done{};
  return step.Note({{"text",
                     "the private copy was touched after it had been verified; its planned rows "
                     "were compared, and are the same"},
                    {kSeen, ToJson(seen)}});
}

}  // namespace salvor::recovery
