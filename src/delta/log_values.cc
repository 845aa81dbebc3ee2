// Partition values: from what a log spells to the one canonical text (PROTOCOL.md, "Partition Value
// Serialization").

#include <algorithm>
#include <utility>

#include "delta/log.h"

namespace salvor::delta {

Result<std::optional<std::string>> CanonicalPartitionValue(
    model::ColumnType type, const std::optional<std::string>& logged) {
  if (!logged || logged->empty()) return std::nullopt;
  auto canonical = model::CanonicalValue(type, *logged);
  if (!canonical) {
    Error error = std::move(canonical).error();
    error.code = Code::kCorrupt;
    error.what = "a partition value in the log: " + error.what;
    return Fail(std::move(error));
  }
  return std::move(*canonical);
}

Result<model::PartitionKey> KeyOf(const Head& head, const AddFile& file) {
  model::PartitionKey key;
  for (size_t i = 0; i < head.columns.size(); ++i) {
    const std::string& name = head.physical_partition_columns[i];
    const auto found = std::find_if(file.partition_values.begin(), file.partition_values.end(),
                                    [&name](const auto& value) { return value.first == name; });
    std::optional<std::string> logged;
    if (found != file.partition_values.end()) logged = found->second;
    auto value = CanonicalPartitionValue(head.columns[i].type, logged);
    if (!value) return Fail(std::move(value).error().At("column " + head.columns[i].name));
    key.values.push_back(std::move(*value));
  }
  return key;
}

}  // namespace salvor::delta
