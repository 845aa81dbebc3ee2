#include "bigquery/history/partitions_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/sql/quoting.h"
#include "bigquery/table/row_counts.h"

namespace salvor::bigquery {
namespace {

constexpr int64_t kHour = 3'600'000;
// The window moves on while salvor looks.
constexpr Millis kMargin{60'000};
constexpr size_t kColumns = 4;

Result<int64_t> Number(const std::optional<std::string>& cell) {
  int64_t value = 0;
  if (!cell) return value;
  const char* end = cell->data() + cell->size();
  const auto [at, problem] = std::from_chars(cell->data(), end, value);
  if (problem != std::errc{} || at != end || value < 0) {
    return Fail(Code::kCorrupt, fmt::format("'{}' is no count", *cell),
                "INFORMATION_SCHEMA.PARTITIONS");
  }
  return value;
}

Status ReadRow(const std::vector<std::optional<std::string>>& row, Holdings& holdings) {
  if (!row[0]) return Done{};
  SALVOR_TRY(const int64_t rows, Number(row[1]));
  SALVOR_TRY(const int64_t bytes, Number(row[2]));
  SALVOR_TRY(const int64_t micros, Number(row[3]));
  // __UNPARTITIONED__ may be there twice.
  PresentPartition& partition = holdings.partitions[*row[0]];
  partition.tally = TallyOf(partition.tally.rows + rows, partition.tally.bytes + bytes);
  partition.modified = std::max(partition.modified, InstantOfMillis(micros / 1'000));
  return Done{};
}

// "Cannot read before 1700000000000", in whatever words around it.
std::optional<int64_t> EarliestTold(const std::string& message) {
  constexpr std::string_view kWords = "annot read before ";
  const size_t at = message.find(kWords);
  if (at == std::string::npos) return std::nullopt;
  int64_t millis = 0;
  const char* begin = message.data() + at + kWords.size();
  const auto [end, problem] = std::from_chars(begin, message.data() + message.size(), millis);
  if (problem != std::errc{} || end == begin || millis <= 0) return std::nullopt;
  return millis;
}

std::string HoursText(const Dataset& dataset) {
  return fmt::format("{} hours of time travel in dataset {}", dataset.time_travel.count() / kHour,
                     FormatName(dataset.name));
}

}  // namespace

std::string PartitionsStatement(const DatasetName& dataset) {
  return fmt::format(
      "SELECT partition_id, total_rows, total_logical_bytes, last_modified_time FROM {} "
      "WHERE table_name = @table",
      QuoteView(dataset, "PARTITIONS"));
}

Result<Holdings> ReadHoldings(const Connection& connection, const Table& table) {
  Holdings holdings;
  // Not before what it shows: a loss would be sought, and its snapshot taken, before the last
  // write.
  holdings.at = std::max(connection.api.Now(), table.modified);
  if (!table.partitioning.IsPartitioned()) {
    holdings.partitions[""] = {TallyOf(table.rows, table.bytes), table.modified};
    return holdings;
  }
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(connection, PartitionsStatement(table.name.Dataset()), table.location,
                       nlohmann::json::array({TextParameter("table", table.name.table)}),
                       /*estimate=*/false));
  if (answer.job.ended) holdings.at = *answer.job.ended;
  for (const auto& row : answer.rows.rows) {
    if (row.size() != kColumns) {
      return Fail(Code::kCorrupt, "a row has other columns than were asked for",
                  "INFORMATION_SCHEMA.PARTITIONS");
    }
    SALVOR_OK(ReadRow(row, holdings));
  }
  return holdings;
}

Reach ReachUnasked(const Table& table, const Dataset& dataset, Instant now,
                   std::optional<Instant> since) {
  Reach reach;
  reach.span = dataset.time_travel;
  reach.reason = HoursText(dataset);
  reach.first = now - dataset.time_travel + kMargin;
  if (since && *since > reach.first) {
    reach.first = std::min(*since, now);
    reach.reason += "; as asked for";
  }
  if (table.created > reach.first) {
    reach.first = table.created;
    reach.whole = true;
    reach.reason = "since the table was created";
  }
  return reach;
}

namespace {

bool IsNotThere(const Error& error) {
  return error.code == Code::kTooLate || error.code == Code::kInvalidArgument;
}

// The earliest instant at which the service answers, between one at which it does not and one at
// which it does.
Result<Instant> EarliestBetween(Past& past, Instant not_there, Instant there) {
  int64_t low = MillisOf(not_there);
  int64_t high = MillisOf(there);
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    const auto answer = past.At("", middle);
    if (!answer && !IsNotThere(answer.error())) return Fail(Error(answer.error()));
    (answer ? high : low) = middle;
  }
  return InstantOfMillis(high);
}

// A table that is younger than the window may have taken the place of one that can be read still.
Status ReachBeforeCreation(Past& past, const Table& table, Reach& reach) {
  const Instant before = table.created - Millis(1);
  const auto answer = past.At("", MillisOf(before));
  reach.whole = true;
  if (answer) {
    SALVOR_TRY(reach.first, EarliestBetween(past, reach.first, before));
    reach.reason = fmt::format("since a table of this name was made; it was replaced at {}",
                               FormatInstant(table.created));
    return Done{};
  }
  if (!IsNotThere(answer.error())) return Fail(Error(answer.error()));
  reach.first = table.created;
  reach.reason = "since the table was created";
  return Done{};
}

}  // namespace

Result<Reach> FindReach(Past& past, const Table& table, const Dataset& dataset, Instant now,
                        std::optional<Instant> since) {
  Reach reach;
  reach.span = dataset.time_travel;
  reach.reason = HoursText(dataset);
  const Instant oldest = now - dataset.time_travel + kMargin;
  // A service that leaves the instant out of account would show the present as the past, and every
  // loss would look like none.
  constexpr Millis kDay{24 * kHour};
  if (past.At("", MillisOf(oldest - kDay))) {
    return Fail(Code::kUnsupported,
                "the service answers for an instant that time travel cannot reach, so that what it "
                "says about the past cannot be trusted",
                UriOf(table.name));
  }
  reach.first = oldest;
  if (since && *since > oldest) {
    reach.first = std::min(*since, now);
    reach.reason += "; as asked for";
  }
  auto there = past.At("", MillisOf(reach.first));
  if (there) return reach;
  if (!IsNotThere(there.error())) return Fail(std::move(there).error());
  const auto told = EarliestTold(there.error().what);
  if (table.created > reach.first) {
    SALVOR_OK(ReachBeforeCreation(past, table, reach));
  } else if (told) {
    reach.first = std::max(reach.first, InstantOfMillis(*told) + kMargin);
    reach.reason = "as far back as the service reads";
  }
  auto again = past.At("", MillisOf(reach.first));
  if (!again) return Fail(std::move(again).error());
  return reach;
}

Instant DeadlineOf(int64_t snapshot, const Dataset& dataset) {
  return InstantOfMillis(snapshot) + dataset.time_travel;
}

std::string DeadlineReason(const Dataset& dataset) { return HoursText(dataset); }

}  // namespace salvor::bigquery
