// Values of partitions: the canonical text of one is its own, and they are in one order.
#include "delta/protocol/partition_value.h"

#include <nlohmann/json.hpp>

#include "fuzz/input.h"
#include "model/partition.h"

namespace salvor::model {
namespace {

using Value = std::optional<std::string>;

constexpr int kTypes = 9;  // the enumerators of ColumnType

void MustBeAnOrder(ColumnType type, const Value& a, const Value& b, const Value& c) {
  const auto ab = CompareValues(type, a, b);
  const auto bc = CompareValues(type, b, c);
  SALVOR_MUST(CompareValues(type, a, a) == 0);
  SALVOR_MUST((ab < 0) == (CompareValues(type, b, a) > 0));
  if (ab <= 0 && bc <= 0) SALVOR_MUST(CompareValues(type, a, c) <= 0);
  if (ab == 0 && bc == 0) SALVOR_MUST(CompareValues(type, a, c) == 0);
}

// As a log spells it: the value that tells partitions apart is told by its own text, too.
void MustReadAsItself(ColumnType type, uint8_t width, const std::string& logged) {
  const delta::PartitionType of{type, 8 << (width % 4), 1 + width % 38, width % 7};
  const delta::PartitionValue read = delta::ReadPartitionValue(of, logged);
  if (!read.value || read.spark.kind != delta::ReaderView::Kind::kValue) return;
  if (*read.value != read.spark.text) return;
  const delta::PartitionValue again = delta::ReadPartitionValue(of, *read.value);
  SALVOR_MUST(again.value == read.value);
}

void Run(fuzz::Input input) {
  const uint8_t width = input.TakeByte();
  const auto type = static_cast<ColumnType>(input.TakeByte() % kTypes);
  std::vector<Value> values;
  for (int i = 0; i < 3; ++i) {
    const std::string text(input.TakeUntil('|'));
    MustReadAsItself(type, width, text);
    const auto canonical = CanonicalValue(type, text);
    if (canonical) {
      const auto again = CanonicalValue(type, *canonical);
      SALVOR_MUST(again && *again == *canonical);
    }
    values.emplace_back(canonical ? *canonical : text);
  }
  MustBeAnOrder(type, values[0], values[1], values[2]);
  MustBeAnOrder(type, values[0], std::nullopt, values[1]);
  const std::vector<PartitionColumn> columns = {{"c", type}};
  const PartitionKey key{{values[0]}};
  const auto back = KeyFromJson(columns, KeyToJson(columns, key));
  if (CanonicalValue(type, *values[0])) SALVOR_MUST(back && *back == key);
}

}  // namespace
}  // namespace salvor::model

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::model::Run(salvor::fuzz::Input(data, size));
  return 0;
}
