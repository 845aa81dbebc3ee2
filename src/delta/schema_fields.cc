#include "delta/schema_fields.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

namespace salvor::delta {
namespace {

using nlohmann::json;

constexpr int kDeepest = 100;
// Between the parts of a physical path; a dot may stand in a name.
constexpr char kStep = '\x01';

std::string MetadataText(const json& metadata, const char* key) {
  const auto at = metadata.find(key);
  if (at == metadata.end()) return {};
  return at->is_string() ? at->get<std::string>() : at->dump();
}

class Flattener {
 public:
  explicit Flattener(bool mapped) : mapped_(mapped) {}

  bool Struct(const json& type, const std::string& name, const std::string& physical, int depth) {
    const auto fields = type.find("fields");
    if (fields == type.end() || !fields->is_array() || depth > kDeepest) return false;
    for (const json& field : *fields) {
      if (!Field(field, name, physical, depth)) return false;
    }
    return true;
  }

  std::vector<SchemaField> Take() { return std::move(fields_); }

 private:
  bool Field(const json& field, const std::string& name, const std::string& physical, int depth) {
    if (!field.is_object() || !field.contains("type")) return false;
    const auto own = field.find("name");
    if (own == field.end() || !own->is_string()) return false;
    SchemaField flat;
    const auto own_name = own->get<std::string>();
    std::string own_physical = own_name;
    const auto metadata = field.find("metadata");
    if (metadata != field.end() && metadata->is_object()) {
      if (mapped_) {
        const std::string mapped = MetadataText(*metadata, "delta.columnMapping.physicalName");
        if (!mapped.empty()) own_physical = mapped;
        const auto id = metadata->find("delta.columnMapping.id");
        if (id != metadata->end() && id->is_number_integer()) flat.id = id->get<int64_t>();
      }
      flat.invariant = MetadataText(*metadata, "delta.invariants");
      flat.generation = MetadataText(*metadata, "delta.generationExpression");
      flat.identity = metadata->contains("delta.identity.start");
    }
    flat.name = name.empty() ? own_name : name + "." + own_name;
    flat.physical = physical.empty() ? own_physical : physical + kStep + own_physical;
    const auto nullable = field.find("nullable");
    flat.nullable = nullable == field.end() || !nullable->is_boolean() || nullable->get<bool>();
    return Type(field["type"], std::move(flat), depth + 1);
  }

  bool Type(const json& type, SchemaField flat, int depth) {
    if (type.is_string()) {
      flat.type = type.get<std::string>();
      fields_.push_back(std::move(flat));
      return true;
    }
    if (!type.is_object() || depth > kDeepest) return false;
    const std::string kind = MetadataText(type, "type");
    flat.type = kind;
    const std::string name = flat.name;
    const std::string physical = flat.physical;
    fields_.push_back(std::move(flat));
    if (kind == "struct") return Struct(type, name, physical, depth);
    if (kind == "array") return Inner(type, "elementType", "element", "containsNull", depth);
    if (kind != "map") return false;
    const size_t at = fields_.size() - 1;
    return Inner(type, "keyType", "key", nullptr, depth, at) &&
           Inner(type, "valueType", "value", "valueContainsNull", depth, at);
  }

  bool Inner(const json& type, const char* key, const char* step, const char* nullable, int depth,
             std::optional<size_t> outer = {}) {
    const auto inner = type.find(key);
    if (inner == type.end()) return false;
    const SchemaField& around = fields_[outer.value_or(fields_.size() - 1)];
    SchemaField flat;
    flat.name = around.name + "." + step;
    flat.physical = around.physical + kStep + step;
    // Keys are never NULL, and no schema can say otherwise: nothing to compare.
    const auto may_be_null = nullable == nullptr ? type.end() : type.find(nullable);
    flat.nullable =
        may_be_null == type.end() || !may_be_null->is_boolean() || may_be_null->get<bool>();
    return Type(*inner, std::move(flat), depth + 1);
  }

  bool mapped_;
  std::vector<SchemaField> fields_;
};

}  // namespace

std::string MappingMode(const Metadata& metadata) {
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
  const json schema = json::parse(metadata.schema, nullptr, false);
  Flattener flattener(MappingMode(metadata) != "none");
  if (!schema.is_object() || !flattener.Struct(schema, "", "", 0)) {
    return Fail(Code::kCorrupt, "the table's schema cannot be read", "metaData.schemaString",
                "Look at the table's last metaData action");
  }
  return flattener.Take();
}

}  // namespace salvor::delta
