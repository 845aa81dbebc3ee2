#include "bigquery/table/clone_depth.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace salvor::bigquery {
namespace {

constexpr int kDeepest = 3;

}  // namespace

Result<std::string> WhyNotCloned(const Connection& connection, const Table& table) {
  Table above = table;
  for (int depth = 0; depth < kDeepest; ++depth) {
    const std::optional<BaseTable> base = above.clone_of ? above.clone_of : above.snapshot_of;
    if (!base) return std::string();
    if (depth + 1 == kDeepest) break;
    auto found = connection.api.GetTable(base->name);
    if (!found && found.error().code == Code::kUnavailable) return Fail(std::move(found).error());
    // Another table may have taken the name since.
    if (!found || !*found || (**found).created > base->at) return std::string();
    above = **std::move(found);
  }
  return fmt::format(
      "the table is a clone of a clone of a clone, and BigQuery clones no deeper: no private copy "
      "can be made of it. Before the deadline, copy it as it was to where only its readers may "
      "look (bq cp '{}:{}.{}@MILLISECONDS' COPY, with the snapshot's), and put the partitions back "
      "from that copy, one bq cp -n for each",
      table.name.project, table.name.dataset, table.name.table);
}

}  // namespace salvor::bigquery
