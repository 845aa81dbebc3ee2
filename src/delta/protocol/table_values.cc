// Which partition a file's partition values mean under a head.

#include <algorithm>
#include <utility>

#include "delta/protocol/table_head.h"

namespace salvor::delta {

PartitionValue ValueOf(const TableHead& head, size_t column, const PartitionValues& values) {
  const std::string& name = head.physical_partition_columns[column];
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&name](const auto& value) { return value.first == name; });
  if (found == values.end()) return {};
  return ReadPartitionValue(head.partition_types[column], found->second);
}

model::PartitionKey KeyOf(const TableHead& head, const PartitionValues& values) {
  model::PartitionKey key;
  for (size_t i = 0; i < head.columns.size(); ++i)
    key.values.push_back(std::move(ValueOf(head, i, values).value));
  return key;
}

}  // namespace salvor::delta
