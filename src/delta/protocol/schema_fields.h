// A table's schema as a flat list of fields, for comparing two schemas.
// Source: PROTOCOL.md, "Schema Serialization Format" and "Column Mapping".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

// One field at any depth. An array's elements, a map's keys and its values are fields of their own.
struct SchemaField {
  std::string name;      // for people: "address.street", "tags.element"
  std::string physical;  // what data files call it, with the whole way to it: the field's identity
  std::string type;      // "long", "decimal(10,2)"; "struct", "array", "map" for those
  bool nullable = true;
  std::optional<int64_t> id;  // of column mapping
  std::string invariant;      // the rule's own text, "" where there is none
  std::string generation;
  bool identity = false;
};

// As ParseSchema (schema.h) reads it, with its errors. In the schema's order, outer fields before
// inner ones.
Result<std::vector<SchemaField>> SchemaFields(const Metadata& metadata);

// "none", "name", "id"
std::string MappingModeText(const Metadata& metadata);
bool IsEnabled(const Metadata& metadata, const std::string& property);

}  // namespace salvor::delta
