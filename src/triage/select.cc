#include "triage/select.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "model/canonical_key.h"

namespace salvor::triage {
namespace {

using model::ColumnType;
using model::Inventory;
using model::PartitionKey;

// Positions in inventory.partitions, so that the order and uniqueness come by themselves.
using Positions = std::set<size_t>;

tl::unexpected<Error> NoSuch(const std::string& text) {
  return Fail(Code::kInvalidArgument,
              fmt::format("no partition '{}' lived in the window that was looked at", text),
              "--partitions", "salvor status shows the partitions; --since looks back further");
}

Status SelectObject(const Inventory& inventory, const std::string& text, Positions& positions) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' is not a JSON object", text),
                "--partitions");
  }
  SALVOR_TRY(const PartitionKey key, model::KeyFromJson(inventory.columns, json));
  const PartitionKey canonical = model::CanonicalKey(inventory.columns, key);
  for (size_t i = 0; i < inventory.partitions.size(); ++i) {
    if (inventory.partitions[i].key != canonical) continue;
    positions.insert(i);
    return Done{};
  }
  for (size_t i = 0; i < key.values.size(); ++i) {
    if (!key.values[i]) continue;
    SALVOR_TRY([[maybe_unused]] const std::string value,
               model::CanonicalValue(inventory.columns[i].type, *key.values[i]));
  }
  return NoSuch(text);
}

bool IsTime(ColumnType type) {
  return type == ColumnType::kTimestamp || type == ColumnType::kTimestampNtz;
}

// What a person wrote as one end. Of times a day stands for all of its hours.
Result<std::string> EndOfRange(ColumnType type, const std::string& text, bool last) {
  const auto day = IsTime(type) ? model::CanonicalValue(ColumnType::kDate, text)
                                : Result<std::string>(Fail(Code::kInvalidArgument, ""));
  const std::string whole = !day ? text : *day + (last ? "T23:59:59.999999" : "T00:00:00");
  auto value = model::CanonicalValue(type, whole);
  if (value) return value;
  return Fail(
      std::move(value)
          .error()
          .At("--partitions")
          .Next("A day is written 2024-01-31 (a month and a year by their first day), a time "
                "2024-01-31T05:00; A..B is from A to B"));
}

Status SelectRange(const Inventory& inventory, const std::string& text, Positions& positions) {
  const ColumnType type = inventory.columns.front().type;
  const size_t dots = text.find("..");
  const std::string ending = dots == std::string::npos ? text : text.substr(dots + 2);
  SALVOR_TRY(const std::string first, EndOfRange(type, text.substr(0, dots), false));
  SALVOR_TRY(const std::string last, EndOfRange(type, ending, true));
  bool any = false;
  for (size_t i = 0; i < inventory.partitions.size(); ++i) {
    const auto& value = inventory.partitions[i].key.values.front();
    if (!value || model::CompareValues(type, value, first) < 0 ||
        model::CompareValues(type, value, last) > 0) {
      continue;
    }
    positions.insert(i);
    any = true;
  }
  if (!any) return NoSuch(text);
  return Done{};
}

Status SelectList(const Inventory& inventory, const std::string& text, Positions& positions) {
  const auto is_plain = [](ColumnType type) {
    return type == ColumnType::kDate || type == ColumnType::kInteger || IsTime(type);
  };
  const bool plain = inventory.columns.size() == 1 && is_plain(inventory.columns.front().type);
  if (!plain) {
    return Fail(Code::kInvalidArgument,
                fmt::format("'{}' names partitions of one date, time or integer column only", text),
                "--partitions",
                "Write a JSON object for each partition, such as "
                R"(--partitions '{"column":"value"}')");
  }
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    SALVOR_OK(SelectRange(inventory, text.substr(at, comma - at), positions));
    at = comma + 1;
  }
  return Done{};
}

}  // namespace

Result<std::vector<PartitionKey>> SelectPartitions(const Inventory& inventory,
                                                   const std::vector<std::string>& texts) {
  Positions positions;
  for (const std::string& text : texts) {
    const bool object = !text.empty() && text.front() == '{';
    SALVOR_OK(object ? SelectObject(inventory, text, positions)
                     : SelectList(inventory, text, positions));
  }
  std::vector<PartitionKey> keys;
  keys.reserve(positions.size());
  for (const size_t position : positions) keys.push_back(inventory.partitions[position].key);
  return keys;
}

}  // namespace salvor::triage
