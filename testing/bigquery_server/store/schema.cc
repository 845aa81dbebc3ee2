#include "testing/bigquery_server/store/schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int kDeepest = 15;
constexpr size_t kLongestName = 300;

struct TypeName {
  std::string_view name;  // the first of a kind is how REST answers
  TypeKind kind;
};
constexpr std::array<TypeName, 20> kTypeNames = {{
    {"INTEGER", TypeKind::kInt64},
    {"INT64", TypeKind::kInt64},
    {"FLOAT", TypeKind::kFloat64},
    {"FLOAT64", TypeKind::kFloat64},
    {"BOOLEAN", TypeKind::kBool},
    {"BOOL", TypeKind::kBool},
    {"STRING", TypeKind::kString},
    {"BYTES", TypeKind::kBytes},
    {"DATE", TypeKind::kDate},
    {"DATETIME", TypeKind::kDatetime},
    {"TIME", TypeKind::kTime},
    {"TIMESTAMP", TypeKind::kTimestamp},
    {"NUMERIC", TypeKind::kNumeric},
    {"DECIMAL", TypeKind::kNumeric},
    {"BIGNUMERIC", TypeKind::kBigNumeric},
    {"BIGDECIMAL", TypeKind::kBigNumeric},
    {"JSON", TypeKind::kJson},
    {"RECORD", TypeKind::kStruct},
    {"STRUCT", TypeKind::kStruct},
    {"ARRAY", TypeKind::kArray},
}};

std::optional<TypeKind> KindOf(std::string_view name) {
  for (const TypeName& known : kTypeNames) {
    if (SameText(known.name, name)) return known.kind;
  }
  return std::nullopt;
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) { return c != '\0' && c != '`'; });
}

Result<Field> ParseField(const Json& json, int depth);

Result<std::vector<Field>> ParseFields(const Json& fields, int depth) {
  if (!fields.is_array()) return Refuse("invalid", "A schema's fields must be a list");
  std::vector<Field> parsed;
  std::set<std::string> names;
  for (const Json& one : fields) {
    SALVOR_TRY(Field field, ParseField(one, depth));
    if (!names.insert(LowerCase(field.name)).second) {
      return Refuse("invalid", "Field " + field.name + " already exists in schema");
    }
    parsed.push_back(std::move(field));
  }
  return parsed;
}

Result<Field> ParseField(const Json& json, int depth) {
  if (!json.is_object()) return Refuse("invalid", "A field of a schema must be an object");
  if (depth > kDeepest) return Refuse("invalid", "A schema may be nested 15 levels deep");
  SALVOR_OK(RefuseUnknown(
      json,
      {"name", "type", "mode", "fields", "description", "policyTags", "dataPolicies", "maxLength",
       "precision", "scale", "defaultValueExpression", "collation", "roundingMode"},
      "schema.fields"));
  Field field;
  field.name = TextAt(json, "name");
  if (!IsName(field.name)) return Refuse("invalid", "Invalid field name \"" + field.name + "\"");
  const std::string type = TextAt(json, "type");
  const auto kind = KindOf(type);
  if (!kind || *kind == TypeKind::kArray) {
    return Refuse("invalid", "Invalid value for type: " + type + " is not a valid value");
  }
  Type scalar{*kind, {}};
  if (*kind == TypeKind::kStruct) {
    const Json* fields = Find(json, "fields");
    if (fields == nullptr || fields->empty()) {
      return Refuse("invalid", "Field " + field.name + " is type RECORD but has no schema");
    }
    SALVOR_TRY(scalar.fields, ParseFields(*fields, depth + 1));
  }
  const std::string mode = LowerCase(TextAt(json, "mode", "NULLABLE"));
  if (mode == "repeated") {
    field.type.kind = TypeKind::kArray;
    field.type.fields = {Field{"", std::move(scalar), false, ""}};
  } else if (mode == "required" || mode == "nullable") {
    field.type = std::move(scalar);
    field.required = mode == "required";
  } else {
    return Refuse("invalid", "Invalid value for mode: " + mode + " is not a valid value");
  }
  field.description = TextAt(json, "description");
  return field;
}

std::string_view RestName(TypeKind kind) {
  for (const TypeName& known : kTypeNames) {
    if (known.kind == kind) return known.name;
  }
  return "STRING";
}

