#include "bigquery/recovery/refuse_buffered.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "bigquery/table/streaming_buffer.h"
#include "model/partition.h"

namespace salvor::bigquery {

Status RefuseBuffered(const OpenedPlan& opened, const std::vector<size_t>& which,
                      const std::string& then) {
  // More names than this tell nobody more.
  constexpr size_t kMostNamed = 10;
  if (!opened.today.streaming) return Done{};
  std::vector<std::string> ids;
  ids.reserve(which.size());
  for (const size_t index : which) ids.push_back(opened.planned.ids[index]);
  SALVOR_TRY(const PartitionFilter filter, FilterOf(opened.planned, opened.today));
  SALVOR_TRY(const auto buffered, BufferedRows(opened.connection, opened.today, filter, ids));
  if (buffered.empty()) return Done{};
  std::string names;
  size_t named = 0;
  for (const size_t index : which) {
    const auto found = buffered.find(opened.planned.ids[index]);
    if (found == buffered.end() || ++named > kMostNamed) continue;
    names +=
        fmt::format("{}{} ({})", names.empty() ? "" : ", ",
                    model::FormatKey(opened.plan.columns, opened.planned.partitions[index]->key),
                    Plural(found->second, "row"));
  }
  if (named > kMostNamed) {
    names += fmt::format(" and {} more", FormatCount(static_cast<int64_t>(named - kMostNamed)));
  }
  return Fail(Code::kRefused,
              "planned partitions have rows in the table's streaming buffer: " + names,
              opened.plan.table.uri, fmt::format("{}; {}", kStopTheStream, then));
}

}  // namespace salvor::bigquery
