// A rejection's mark on the private copies: a label, whose name and value hold a half of the
// statement's digest each ("Requirements for labels": 63 characters at most).
#include <algorithm>
#include <string_view>

#include "base/digest.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/recovery/staging.h"

namespace salvor::bigquery {
namespace {

constexpr std::string_view kMark = "salvor_rejected_";
constexpr size_t kHalf = 32;

}  // namespace

Result<bool> BigQueryStaging::MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                                           const std::string& statement) {
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const auto names, CopyNamesOf(plan, plan_digest));
  std::vector<Table> copies;
  for (const CopyName& copy : names) {
    SALVOR_TRY(auto found, connection_.api.GetTable(copy.table));
    if (!found || !CarriesPlanLabel(*found, plan_digest)) return false;
    copies.push_back(*std::move(found));
  }
  const std::string label = std::string(kMark) + statement.substr(0, kHalf);
  for (const Table& copy : copies) {
    if (copy.labels.contains(label)) continue;
    SALVOR_TRY([[maybe_unused]] const Table patched,
               connection_.api.PatchTable(
                   copy.name, {{"labels", {{label, statement.substr(kHalf)}}}}, copy.etag));
  }
  return !copies.empty();
}

Result<std::vector<std::string>> BigQueryStaging::Rejections(const model::Plan& plan,
                                                             const std::string& plan_digest) {
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(const auto names, CopyNamesOf(plan, plan_digest));
  std::vector<std::string> statements;
  for (const CopyName& copy : names) {
    SALVOR_TRY(const auto found, connection_.api.GetTable(copy.table));
    if (!found || !CarriesPlanLabel(*found, plan_digest)) continue;
    for (const auto& [name, value] : found->labels) {
      if (!name.starts_with(kMark)) continue;
      std::string statement = name.substr(kMark.size()) + value;
      if (IsSha256Hex(statement)) statements.push_back(std::move(statement));
    }
  }
  std::sort(statements.begin(), statements.end());
  statements.erase(std::unique(statements.begin(), statements.end()), statements.end());
  return statements;
}

}  // namespace salvor::bigquery