// Spellings as REST answers them: INTEGER for INT64, a mode for every field.
Json Normalised(const Json& given, const Field& field) {
  Json resource = FieldResource(field);
  for (const auto& [name, value] : given.items()) {
    if (name == "type" || name == "mode" || name == "fields" || value.is_null()) continue;
    resource[name] = value;
  }
  const Type& type =
      field.type.kind == TypeKind::kArray ? field.type.fields.front().type : field.type;
  const Json* fields = Find(given, "fields");
  if (type.kind == TypeKind::kStruct && fields != nullptr) {
    for (size_t i = 0; i < type.fields.size(); ++i) {
      resource["fields"][i] = Normalised((*fields)[i], type.fields[i]);
    }
  }
  return resource;
}

bool SameType(const Type& one, const Type& other) {
  if (one.kind != other.kind || one.fields.size() != other.fields.size()) return false;
  for (size_t i = 0; i < one.fields.size(); ++i) {
    const Field& a = one.fields[i];
    const Field& b = other.fields[i];
    if (!SameText(a.name, b.name) || a.required != b.required || !SameType(a.type, b.type)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool SameText(std::string_view one, std::string_view other) {
  return one.size() == other.size() && LowerCase(one) == LowerCase(other);
}

Result<std::vector<Column>> ParseSchema(const Json& schema) {
  SALVOR_OK(RefuseUnknown(schema, {"fields", "foreignTypeInfo"}, "schema"));
  const Json* fields = Find(schema, "fields");
  if (fields == nullptr) return std::vector<Column>{};
  SALVOR_TRY(const std::vector<Field> parsed, ParseFields(*fields, 1));
  std::vector<Column> columns;
  for (size_t i = 0; i < parsed.size(); ++i) {
    columns.push_back({parsed[i], Normalised((*fields)[i], parsed[i]), static_cast<int64_t>(i)});
  }
  return columns;
}

Column ColumnOf(const Field& field) { return {field, FieldResource(field), 0}; }

Json SchemaResource(const std::vector<Column>& columns) {
  Json fields = Json::array();
  for (const Column& column : columns) fields.push_back(column.resource);
  return {{"fields", std::move(fields)}};
}

Json FieldResource(const Field& field) {
  const bool repeated = field.type.kind == TypeKind::kArray;
  const Type& type = repeated ? field.type.fields.front().type : field.type;
  Json resource = {{"name", field.name},
                   {"type", RestName(type.kind)},
                   {"mode", repeated ? "REPEATED" : (field.required ? "REQUIRED" : "NULLABLE")}};
  if (!field.description.empty()) resource["description"] = field.description;
  if (type.kind == TypeKind::kStruct) {
    resource["fields"] = Json::array();
    for (const Field& member : type.fields) resource["fields"].push_back(FieldResource(member));
  }
  return resource;
}

const Column* FindColumn(const std::vector<Column>& columns, std::string_view name) {
  for (const Column& column : columns) {
    if (SameText(column.field.name, name)) return &column;
  }
  return nullptr;
}

bool SameSchema(const std::vector<Column>& one, const std::vector<Column>& other) {
  if (one.size() != other.size()) return false;
  for (size_t i = 0; i < one.size(); ++i) {
    const Field& a = one[i].field;
    const Field& b = other[i].field;
    if (!SameText(a.name, b.name) || a.required != b.required || !SameType(a.type, b.type)) {
      return false;
    }
  }
  return true;
}

bool SamePhysicalSchema(const std::vector<Column>& one, const std::vector<Column>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const Column& a, const Column& b) { return a.physical == b.physical; });
}

Result<Type> ParseParameterType(const Json& type) {
  const auto kind = KindOf(TextAt(type, "type"));
  if (!kind || *kind == TypeKind::kStruct) {
    return Refuse("invalid", "Unsupported query parameter type " + TextAt(type, "type"));
  }
  Type parsed{*kind, {}};
  if (*kind == TypeKind::kArray) {
    const Json* element = Find(type, "arrayType");
    if (element == nullptr) return Refuse("invalid", "An ARRAY parameter needs its arrayType");
    SALVOR_TRY(Type inner, ParseParameterType(*element));
    if (inner.kind == TypeKind::kArray) return Refuse("invalid", "No ARRAY of ARRAY");
    parsed.fields = {Field{"", std::move(inner), false, ""}};
  }
  return parsed;
}

}  // namespace salvor::testing::bigquery
