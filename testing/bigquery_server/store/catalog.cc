#include "testing/bigquery_server/store/catalog.h"

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kLongestId = 1024;
constexpr int64_t kDefaultWindowHours = 168;

std::string EtagOf(const std::string& text) { return "\"" + Sha256Hex(text).substr(0, 22) + "\""; }

}  // namespace

const std::vector<Column>& Table::ColumnsAt(int64_t at_ms) const {
  const SchemaVersion* found = &schemas.front();
  for (const SchemaVersion& version : schemas) {
    if (version.from_ms <= at_ms) found = &version;
  }
  return found->columns;
}

std::string Table::Etag() const {
  return EtagOf(name.Text() + "/" + std::to_string(number) + "/" + std::to_string(revision));
}

bool Table::RequiresFilter() const {
  return FlagAt(body, "requirePartitionFilter") ||
         FlagAt(body, "timePartitioning.requirePartitionFilter");
}

int64_t Table::ExpiresMs() const { return NumberAt(body, "expirationTime").value_or(kForever); }

int64_t Dataset::WindowMs() const {
  return NumberAt(body, "maxTimeTravelHours").value_or(kDefaultWindowHours) * kHourMs;
}

std::string Dataset::Etag() const {
  return EtagOf(Text() + "/" + std::to_string(created_ms) + "/" + std::to_string(revision));
}

Result<Decorated> ParseDecorated(const std::string& text) {
  Decorated decorated;
  std::string rest = text;
  if (const size_t at = rest.find('@'); at != std::string::npos) {
    decorated.at = ParseNumber(rest.substr(at + 1));
    if (!decorated.at) return Refuse("invalid", "Invalid table decorator \"" + text + "\"");
    rest.resize(at);
  }
  if (const size_t dollar = rest.find('$'); dollar != std::string::npos) {
    decorated.partition = rest.substr(dollar + 1);
    rest.resize(dollar);
  }
  decorated.table = rest;
  SALVOR_OK(CheckTableId(rest));
  return decorated;
}

Status CheckDatasetId(const std::string& id) {
  const bool legal = !id.empty() && id.size() <= kLongestId &&
                     std::all_of(id.begin(), id.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (legal) return Done{};
  return Refuse("invalid",
                "Invalid dataset ID \"" + id +
                    "\". Dataset IDs must be alphanumeric (plus underscores) and must be "
                    "at most 1024 characters long.");
}

Status CheckTableId(const std::string& id) {
  const bool legal = !id.empty() && id.size() <= kLongestId &&
                     std::all_of(id.begin(), id.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '_' || c == '-' || c == ' ' || c >= 0x80;
                     });
  if (legal) return Done{};
  return Refuse("invalid", "Invalid table ID \"" + id + "\"");
}

}  // namespace salvor::testing::bigquery
