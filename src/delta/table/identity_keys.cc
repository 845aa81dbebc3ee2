#include "delta/table/identity_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "delta/protocol/json.h"
#include "delta/protocol/json_members.h"
#include "delta/protocol/schema.h"

namespace salvor::delta {
namespace {

using nlohmann::json;

std::optional<int64_t> Whole(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<int64_t>();
}

// How far an identity column has counted.
struct Counter {
  bool upwards = true;
  std::optional<int64_t> mark;  // the last key that was given out

  // True if a key that `other` has given out would be given out again.
  [[nodiscard]] bool IsBehind(const Counter& other) const {
    if (!other.mark) return false;
    return !mark || (upwards ? *mark < *other.mark : *mark > *other.mark);
  }
};

std::optional<Counter> CounterOf(const Schema& schema, const std::string& physical) {
  for (const Field& field : schema.fields) {
    if (field.physical_name != physical || !field.IsIdentity()) continue;
    return Counter{Whole(field.metadata, "delta.identity.step").value_or(1) > 0,
                   Whole(field.metadata, "delta.identity.highWaterMark")};
  }
  return std::nullopt;
}

struct Span {
  int64_t low = 0;
  int64_t high = 0;
};

std::optional<Span> KeysIn(const AddFile& file, const std::string& physical) {
  const auto quoted = MemberText(file.raw, "stats");
  const json text = quoted ? json::parse(*quoted, nullptr, false) : json();
  if (!text.is_string()) return std::nullopt;
  const auto stats = ParseJsonObject(text.get_ref<const std::string&>());
  if (!stats) return std::nullopt;
  const auto bound = [&](const char* name) {
    const auto values = stats->find(name);
    return values == stats->end() ? std::nullopt : Whole(*values, physical.c_str());
  };
  const auto low = bound("minValues");
  const auto high = bound("maxValues");
  if (!low || !high || *low > *high) return std::nullopt;
  return Span{*low, *high};
}

// Whole numbers from `low` to `high`, but not more than `most`.
int64_t AtMost(int64_t most, int64_t low, int64_t high) {
  if (low > high) return 0;
  const uint64_t between = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  return between < static_cast<uint64_t>(most) ? static_cast<int64_t>(between) + 1 : most;
}

// Keys of the rows that come back.
struct Keys {
  int64_t given_out = 0;  // since the column began anew, at most
  int64_t to_come = 0;    // that it will give out again, at most
  int64_t unknown = 0;    // rows of files that do not tell

  void Take(const AddFile& file, const std::string& physical, const Counter& counter) {
    const int64_t rows = file.LiveRows().value_or(0);
    const auto span = KeysIn(file, physical);
    if (!span || !file.LiveRows()) {
      unknown += std::max<int64_t>(rows, 1);
      return;
    }
    if (!counter.mark) {
      to_come += rows;
      return;
    }
    const auto [low, high] = *span;
    const int64_t mark = *counter.mark;
    if (counter.upwards) {
      given_out += AtMost(rows, low, std::min(high, mark));
      if (high > mark) to_come += AtMost(rows, std::max(low, mark + 1), high);
    } else {
      given_out += AtMost(rows, std::max(low, mark), high);
      if (low < mark) to_come += AtMost(rows, low, std::min(high, mark - 1));
    }
  }
};

std::string Twice(const Field& column, const Counter& now, const Keys& keys, bool anew) {
  std::string text = fmt::format("The column '{}' is an identity column{}", column.name,
                                 anew ? " that began to count anew" : "");
  text += now.mark ? fmt::format("; it stands at {}: ", *now.mark)
                   : std::string("; it has given out no key since: ");
  if (keys.unknown > 0) {
    return text +
           "keys may be there twice, and their files do not tell how many. Nothing in Delta keeps "
           "them apart.";
  }
  text += fmt::format("up to {} of the rows that come back have keys that were given out again",
                      FormatCount(keys.given_out));
  return text + fmt::format(
                    ", and up to {} have keys that will be: these stand there twice then. "
                    "Nothing in Delta keeps them apart.",
                    FormatCount(keys.to_come));
}

Result<bool> BeganAnew(const std::vector<Metadata>& past, const std::string& physical,
                       const Counter& now) {
  std::optional<Counter> furthest;
  for (const Metadata& metadata : past) {
    SALVOR_TRY(const Schema schema, ParseSchema(metadata));
    const auto then = CounterOf(schema, physical);
    if (furthest && (!then || then->IsBehind(*furthest))) return true;
    if (then) furthest = then;
  }
  return furthest && now.IsBehind(*furthest);
}

}  // namespace

Result<std::vector<std::string>> IdentityWarnings(const Metadata& today,
                                                  const std::vector<Metadata>& past,
                                                  const std::vector<const AddFile*>& restored) {
  std::vector<std::string> warnings;
  SALVOR_TRY(const Schema schema, ParseSchema(today));
  for (const Field& column : schema.fields) {
    const auto now = CounterOf(schema, column.physical_name);
    if (!now) continue;
    SALVOR_TRY(const bool anew, BeganAnew(past, column.physical_name, *now));
    Keys keys;
    for (const AddFile* file : restored) keys.Take(*file, column.physical_name, *now);
    if (anew || (now->mark && keys.to_come > 0)) {
      warnings.push_back(Twice(column, *now, keys, anew));
    } else {
      warnings.push_back(fmt::format(
          "The column '{}' is an identity column: old values come back, its next value stays.",
          column.name));
    }
  }
  return warnings;
}

}  // namespace salvor::delta
