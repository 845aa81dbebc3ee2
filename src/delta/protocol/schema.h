// A Delta table's schema. Source: PROTOCOL.md, "Schema Serialization Format", "Column Metadata" and
// "Column Mapping".
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

struct Field;

struct DataType {
  enum class Kind { kPrimitive, kStruct, kArray, kMap };
  Kind kind = Kind::kPrimitive;
  // As the schema spells it: "string", "decimal(10,2)", "timestamp_ntz"; also names that salvor
  // does not know: it is the reader's to refuse them.
  std::string primitive;
  std::vector<Field> fields;       // of a struct
  std::vector<DataType> elements;  // the element of an array; the key and the value of a map
  bool elements_nullable = true;   // containsNull, valueContainsNull

  bool operator==(const DataType&) const;
};

struct Field {
  std::string name;           // logical
  std::string physical_name;  // the same without column mapping
  std::optional<int64_t> id;  // delta.columnMapping.id; nothing without column mapping
  DataType type;
  bool nullable = true;
  nlohmann::json metadata;  // an object, everything the schema says of the field

  [[nodiscard]] bool IsIdentity() const;  // delta.identity.*
  bool operator==(const Field&) const = default;
};

enum class MappingMode { kNone, kName, kId };

struct Schema {
  MappingMode mapping = MappingMode::kNone;
  std::vector<Field> fields;
};

// kCorrupt for text that is not a schema (two fields whose names differ by case only, a mapped
// field without its physical name, nesting over 100 levels), kUnsupported for a mapping mode that
// is not known.
Result<Schema> ParseSchema(const Metadata& metadata);

// "struct<a: integer, b: array<string>>", for messages.
std::string FormatType(const DataType& type);

// Precision and scale of "decimal(p,s)"; nothing for other types. kCorrupt if they are out of
// range.
struct DecimalShape {
  int precision = 10;
  int scale = 0;
};
Result<std::optional<DecimalShape>> ParseDecimal(std::string_view primitive);

}  // namespace salvor::delta
