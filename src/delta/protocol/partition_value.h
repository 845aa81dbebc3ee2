// What the text of one partition value means to the readers of a table. They were tried:
// Spark 4.0.1 with Delta 4.0.0 (a cast in its session's zone, taken as UTC here), delta-rs 1.6.6
// and delta-kernel 0.21 in DuckDB 1.5.5. Source of the format: PROTOCOL.md, "Partition Value
// Serialization".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/partition.h"

namespace salvor::delta {

// Sorted by name.
using PartitionValues = std::vector<std::pair<std::string, std::optional<std::string>>>;

// A partition column's type, as far as it decides what a text means.
struct PartitionType {
  model::ColumnType type = model::ColumnType::kString;
  int bits = 64;  // of an integer or a floating number
  int precision = 38;
  int scale = 0;

  bool operator==(const PartitionType&) const = default;
};

// What one reader makes of a text: a value in canonical text, NULL, or an error, which is the whole
// table's.
struct ReaderView {
  enum class Kind { kValue, kNull, kError };
  Kind kind = Kind::kNull;
  std::string text;

  static ReaderView Of(std::optional<std::string> value) {
    if (!value) return {};
    return {Kind::kValue, *std::move(value)};
  }
  static ReaderView Error() { return {Kind::kError, {}}; }
  bool operator==(const ReaderView&) const = default;
};

struct PartitionValue {
  // What tells partitions apart, in canonical text. Nothing is NULL. What no reader takes for a
  // value of the type stands as it is spelled, so that it is a partition of its own.
  std::optional<std::string> value;
  ReaderView spark;
  ReaderView kernel;  // DuckDB's
  ReaderView delta_rs;

  // PartitionValuesPool that are one value for some readers only, or one that depends on the
  // reader.
  bool negative_zero = false;
  bool positive_zero = false;
  bool with_zone = false;     // of a timestamp
  bool without_zone = false;  // Spark reads it in its session's zone, the others as UTC

  [[nodiscard]] bool IsAgreed() const { return spark == kernel && spark == delta_rs; }
  // DuckDB and delta-rs cannot open the table while a file has it.
  [[nodiscard]] bool BreaksReaders() const { return kernel.kind == ReaderView::Kind::kError; }
};

// Nothing logged is NULL; so is "" of every type but string.
PartitionValue ReadPartitionValue(const PartitionType& type,
                                  const std::optional<std::string>& logged);

// The parts of it. What Spark reads, and what the other two do.
struct ParsedValue {
  ReaderView spark;
  ReaderView others;
};
ParsedValue ReadDate(std::string_view text);
struct ParsedTime : ParsedValue {
  ReaderView kernel;  // DuckDB leaves an offset out of account
  bool says_zone = false;
};
ParsedTime ReadTimestamp(std::string_view text);
ParsedTime ReadTimestampNtz(std::string_view text);

// Without what Spark trims before it casts: blanks and control characters.
std::string_view SparkTrimmed(std::string_view text);

}  // namespace salvor::delta
