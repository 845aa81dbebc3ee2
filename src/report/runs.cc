#include "report/runs.h"

namespace salvor::report {

std::string FormatRun(const std::vector<model::PartitionColumn>& columns,
                      const model::PartitionKey& first, const model::PartitionKey& last,
                      size_t count) {
  if (count == 1) return model::FormatKey(columns, first);
  return model::FormatKey(columns, first) + " .. " + model::FormatKey(columns, last);
}

}  // namespace salvor::report
