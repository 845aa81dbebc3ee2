// Names and literals as DuckDB reads them, and types as either side spells them.
#pragma once

#include <string>
#include <string_view>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

// "a""b" and 'it''s', safe for any text; a NUL becomes chr(0).
std::string QuoteName(std::string_view name);
std::string QuoteText(std::string_view text);
std::string QuoteBytes(std::string_view bytes);

// ASCII only, as GoogleSQL folds keywords and column names.
std::string Upper(std::string_view text);
bool SameName(std::string_view one, std::string_view other);

bool IsNumber(TypeKind kind);
// Equal but for the names of struct fields.
bool SameType(const Type& one, const Type& other);
const Type& ElementOf(const Type& array);
Type ArrayOf(Type element);
// The struct member's name in DuckDB: its own, "_field_1" where it has none or it was had before.
std::string DuckFieldName(const Type& type, size_t index);

// "INT64" and so on, of a type without fields; false if there is none of that name.
bool ScalarTypeOfName(std::string_view name, TypeKind& kind);
std::string_view KindName(TypeKind kind);

bool IsUtf8(std::string_view text);

}  // namespace salvor::testing::bigquery::googlesql
