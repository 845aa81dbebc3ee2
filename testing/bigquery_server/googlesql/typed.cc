#include "testing/bigquery_server/googlesql/typed.h"

#include <utility>

#include "testing/bigquery_server/googlesql/literal.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Literal = Typed::Literal;

bool SameNames(const Type& one, const Type& other) {
  for (size_t i = 0; i < one.fields.size(); ++i) {
    if (one.kind == TypeKind::kStruct && DuckFieldName(one, i) != DuckFieldName(other, i)) {
      return false;
    }
    if (!SameNames(one.fields[i].type, other.fields[i].type)) return false;
  }
  return true;
}

std::string Call(std::string_view function, const std::string& argument) {
  return std::string(function) + "(" + argument + ")";
}

std::string CastSql(const std::string& sql, const Type& to) {
  return "CAST(" + sql + " AS " + DuckName(to) + ")";
}

bool IsText(const Typed& value) {
  return value.literal == Literal::kString || value.literal == Literal::kTextParameter;
}

bool IsTemporal(TypeKind kind) {
  return kind == TypeKind::kDate || kind == TypeKind::kDatetime || kind == TypeKind::kTime ||
         kind == TypeKind::kTimestamp;
}

// How far up INT64 -> NUMERIC -> BIGNUMERIC -> FLOAT64 a number stands.
int Rank(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt64:
      return 1;
    case TypeKind::kNumeric:
      return 2;
    case TypeKind::kBigNumeric:
      return 3;
    case TypeKind::kFloat64:
      return 4;
    default:
      return 0;
  }
}

// The function of functions_*.cc that reads a text as `kind`.
std::string_view TextReader(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt64:
      return "bq_text_int64";
    case TypeKind::kFloat64:
      return "bq_text_float64";
    case TypeKind::kBool:
      return "bq_text_bool";
    case TypeKind::kDate:
      return "bq_text_date";
    case TypeKind::kDatetime:
      return "bq_text_datetime";
    case TypeKind::kTime:
      return "bq_text_time";
    case TypeKind::kTimestamp:
      return "bq_text_timestamp";
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      return "bq_text_numeric";
    case TypeKind::kBytes:
      return "encode";
    default:
      return {};
  }
}

std::string_view TextWriter(TypeKind kind) {
  switch (kind) {
    case TypeKind::kFloat64:
      return "bq_float64_text";
    case TypeKind::kDate:
      return "bq_date_text";
    case TypeKind::kDatetime:
      return "bq_datetime_text";
    case TypeKind::kTime:
      return "bq_time_text";
    case TypeKind::kTimestamp:
      return "bq_timestamp_text";
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      return "bq_numeric_text";
    case TypeKind::kBytes:
      return "bq_bytes_text";
    default:
      return {};
  }
}

std::optional<std::string> CastScalar(const std::string& sql, const Type& from, const Type& to) {
  const TypeKind kind = to.kind;
  if (from.kind == TypeKind::kString) {
    const std::string_view reader = TextReader(kind);
    if (reader.empty()) return std::nullopt;
    return Call(reader, sql);
  }
  if (kind == TypeKind::kString) {
    const std::string_view writer = TextWriter(from.kind);
    if (!writer.empty()) return Call(writer, sql);
    if (from.kind == TypeKind::kInt64 || from.kind == TypeKind::kBool) return CastSql(sql, to);
    return std::nullopt;
  }
  if (IsNumber(from.kind) && IsNumber(kind)) {
    if (from.kind == TypeKind::kFloat64 && kind == TypeKind::kInt64) {
      return Call("bq_float64_int64", sql);
    }
    if (from.kind == TypeKind::kFloat64) return Call("bq_float64_numeric", sql);
    if (kind == TypeKind::kFloat64 && from.kind != TypeKind::kInt64) {
      return Call("bq_numeric_float64", sql);
    }
    return CastSql(sql, to);
  }
  if ((from.kind == TypeKind::kBool && kind == TypeKind::kInt64) ||
      (from.kind == TypeKind::kInt64 && kind == TypeKind::kBool)) {
    return CastSql(sql, to);
  }
  if (!IsTemporal(from.kind) || !IsTemporal(kind)) return std::nullopt;
  if (from.kind == TypeKind::kDate && kind == TypeKind::kDatetime) return CastSql(sql, to);
  if (from.kind == TypeKind::kDate && kind == TypeKind::kTimestamp) {
    return "bq_zoned(CAST(" + sql + " AS TIMESTAMP), 'UTC')";
  }
  if (from.kind == TypeKind::kDatetime && kind == TypeKind::kTimestamp) {
    return "bq_zoned(" + sql + ", 'UTC')";
  }
  std::string wall = sql;
  if (from.kind == TypeKind::kTimestamp) wall = "bq_wall(" + sql + ", 'UTC')";
  if (from.kind == TypeKind::kDate || from.kind == TypeKind::kTime) return std::nullopt;
  return kind == TypeKind::kDatetime ? wall : CastSql(wall, to);
}

