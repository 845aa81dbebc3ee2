#include "report/runs.h"

#include <algorithm>
#include <iterator>
#include <optional>

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

}  // namespace

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
