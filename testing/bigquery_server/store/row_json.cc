#include "testing/bigquery_server/store/row_json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/store/base64.h"

namespace salvor::testing::bigquery {

using delta::QuoteLiteral;

namespace {

Error Unconvertible(const std::string& path, std::string_view to) {
  return ApiError("invalid",
                  "Could not convert value of field " + path + " to " + std::string(to) + ".");
}

// \xAB for every byte: as DuckDB casts text to BLOB.
std::string HexEscaped(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  return text;
}

Result<Json> ScalarLeaf(const Type& type, const Json& value, const std::string& path) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  switch (type.kind) {
    case TypeKind::kInt64:
      if (!ParseNumber(text)) return Fail(Unconvertible(path, "integer"));
      return Json(text);
    case TypeKind::kBool: {
      const std::string lower = LowerCase(text);
      if (lower != "true" && lower != "false") return Fail(Unconvertible(path, "boolean"));
      return Json(lower);
    }
    case TypeKind::kBytes: {
      const auto bytes = DecodeBase64(text);
      if (!value.is_string() || !bytes) return Fail(Unconvertible(path, "bytes"));
      return Json(HexEscaped(*bytes));
    }
    case TypeKind::kTimestamp:
      // Seconds since 1970, as a number or its text.
      if (text.find_first_not_of("-0123456789.eE+") == std::string::npos &&
          text.find('-', 1) == std::string::npos) {
        return Json(fmt::format("{}", FormatInstant(InstantOfMillis(std::llround(
                                          std::strtod(text.c_str(), nullptr) * 1000)))));
      }
      return Json(text);
    case TypeKind::kJson:
      return Json(value.dump());
    case TypeKind::kString:
      if (value.is_structured()) return Fail(Unconvertible(path, "string"));
      return Json(text);
    default:
      if (value.is_structured() || value.is_boolean()) {
        return Fail(Unconvertible(path, GoogleSqlName(type)));
      }
      return Json(text);
  }
}

Result<Json> Leaf(const Type& type, const Json& value, const std::string& path, bool ignore);

Result<Json> StructLeaf(const Type& type, const Json& value, const std::string& path, bool ignore) {
  if (!value.is_object()) return Fail(Unconvertible(path, "record"));
  Json placed = Json::object();
  for (const Field& member : type.fields) placed[member.name] = nullptr;
  for (const auto& [name, inner] : value.items()) {
    const Field* found = nullptr;
    for (const Field& member : type.fields) {
      if (SameText(member.name, name)) found = &member;
    }
    if (found == nullptr && ignore) continue;
    if (found == nullptr) return Refuse("invalid", "no such field: " + path + "." + name + ".");
    SALVOR_TRY(placed[found->name], Leaf(found->type, inner, path + "." + name, ignore));
  }
  return placed;
}

Result<Json> Leaf(const Type& type, const Json& value, const std::string& path, bool ignore) {
  if (type.kind == TypeKind::kArray) {
    Json list = Json::array();
    if (value.is_null()) return list;
    if (!value.is_array()) {
      return Refuse("invalid",
                    "Repeated field must be imported as a JSON array. Field: " + path + ".");
    }
    for (const Json& element : value) {
      if (element.is_null())
        return Refuse("invalid", "Field " + path + " may hold no NULL element.");
      SALVOR_TRY(Json inner, Leaf(type.fields.front().type, element, path, ignore));
      list.push_back(std::move(inner));
    }
    return list;
  }
  if (value.is_null()) return Json(nullptr);
  if (type.kind == TypeKind::kStruct) return StructLeaf(type, value, path, ignore);
  return ScalarLeaf(type, value, path);
}

// The shape of a placed value, for json_transform.
Json ShapeOf(const Type& type) {
  if (type.kind == TypeKind::kArray) return Json::array({ShapeOf(type.fields.front().type)});
  if (type.kind != TypeKind::kStruct) return "VARCHAR";
  Json shape = Json::object();
  for (const Field& member : type.fields) shape[member.name] = ShapeOf(member.type);
  return shape;
}

std::string Place(size_t i) { return "v" + std::to_string(i); }

}  // namespace

Result<Json> PlacedRow(const std::vector<Column>& columns, const Json& row, bool ignore_unknown) {
  if (!row.is_object()) return Refuse("invalid", "A row must be a JSON object.");
  Json placed = Json::object();
  for (const auto& [name, value] : row.items()) {
    bool known = false;
    for (size_t i = 0; i < columns.size() && !known; ++i) {
      if (!SameText(columns[i].field.name, name)) continue;
      known = true;
      SALVOR_TRY(placed[Place(i)],
                 Leaf(columns[i].field.type, value, columns[i].field.name, ignore_unknown));
    }
    if (!known && !ignore_unknown) return Refuse("invalid", "no such field: " + name + ".");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool absent = !placed.contains(Place(i)) || placed[Place(i)].is_null();
    if (absent && columns[i].field.required) {
      return Refuse("invalid", "Missing required field: " + columns[i].field.name + ".");
    }
    if (absent && columns[i].field.type.kind == TypeKind::kArray) placed[Place(i)] = Json::array();
  }
  return placed;
}

std::string SelectOfRows(const std::vector<Column>& columns, const std::vector<Json>& rows) {
  Json shape = Json::object();
  std::string values;
  for (size_t i = 0; i < columns.size(); ++i) {
    shape[Place(i)] = ShapeOf(columns[i].field.type);
    values += (i == 0 ? "CAST(x." : ", CAST(x.") + Place(i) + " AS " +
              DuckName(columns[i].field.type) + ")";
  }
  const std::string bytes = Json(rows).dump(-1, ' ', false, Json::error_handler_t::replace);
  return "SELECT " + values + " FROM (SELECT unnest(json_transform(" + QuoteLiteral(bytes) + ", " +
         QuoteLiteral(Json::array({shape}).dump()) + ")) AS x)";
}

}  // namespace salvor::testing::bigquery