std::optional<std::string> CoerceScalar(const Typed& value, const Type& to) {
  const TypeKind from = value.type.kind;
  if (Rank(from) > 0 && Rank(to.kind) > Rank(from)) return CastScalar(value.sql, value.type, to);
  if (from == TypeKind::kDate && to.kind == TypeKind::kDatetime) return CastSql(value.sql, to);
  if (value.literal == Literal::kFloat && Rank(to.kind) >= 2) {
    return CastSql(QuoteText(value.text), to);
  }
  if (!IsText(value) || !IsTemporal(to.kind)) return std::nullopt;
  if (value.literal == Literal::kString && !IsValueOf(value.text, to.kind)) {
    Refuse("Could not cast literal " + QuoteWithDouble(value.text) + " to type " +
           GoogleSqlName(to));
  }
  return CastScalar(value.sql, value.type, to);
}

std::optional<std::string> CoerceMembers(const Typed& value, const Type& to) {
  const bool array = to.kind == TypeKind::kArray;
  if (!array && value.members.size() != to.fields.size()) return std::nullopt;
  std::string made;
  for (size_t i = 0; i < value.members.size(); ++i) {
    const std::optional<std::string> member =
        Coerce(value.members[i], array ? ElementOf(to) : to.fields[i].type);
    if (!member) return std::nullopt;
    made +=
        (i == 0 ? "" : ", ") + (array ? "" : QuoteName(DuckFieldName(to, i)) + " := ") + *member;
  }
  return array ? CastSql("[" + made + "]", to) : "struct_pack(" + made + ")";
}

}  // namespace

std::string TypedNull(const Type& type) { return CastSql("NULL", type); }

std::string MemberSql(const std::string& sql, const Type& type, size_t index) {
  return "struct_extract(" + sql + ", " + QuoteText(DuckFieldName(type, index)) + ")";
}

std::string ArgumentName(const Typed& value) {
  return value.literal == Literal::kNull ? "NULL" : GoogleSqlName(value.type);
}

std::string Renamed(const std::string& sql, const Type& from, const Type& to) {
  if (SameNames(from, to)) return sql;
  if (from.kind == TypeKind::kArray) {
    return "list_transform(" + sql +
           ", lambda _e: " + Renamed("_e", ElementOf(from), ElementOf(to)) + ")";
  }
  std::string made;
  for (size_t i = 0; i < from.fields.size(); ++i) {
    made += (i == 0 ? "" : ", ") + QuoteName(DuckFieldName(to, i)) +
            " := " + Renamed(MemberSql(sql, from, i), from.fields[i].type, to.fields[i].type);
  }
  return "CASE WHEN " + sql + " IS NULL THEN NULL ELSE struct_pack(" + made + ") END";
}

