#include "report/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include "base/instant.h"
#include "base/strings.h"
#include "base/text.h"

namespace salvor::report {
namespace {

// A value that no partition is made for; in a text column it is only a text.
bool StandsForOthers(const model::PartitionColumn& column,
                     const std::optional<std::string>& value) {
  if (!value) return true;
  return *value == model::kUnpartitioned && column.type != model::ColumnType::kString;
}

bool IsOrdinary(const std::vector<model::PartitionColumn>& columns,
                const model::PartitionKey& key) {
  for (size_t i = 0; i < columns.size() && i < key.values.size(); ++i) {
    if (StandsForOthers(columns[i], key.values[i])) return false;
  }
  return true;
}

// The place of a day or a number among those of its kind; nothing for other values.
std::optional<int64_t> PlaceOf(const std::vector<model::PartitionColumn>& columns,
                               const model::PartitionKey& key) {
  if (columns.size() != 1 || key.values.size() != 1 || !IsOrdinary(columns, key))
    return std::nullopt;
  const std::string& value = *key.values.front();
  if (columns[0].type == model::ColumnType::kInteger) return ParseInt64(value);
  if (columns[0].type != model::ColumnType::kDate) return std::nullopt;
  const auto midnight = ParseInstant(value + "T00:00:00Z");
  if (!midnight) return std::nullopt;
  return std::chrono::floor<std::chrono::days>(*midnight).time_since_epoch().count();
}

bool Follows(const std::optional<int64_t>& place, const std::optional<int64_t>& next) {
  return place && next && *place < *next && *place + 1 == *next;
}

}  // namespace

std::string FormatListed(const std::vector<model::PartitionColumn>& columns,
                         const std::vector<model::PartitionKey>& keys) {
  constexpr size_t kMaxPieces = 4;
  std::vector<std::optional<int64_t>> places;
  places.reserve(keys.size());
  for (const model::PartitionKey& key : keys) places.push_back(PlaceOf(columns, key));
  const auto pieces =
      Runs(keys.size(), [&](size_t a, size_t b) { return Follows(places[a], places[b]); });
  const size_t shown = pieces.size() > kMaxPieces ? kMaxPieces - 1 : pieces.size();
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    const auto& [begin, end] = pieces[i];
    text +=
        (text.empty() ? "" : ", ") + FormatRun(columns, keys[begin], keys[end - 1], end - begin);
  }
  if (shown == pieces.size()) return text;
  return fmt::format("{}, and {} more", text,
                     FormatCount(static_cast<int64_t>(keys.size() - pieces[shown].first)));
}

std::string FormatRun(const std::vector<model::PartitionColumn>& columns,
                      const model::PartitionKey& first, const model::PartitionKey& last,
                      size_t count) {
  if (count == 1) return model::FormatKey(columns, first);
  return model::FormatKey(columns, first) + " .. " + model::FormatKey(columns, last);
}

bool AreNeighbours(const std::vector<model::PartitionColumn>& columns, const model::PartitionKey& a,
                   const model::PartitionKey& b) {
  return IsOrdinary(columns, a) && IsOrdinary(columns, b);
}

std::string FormatKeys(const std::vector<model::PartitionColumn>& columns,
                       std::vector<model::PartitionKey> keys) {
  std::sort(keys.begin(), keys.end(),
            [&](const auto& a, const auto& b) { return model::CompareKeys(columns, a, b) < 0; });
  const auto others = std::stable_partition(
      keys.begin(), keys.end(), [&](const auto& key) { return IsOrdinary(columns, key); });
  std::string text;
  if (others != keys.begin()) {
    text = FormatRun(columns, keys.front(), *std::prev(others),
                     static_cast<size_t>(others - keys.begin()));
  }
  for (auto other = others; other != keys.end(); ++other) {
    text += (text.empty() ? "" : ", ") + model::FormatKey(columns, *other);
  }
  return text;
}

std::string FormatRows(const model::Tally& tally) {
  return tally.rows == 0 && tally.uncounted > 0 ? "?" : FormatCount(tally.rows);
}

std::string FormatSize(const model::Tally& tally) {
  return tally.bytes == 0 && tally.uncounted > 0 ? "?" : FormatBytes(tally.bytes);
}

bool SameDeadline(const std::optional<Instant>& a, const std::optional<Instant>& b) {
  if (!a || !b) return a == b;
  return std::chrono::abs(*a - *b) < std::chrono::minutes(1);
}

std::string FormatDeadline(const std::optional<Instant>& deadline) {
  return deadline ? FormatInstant(std::chrono::floor<std::chrono::seconds>(*deadline)) : "";
}

}  // namespace salvor::report
