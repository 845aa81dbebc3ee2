#include "delta/rows/leaf_types.h"

#include <algorithm>
#include <array>

#include "delta/protocol/schema.h"

namespace salvor::delta {

namespace {

struct TypeName {
  std::string_view delta;
  std::string_view sql;
};

// A void column holds nothing but NULL; it is read as the smallest type.
constexpr std::array<TypeName, 13> kTypes = {{
    {"string", "VARCHAR"},
    {"binary", "BLOB"},
    {"boolean", "BOOLEAN"},
    {"byte", "TINYINT"},
    {"short", "SMALLINT"},
    {"integer", "INTEGER"},
    {"long", "BIGINT"},
    {"float", "FLOAT"},
    {"double", "DOUBLE"},
    {"date", "DATE"},
    {"timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"timestamp_ntz", "TIMESTAMP"},
    {"void", "BOOLEAN"},
}};

bool IsOneOf(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool IsSmallInteger(std::string_view type) {
  return IsOneOf(type, {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"});
}

bool IsInteger(std::string_view type) {
  return IsSmallInteger(type) || IsOneOf(type, {"BIGINT", "UINTEGER", "UBIGINT"});
}

bool IsWallClock(std::string_view type) {
  return IsOneOf(type, {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"});
}

// DECIMAL(10,2) into DECIMAL(12,2) or DECIMAL(14,4), and integers: digits on
// both sides of the point only grow. A long may have 19 digits, but Delta
// widens it only where they fit; a value that does not fit is an error of the
// cast.
Result<bool> FitsDecimal(std::string_view primitive, std::string_view file_type) {
  if (IsInteger(file_type)) return true;
  if (!file_type.starts_with("DECIMAL(")) return false;
  SALVOR_TRY(const auto wanted, ParseDecimal(primitive));
  SALVOR_TRY(const auto stored, ParseDecimal("decimal" + std::string(file_type.substr(7))));
  return wanted && stored && stored->scale <= wanted->scale &&
         stored->precision - stored->scale <= wanted->precision - wanted->scale;
}

Result<bool> Keeps(std::string_view primitive, std::string_view file_type) {
  if (IsOneOf(primitive, {"byte", "short", "integer", "long"})) return IsInteger(file_type);
  if (primitive == "float") return IsOneOf(file_type, {"TINYINT", "SMALLINT"});
  if (primitive == "double") return file_type == "FLOAT" || IsSmallInteger(file_type);
  if (primitive == "timestamp") return IsWallClock(file_type);
  if (primitive == "timestamp_ntz") {
    return IsWallClock(file_type) || file_type == "DATE" || file_type == "TIMESTAMP WITH TIME ZONE";
  }
  if (primitive == "string") return IsOneOf(file_type, {"JSON", "ENUM"});
  if (primitive == "void") return true;
  if (primitive.starts_with("decimal")) return FitsDecimal(primitive, file_type);
  return false;
}

}  // namespace

Result<std::string> SqlType(std::string_view primitive) {
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeName& name) { return name.delta == primitive; });
  if (found != kTypes.end()) return std::string(found->sql);
  SALVOR_TRY(const auto decimal, ParseDecimal(primitive));
  if (decimal) {
    return "DECIMAL(" + std::to_string(decimal->precision) + "," + std::to_string(decimal->scale) +
           ")";
  }
  return Fail(Code::kUnsupported, "the type '" + std::string(primitive) + "' is not supported");
}

Result<std::string> CastLeaf(const std::string& value, std::string_view primitive,
                             std::string_view file_type) {
  SALVOR_TRY(const std::string wanted, SqlType(primitive));
  if (file_type == wanted) return value;
  // Old writers did not mark texts as such.
  if (primitive == "string" && file_type == "BLOB") return "decode(" + value + ")";
  if (primitive == "binary" && file_type == "VARCHAR") return "encode(" + value + ")";
  SALVOR_TRY(const bool keeps, Keeps(primitive, file_type));
  if (!keeps) {
    return Fail(Code::kUnsupported, "a file stores " + std::string(file_type) +
                                        " where the table has " + std::string(primitive));
  }
  return "CAST(" + value + " AS " + wanted + ")";
}

}  // namespace salvor::delta