std::optional<std::string> Coerce(const Typed& value, const Type& to) {
  if (value.literal == Literal::kNull) return TypedNull(to);
  if (value.literal == Literal::kError) return CastSql(value.text, to);
  if (value.literal == Literal::kEmptyArray && to.kind == TypeKind::kArray) {
    return CastSql("[]", to);
  }
  if (SameType(value.type, to)) return Renamed(value.sql, value.type, to);
  if (!value.members.empty() && value.type.kind == to.kind) return CoerceMembers(value, to);
  if (value.type.kind == TypeKind::kStruct && to.kind == TypeKind::kStruct &&
      value.type.fields.size() == to.fields.size()) {
    std::string made;
    for (size_t i = 0; i < to.fields.size(); ++i) {
      const Typed member{value.type.fields[i].type, MemberSql(value.sql, value.type, i)};
      const std::optional<std::string> coerced = Coerce(member, to.fields[i].type);
      if (!coerced) return std::nullopt;
      made += (i == 0 ? "" : ", ") + QuoteName(DuckFieldName(to, i)) + " := " + *coerced;
    }
    return "CASE WHEN " + value.sql + " IS NULL THEN NULL ELSE struct_pack(" + made + ") END";
  }
  return CoerceScalar(value, to);
}

std::optional<Type> Supertype(const std::vector<Typed>& values) {
  const Typed* best = nullptr;
  const auto yields = [](const Typed& value) {  // a literal's type bows to a column's
    return value.literal == Literal::kNull || value.literal == Literal::kError ? 0
           : value.literal == Literal::kEmptyArray                             ? 1
           : value.literal == Literal::kNone                                   ? 3
                                                                               : 2;
  };
  const auto reaches = [](const Typed& value, const Type& to) {
    return Coerce(value, to).has_value();
  };
  for (const Typed& value : values) {
    if (best == nullptr || yields(value) > yields(*best)) best = &value;
  }
  if (best == nullptr) return std::nullopt;
  Type type = best->type;
  for (const Typed& value : values) {
    if (!reaches(value, type)) {
      Typed held{type, best->sql, best->literal, best->text};
      if (!reaches(held, value.type)) return std::nullopt;
      type = value.type;
      best = &value;
    }
  }
  for (const Typed& value : values) {
    if (!reaches(value, type)) return std::nullopt;
  }
  return type;
}

std::optional<std::string> CastTo(const Typed& value, const Type& to) {
  if (value.literal == Literal::kNull) return TypedNull(to);
  if (SameType(value.type, to) || value.literal == Literal::kEmptyArray) return Coerce(value, to);
  const bool nested = value.type.kind == TypeKind::kStruct || value.type.kind == TypeKind::kArray;
  if (nested) return Coerce(value, to);
  return CastScalar(value.sql, value.type, to);
}

std::optional<std::string> CompareSql(std::string_view op, const std::string& left,
                                      const std::string& right, const Type& type) {
  if (type.kind == TypeKind::kArray || type.kind == TypeKind::kJson) return std::nullopt;
  if (type.kind == TypeKind::kFloat64) {
    const std::string_view name = op == "="    ? "bq_float64_eq"
                                  : op == "!=" ? "bq_float64_ne"
                                  : op == "<"  ? "bq_float64_lt"
                                  : op == "<=" ? "bq_float64_le"
                                  : op == ">"  ? "bq_float64_gt"
                                               : "bq_float64_ge";
    return std::string(name) + "(" + left + ", " + right + ")";
  }
  if (type.kind != TypeKind::kStruct) {
    return "(" + left + " " + std::string(op) + " " + right + ")";
  }
  if (op != "=" && op != "!=") return std::nullopt;
  std::string all = "TRUE";
  for (size_t i = 0; i < type.fields.size(); ++i) {
    const std::optional<std::string> one =
        CompareSql("=", MemberSql(left, type, i), MemberSql(right, type, i), type.fields[i].type);
    if (!one) return std::nullopt;
    all += " AND " + *one;
  }
  const std::string absent = "WHEN (" + left + ") IS NULL OR (" + right + ") IS NULL THEN NULL";
  return (op == "=" ? "(CASE " : "(NOT CASE ") + absent + " ELSE (" + all + ") END)";
}

}  // namespace salvor::testing::bigquery::googlesql
