#include "bigquery/history/time_travel.h"

#include <fmt/format.h>

#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {

Result<model::Tally> MetadataPast::At(const std::string& id, int64_t at) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find({id, at});
    if (found != known_.end()) return found->second;
  }
  SALVOR_TRY(model::Tally tally, Ask(id, at));
  const std::lock_guard lock(mutex_);
  known_.emplace(std::pair(id, at), tally);
  ++asked_;
  return tally;
}

Result<model::Tally> MetadataPast::Ask(const std::string& id, int64_t at) {
  const std::string decorator = id.empty() ? fmt::format("@{}", at) : fmt::format("${}@{}", id, at);
  auto answer = api_.GetTable(table_, decorator);
  if (!answer) {
    // Whether the partitions that stand for no value can be asked about is not documented.
    const bool special = id.starts_with("__");
    if (special && answer.error().code == Code::kInvalidArgument) return model::Tally{};
    if (answer.error().code == Code::kTooLate && WasGoneAt(at)) return model::Tally{};
    return Fail(std::move(answer).error());
  }
  const std::optional<Table>& table = *answer;
  if (table && !table->counted) {
    return Fail(Code::kUnsupported, "the service does not say how many rows there were",
                UriOf(table_) + decorator);
  }
  if (table) return TallyOf(table->rows, table->bytes);
  // A partition that is not there has no rows; a table that is not there is another matter. Whether
  // "not there" was the truth, the sum over all partitions tells.
  if (!id.empty() || WasGoneAt(at)) return model::Tally{};
  return Fail(Code::kTooLate,
              fmt::format("there is no such table at {}", FormatInstant(InstantOfMillis(at))),
              UriOf(table_));
}

// The window moves while a long look lasts: an instant at its beginning may have left it since.
bool MetadataPast::WasGoneAt(int64_t at) const {
  constexpr int64_t kLongestLook = 3'600'000;
  return there_ && at > *there_ + kLongestLook;
}

int64_t MetadataPast::Asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

}  // namespace salvor::bigquery
