#include "bigquery/history/reach.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace salvor::bigquery {
namespace {

constexpr int64_t kHour = 3'600'000;
// The window moves on while salvor looks.
constexpr Millis kMargin{60'000};

// "Cannot read before 1700000000000", in whatever words around it.
std::optional<Instant> EarliestTold(const std::string& message) {
  constexpr std::string_view kWords = "annot read before ";
  const size_t at = message.find(kWords);
  if (at == std::string::npos) return std::nullopt;
  int64_t millis = 0;
  const char* begin = message.data() + at + kWords.size();
  const auto [end, problem] = std::from_chars(begin, message.data() + message.size(), millis);
  if (problem != std::errc{} || end == begin || millis <= 0) return std::nullopt;
  return InstantOfMillis(millis);
}

std::string HoursText(const Dataset& dataset) {
  return fmt::format("{} hours of time travel in dataset {}", dataset.time_travel.count() / kHour,
                     FormatName(dataset.name));
}

// An instant at which no such table can be read, as services say that.
bool IsNotThere(const Error& error) {
  return error.code == Code::kTooLate || error.code == Code::kNotFound ||
         error.code == Code::kInvalidArgument;
}

Result<std::optional<Error>> WhyNotRead(RowCounter& counter, Instant at) {
  const CountRequest request{MillisOf(at), {}};
  auto bill = counter.Estimate(request);
  if (bill && *bill > counter.Left()) return Fail(counter.TooDear(*bill));
  if (bill) {
    auto counted = counter.Count(request, *bill);
    if (counted) return std::optional<Error>();
    bill = Fail(std::move(counted).error());
  }
  if (!IsNotThere(bill.error())) return Fail(std::move(bill).error());
  return std::optional(std::move(bill).error());
}

// Only an older table of the same name can be read at `reach.first`, if any can.
Status LookBeforeCreation(RowCounter& counter, const Table& table,
                          std::optional<Instant> known_since, Reach& reach) {
  reach.whole = true;
  std::vector<Instant> instants{reach.first};
  if (known_since) instants.push_back(*known_since);
  instants.push_back(table.created - Millis(1));
  for (size_t i = 0; i < instants.size(); ++i) {
    if (instants[i] < reach.first || instants[i] >= table.created) continue;
    SALVOR_TRY(const auto why, WhyNotRead(counter, instants[i]));
    if (!why) {
      reach.first = instants[i];
      reach.replaced = true;
      reach.reason = fmt::format("since a table of this name was made; it was replaced at {}",
                                 FormatInstant(table.created));
      return Done{};
    }
    const auto told = EarliestTold(why->what);
    if (i == 0 && told) instants.insert(instants.begin() + 1, *told);
  }
  reach.first = table.created;
  reach.reason = "since the table was created";
  return Done{};
}

}  // namespace

Result<Reach> FindReach(RowCounter& counter, const Table& table, const Dataset& dataset,
                        Instant now, std::optional<Instant> since,
                        std::optional<Instant> known_since) {
  Reach reach;
  reach.reason = HoursText(dataset);
  reach.first = now - dataset.time_travel + kMargin;
  if (since && *since > reach.first) {
    reach.first = std::min(*since, now);
    reach.reason += "; as asked for";
  }
  if (table.created > reach.first) {
    SALVOR_OK(LookBeforeCreation(counter, table, known_since, reach));
  }
  return reach;
}

Instant DeadlineOf(int64_t snapshot, const Dataset& dataset) {
  return InstantOfMillis(snapshot) + dataset.time_travel;
}

std::string DeadlineReason(const Dataset& dataset) { return HoursText(dataset); }

}  // namespace salvor::bigquery
