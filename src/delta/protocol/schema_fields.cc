#include "delta/protocol/schema_fields.h"

#include <utility>

#include "delta/protocol/schema.h"

namespace salvor::delta {
namespace {

// Between the parts of a physical path; a dot may stand in a name.
constexpr char kStep = '\x01';

std::string TextOf(const nlohmann::json& metadata, const char* key) {
  const auto at = metadata.find(key);
  if (at == metadata.end()) return {};
  return at->is_string() ? at->get<std::string>() : at->dump();
}

std::string NameOf(const DataType& type) {
  switch (type.kind) {
    case DataType::Kind::kPrimitive:
      return type.primitive;
    case DataType::Kind::kStruct:
      return "struct";
    case DataType::Kind::kArray:
      return "array";
    case DataType::Kind::kMap:
      break;
  }
  return "map";
}

// Depth is bounded by ParseSchema.
class Flattener {
 public:
  void Fields(const std::vector<Field>& fields, const std::string& name,
              const std::string& physical) {
    for (const Field& field : fields) {
      SchemaField flat;
      flat.name = name.empty() ? field.name : name + "." + field.name;
      flat.physical =
          physical.empty() ? field.physical_name : physical + kStep + field.physical_name;
      flat.nullable = field.nullable;
      flat.id = field.id;
      flat.invariant = TextOf(field.metadata, "delta.invariants");
      flat.generation = TextOf(field.metadata, "delta.generationExpression");
      flat.identity = field.IsIdentity();
      Add(field.type, std::move(flat));
    }
  }

  std::vector<SchemaField> Take() { return std::move(fields_); }

 private:
  void Add(const DataType& type, SchemaField flat) {
    flat.type = NameOf(type);
    const std::string name = flat.name;
    const std::string physical = flat.physical;
    fields_.push_back(std::move(flat));
    Fields(type.fields, name, physical);
    // Keys are never NULL, and no schema can say otherwise: nothing to compare.
    const auto inner = [&](size_t element, const char* step, bool nullable) {
      SchemaField within;
      within.name = name + "." + step;
      within.physical = physical + kStep + step;
      within.nullable = nullable;
      Add(type.elements.at(element), std::move(within));
    };
    if (type.kind == DataType::Kind::kArray) inner(0, "element", type.elements_nullable);
    if (type.kind == DataType::Kind::kMap) {
      inner(0, "key", true);
      inner(1, "value", type.elements_nullable);
    }
  }

  std::vector<SchemaField> fields_;
};

}  // namespace

std::string MappingModeText(const Metadata& metadata) {
  return metadata.Property("delta.columnMapping.mode").value_or("none");
}

bool IsEnabled(const Metadata& metadata, const std::string& property) {
  std::string value = metadata.Property(property).value_or("false");
  for (char& c : value) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return value == "true";
}

Result<std::vector<SchemaField>> SchemaFields(const Metadata& metadata) {
  SALVOR_TRY(const Schema schema, ParseSchema(metadata));
  Flattener flattener;
  flattener.Fields(schema.fields, "", "");
  return flattener.Take();
}

}  // namespace salvor::delta
