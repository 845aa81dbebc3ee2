#include "delta/protocol/schema.h"

#include <charconv>
#include <set>
#include <utility>

#include "base/strings.h"

namespace salvor::delta {

namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 100;

Error Corrupt(std::string what, const std::string& where) {
  return Error{Code::kCorrupt, "the table's schema: " + std::move(what),
               where.empty() ? "schemaString" : "schemaString, column " + where,
               "Look at the metaData action of this version"};
}

const Json* Member(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

Result<bool> Flag(const Json& object, const char* name, const std::string& where) {
  const Json* flag = Member(object, name);
  if (flag == nullptr) return true;
  if (!flag->is_boolean()) return Fail(Corrupt(std::string(name) + " is not a boolean", where));
  return flag->get<bool>();
}

class Parser {
 public:
  explicit Parser(MappingMode mapping) : mapping_(mapping) {}

  Result<std::vector<Field>> Fields(const Json& type, const std::string& where, int depth) {
    const Json* list = Member(type, "fields");
    if (list == nullptr || !list->is_array())
      return Fail(Corrupt("a struct without fields", where));
    std::vector<Field> fields;
    std::set<std::string> names;
    for (const Json& item : *list) {
      SALVOR_TRY(Field field, OneField(item, where, depth));
      if (!names.insert(LowerCase(field.name)).second) {
        return Fail(Corrupt("two columns of one name", where + field.name));
      }
      fields.push_back(std::move(field));
    }
    return fields;
  }

 private:
  Result<Field> OneField(const Json& item, const std::string& where, int depth) {
    const Json* name = Member(item, "name");
    const Json* type = Member(item, "type");
    if (name == nullptr || !name->is_string() || type == nullptr) {
      return Fail(Corrupt("a field without a name or a type", where));
    }
    Field field;
    field.name = name->get<std::string>();
    const std::string place = where + field.name;
    SALVOR_TRY(field.nullable, Flag(item, "nullable", place));
    const Json* metadata = Member(item, "metadata");
    field.metadata = metadata != nullptr && metadata->is_object() ? *metadata : Json::object();
    SALVOR_OK(Map(field, place));
    SALVOR_TRY(field.type, Type(*type, place, depth));
    return field;
  }

  Status Map(Field& field, const std::string& place) const {
    field.physical_name = field.name;
    if (mapping_ == MappingMode::kNone) return Done{};
    const Json* physical = Member(field.metadata, "delta.columnMapping.physicalName");
    const Json* id = Member(field.metadata, "delta.columnMapping.id");
    if (physical == nullptr || !physical->is_string()) {
      return Fail(Corrupt("column mapping without a physical name", place));
    }
    field.physical_name = physical->get<std::string>();
    if (id != nullptr && id->is_number_integer()) field.id = id->get<int64_t>();
    if (mapping_ == MappingMode::kId && !field.id) {
      return Fail(Corrupt("column mapping by id without an id", place));
    }
    return Done{};
  }

  Result<DataType> Type(const Json& json, const std::string& where, int depth) {
    if (depth > kMaxDepth) return Fail(Corrupt("nested too deeply", where));
    DataType type;
    if (json.is_string()) {
      type.primitive = json.get<std::string>();
      return type;
    }
    const Json* name = Member(json, "type");
    const std::string kind = name != nullptr && name->is_string() ? name->get<std::string>() : "";
    if (kind == "struct") {
      type.kind = DataType::Kind::kStruct;
      SALVOR_TRY(type.fields, Fields(json, where + ".", depth + 1));
      return type;
    }
    if (kind == "array") {
      type.kind = DataType::Kind::kArray;
      SALVOR_TRY(type.elements_nullable, Flag(json, "containsNull", where));
      SALVOR_OK(Element(json, "elementType", where + ".element", depth, type));
      return type;
    }
    if (kind == "map") {
      type.kind = DataType::Kind::kMap;
      SALVOR_TRY(type.elements_nullable, Flag(json, "valueContainsNull", where));
      SALVOR_OK(Element(json, "keyType", where + ".key", depth, type));
      SALVOR_OK(Element(json, "valueType", where + ".value", depth, type));
      return type;
    }
    return Fail(Corrupt("this is not a type", where));
  }

  Status Element(const Json& json, const char* member, const std::string& where, int depth,
                 DataType& type) {
    const Json* element = Member(json, member);
    if (element == nullptr) return Fail(Corrupt(std::string(member) + " is missing", where));
    SALVOR_TRY(DataType parsed, Type(*element, where, depth + 1));
    type.elements.push_back(std::move(parsed));
    return Done{};
  }

  MappingMode mapping_;
};

Result<MappingMode> ModeOf(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.columnMapping.mode");
  if (found == metadata.configuration.end() || found->second == "none") return MappingMode::kNone;
  if (found->second == "name") return MappingMode::kName;
  if (found->second == "id") return MappingMode::kId;
  return Fail(Code::kUnsupported, "column mapping mode '" + found->second + "'",
              "delta.columnMapping.mode", "Use a salvor that knows it");
}

}  // namespace

bool DataType::operator==(const DataType& other) const {
  return kind == other.kind && primitive == other.primitive && fields == other.fields &&
         elements == other.elements && elements_nullable == other.elements_nullable;
}

bool Field::IsIdentity() const {
  for (const auto& item : metadata.items()) {
    if (item.key().starts_with("delta.identity.")) return true;
  }
  return false;
}

Result<Schema> ParseSchema(const Metadata& metadata) {
  Schema schema;
  SALVOR_TRY(schema.mapping, ModeOf(metadata));
  const Json json = Json::parse(metadata.schema, nullptr, false);
  if (json.is_discarded()) return Fail(Corrupt("no JSON", ""));
  SALVOR_TRY(schema.fields, Parser(schema.mapping).Fields(json, "", 0));
  return schema;
}

std::string FormatType(const DataType& type) {
  switch (type.kind) {
    case DataType::Kind::kPrimitive:
      return type.primitive;
    case DataType::Kind::kArray:
      return "array<" + FormatType(type.elements[0]) + ">";
    case DataType::Kind::kMap:
      return "map<" + FormatType(type.elements[0]) + ", " + FormatType(type.elements[1]) + ">";
    case DataType::Kind::kStruct:
      break;
  }
  std::string text = "struct<";
  for (const Field& field : type.fields) {
    if (text.size() > 7) text += ", ";
    text += field.name + ": " + FormatType(field.type);
  }
  return text + ">";
}

Result<std::optional<DecimalShape>> ParseDecimal(std::string_view primitive) {
  if (primitive == "decimal") return DecimalShape{};
  if (!primitive.starts_with("decimal(") || !primitive.ends_with(")")) return std::nullopt;
  std::string digits;
  for (const char c : primitive.substr(8, primitive.size() - 9)) {
    if (c != ' ') digits += c;
  }
  DecimalShape shape;
  const char* end = digits.data() + digits.size();
  const auto precision = std::from_chars(digits.data(), end, shape.precision);
  const bool comma = precision.ec == std::errc() && precision.ptr != end && *precision.ptr == ',';
  const auto scale = std::from_chars(comma ? precision.ptr + 1 : end, end, shape.scale);
  if (!comma || scale.ec != std::errc() || scale.ptr != end || shape.precision < 1 ||
      shape.precision > 38 || shape.scale < 0 || shape.scale > shape.precision) {
    return Fail(Code::kCorrupt, "the type '" + std::string(primitive) + "' is not a decimal");
  }
  return shape;
}

}  // namespace salvor::delta
