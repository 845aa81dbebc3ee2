// An expression that has a type and DuckDB's SQL, and GoogleSQL's rules for going from one type to
// another (the "Conversion rules" page).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

struct Typed {
  // What coerces more freely than a column of its type does.
  enum class Literal { kNone, kNull, kInt, kFloat, kString, kEmptyArray, kTextParameter, kError };

  Type type;
  std::string sql;
  Literal literal = Literal::kNone;
  std::string text = {};  // kInt, kFloat, kString: the value; kError: SQL of a VARCHAR that fails
  bool constant = false;  // refers to no column and holds no query
  std::vector<Typed> members = {};  // of a STRUCT or ARRAY constructor: they coerce one by one
};

// `value` as `to`, if GoogleSQL does that without CAST; throws Refusal where a literal's text is no
// value of the type.
std::optional<std::string> Coerce(const Typed& value, const Type& to);
// The type that all can be coerced to.
std::optional<Type> Supertype(const std::vector<Typed>& values);
// CAST(value AS to); nullopt if there is no such cast. A value that does not fit fails at run time.
std::optional<std::string> CastTo(const Typed& value, const Type& to);

// The SQL of `value` (of `from`) with the struct fields named as in `to`, where the types are the
// same but for names.
std::string Renamed(const std::string& sql, const Type& from, const Type& to);

// Three-valued; `op` is = != < <= > >=. nullopt if the type has no such comparison.
std::optional<std::string> CompareSql(std::string_view op, const std::string& left,
                                      const std::string& right, const Type& type);

// "INT64", and "NULL" for a bare NULL, as error messages have it.
std::string ArgumentName(const Typed& value);

std::string TypedNull(const Type& type);
// struct_extract(sql, 'name') of the member at `index`.
std::string MemberSql(const std::string& sql, const Type& type, size_t index);

}  // namespace salvor::testing::bigquery::googlesql
