#include <algorithm>
#include <charconv>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/literal.h"
#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

// Struct comparison and renaming repeat their operands' text; nested, that could grow without end.
constexpr size_t kMostSql = 4U << 20U;

}  // namespace

Typed Analyzer::Translate(const Expr& expr, const Place& place) {
  if (place.keys != nullptr && !HasAggregate(expr) && expr.kind != Kind::kName) {
    Place ungrouped = place;
    ungrouped.keys = nullptr;
    ungrouped.aggregates = false;
    try {
      Typed whole = TranslateBare(expr, ungrouped);
      if (whole.constant ||
          std::find(place.keys->begin(), place.keys->end(), whole.sql) != place.keys->end()) {
        return whole;
      }
    } catch (const Refusal&) {  // said again, with its reason, below
    }
  }
  Typed value = TranslateBare(expr, place);
  if (value.sql.size() > kMostSql) Fault("Expression is too complex", expr.offset);
  return value;
}

std::vector<Typed> Analyzer::TranslateAll(const std::vector<ExprPtr>& exprs, const Place& place) {
  std::vector<Typed> all;
  all.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) all.push_back(Translate(*expr, place));
  return all;
}

// A BOOL, "WHERE clause should return type BOOL, but returns INT64".
Typed Analyzer::Condition(const Expr& expr, const Place& place, const std::string& what) {
  const Typed value = Translate(expr, place);
  return CoerceOrFault(value, Type{TypeKind::kBool, {}},
                       what + " should return type BOOL, but returns " + ArgumentName(value),
                       expr.offset);
}

Typed Analyzer::TranslateBare(const Expr& expr, const Place& place) {
  switch (expr.kind) {
    case Kind::kNull:
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kFloat:
    case Kind::kString:
    case Kind::kBytes:
      return Literal(expr);
    case Kind::kTyped:
      return TypedLiteral(expr);
    case Kind::kParameter:
      return FromParameter(expr);
    case Kind::kName:
      return Name(expr, place);
    case Kind::kField:
      return Member(Translate(*expr.args[0], place), expr.text, expr.offset);
    case Kind::kElement:
      return Element(expr, place);
    case Kind::kCall:
      return Call(expr, place);
    case Kind::kCast:
      return Cast(expr, place);
    case Kind::kCase:
      return Case(expr, place);
    case Kind::kArray:
      return ArrayOfElements(expr, place);
    case Kind::kStruct:
      return StructOf(expr, place);
    case Kind::kBetween:
      return Between(expr, place);
    case Kind::kIn:
    case Kind::kInUnnest:
      return In(expr, place);
    case Kind::kInQuery:
      return InQuery(expr, place);
    case Kind::kDistinctFrom:
      return Distinct(expr, place);
    case Kind::kQuery:
    case Kind::kArrayQuery:
    case Kind::kExists:
      return Subquery(expr, place);
    case Kind::kInterval:
      NotInSubset("INTERVAL outside of the date functions", expr.offset);
    case Kind::kDefault:
      Fault("Syntax error: Unexpected keyword DEFAULT", expr.offset);
    default:
      return Binary(expr, place);
  }
}

Typed Analyzer::Literal(const Expr& expr) {
  Typed value;
  value.constant = true;
  value.text = expr.text;
  switch (expr.kind) {
    case Kind::kNull:
      value.literal = Typed::Literal::kNull;
      value.sql = "CAST(NULL AS BIGINT)";
      value.text.clear();
      return value;
    case Kind::kBool:
      value.type.kind = TypeKind::kBool;
      value.sql = expr.text;
      return value;
    case Kind::kInt: {
      const std::optional<int64_t> number = ReadInt64(expr.text);
      if (!number) Fault("Invalid integer literal: " + expr.text, expr.offset);
      value.literal = Typed::Literal::kInt;
      value.text = std::to_string(*number);
      value.sql = "CAST('" + value.text + "' AS BIGINT)";
      return value;
    }
    case Kind::kFloat: {
      const std::optional<double> number = ReadFloat64(expr.text);
      if (!number) Fault("Invalid floating point literal: " + expr.text, expr.offset);
      value.literal = Typed::Literal::kFloat;
      value.type.kind = TypeKind::kFloat64;
      value.sql = "CAST('" + expr.text + "' AS DOUBLE)";
      return value;
    }
    case Kind::kString:
      value.literal = Typed::Literal::kString;
      value.type.kind = TypeKind::kString;
      value.sql = QuoteText(expr.text);
      return value;
    default:
      value.type.kind = TypeKind::kBytes;
      value.sql = QuoteBytes(expr.text);
      return value;
  }
}

Typed Analyzer::TypedLiteral(const Expr& expr) {
  Typed value;
  value.constant = true;
  value.type = expr.type;
  const auto fault = [&] {
    Fault("Invalid " + GoogleSqlName(expr.type) + " literal", expr.offset);
  };
  switch (expr.type.kind) {
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric: {
      const std::optional<Numeric> number = ReadNumeric(expr.text);
      if (!number) fault();
      value.sql = "CAST('" + WriteNumeric(*number) + "' AS DECIMAL(38,9))";
      return value;
    }
    case TypeKind::kJson:
      if (!IsJson(expr.text)) fault();
      value.sql = QuoteText(NormalJson(expr.text));
      return value;
    default:
      break;
  }
  if (!IsValueOf(expr.text, expr.type.kind)) fault();
  value.text = expr.text;
  value.sql = LiteralSql(expr.text, expr.type.kind);
  return value;
}

Typed Analyzer::FromParameter(const Expr& expr) {
  const Parameter* found = nullptr;
  if (expr.text.empty()) {
    size_t position = 0;
    for (const Parameter& parameter : parameters_) {
      if (parameter.name.empty() && position++ == expr.position) found = &parameter;
    }
    if (found == nullptr) Fault("Too few positional query parameters", expr.offset);
  } else {
    for (const Parameter& parameter : parameters_) {
      if (SameName(parameter.name, expr.text)) found = &parameter;
    }
    if (found == nullptr) Fault("Query parameter '" + expr.text + "' not found", expr.offset);
  }
  if (found->type.kind == TypeKind::kStruct) {
    NotInSubset("A query parameter of type STRUCT", expr.offset);
  }
  if (found->type.kind != TypeKind::kArray) {
    return ScalarParameter(*found, found->type, found->value, expr.offset);
  }
  std::string elements;
  for (const std::optional<std::string>& element : found->elements) {
    if (!elements.empty()) elements += ", ";
    elements += ScalarParameter(*found, ElementOf(found->type), element, expr.offset).sql;
  }
  Typed value;
  value.type = found->type;
  value.constant = true;
  value.sql = "CAST([" + elements + "] AS " + DuckName(found->type) + ")";
  return value;
}

// The REST API carries every value as text; TIMESTAMP as a timestamp's text.
Typed Analyzer::ScalarParameter(const Parameter& parameter, const Type& type,
                                const std::optional<std::string>& value, size_t offset) {
  Typed made;
  made.type = type;
  made.constant = true;
  if (!value) {
    made.sql = TypedNull(type);
    return made;
  }
  made.text = *value;
  const auto fault = [&] {
    Fault(
        "Invalid value for query parameter '" + parameter.name + "' of type " + GoogleSqlName(type),
        offset);
  };
  if (!IsUtf8(*value)) fault();
  if (type.kind == TypeKind::kString) {
    made.literal = Typed::Literal::kTextParameter;
    made.sql = QuoteText(*value);
    return made;
  }
  if (type.kind == TypeKind::kBytes) {
    const std::optional<std::string> bytes = ReadBase64(*value);
    if (!bytes) fault();
    made.sql = QuoteBytes(*bytes);
    return made;
  }
  if (type.kind == TypeKind::kJson && IsJson(*value)) {
    made.sql = QuoteText(NormalJson(*value));
    return made;
  }
  if (!IsValueOf(*value, type.kind)) fault();
  made.sql = LiteralSql(*value, type.kind);
  return made;
}

std::string Source::SqlOf(const Visible& column) const {
  const std::string prefix = qualifier.empty() ? "" : qualifier + ".";
  if (!column.of_value) return prefix + column.sql;
  return "struct_extract(" + prefix + value.sql + ", " + column.sql + ")";
}

Typed Analyzer::ColumnOf(Source& source, const Visible& column) {
  if (source.read) {
    std::vector<std::string>& columns = reads_[*source.read].columns;
    if (std::find(columns.begin(), columns.end(), column.name) == columns.end()) {
      columns.push_back(column.name);
    }
  }
  Typed value;
  value.type = column.type;
  value.sql = source.SqlOf(column);
  return value;
}

// A table's alias as a value: a struct of its columns.
Typed Analyzer::RowOf(Source& source) {
  if (source.value_table) return ColumnOf(source, source.value);
  Typed row;
  row.type.kind = TypeKind::kStruct;
  for (const Visible& column : source.columns) {
    row.type.fields.push_back(Field{column.name, column.type});
  }
  for (size_t i = 0; i < source.columns.size(); ++i) {
    row.sql += (i == 0 ? "" : ", ") + QuoteName(DuckFieldName(row.type, i)) +
               " := " + ColumnOf(source, source.columns[i]).sql;
  }
  row.sql = "struct_pack(" + row.sql + ")";
  return row;
}

// The first name of `expr` in this scope alone; `used` says how many of its names that took, `base`
// is the SQL that a GROUP BY key would have.
std::optional<Typed> Analyzer::FindIn(const Scope& scope, const Expr& expr, size_t& used,
                                      const Place& place, std::string& base) {
  const std::string& first = expr.names[0];
  used = 1;
  for (const Source& seen : scope.sources) {
    if (seen.alias.empty() || !SameName(seen.alias, first)) continue;
    auto& source = const_cast<Source&>(seen);
    if (expr.names.size() == 1 || source.value_table) {
      Typed row = RowOf(source);
      base = row.sql;
      return row;
    }
    used = 2;
    const Visible* found = nullptr;
    for (const std::vector<Visible>* list : {&source.columns, &source.pseudo}) {
      for (const Visible& column : *list) {
        if (!SameName(column.name, expr.names[1])) continue;
        if (found != nullptr) Fault("Column name " + expr.names[1] + " is ambiguous", expr.offset);
        found = &column;
      }
    }
    if (found == nullptr) {
      Fault("Name " + expr.names[1] + " not found inside " + source.alias, expr.offset);
    }
    Typed value = ColumnOf(source, *found);
    base = value.sql;
    return value;
  }
  const Starred* found = nullptr;
  for (const Starred& starred : scope.star) {
    if (starred.name.empty() || !SameName(starred.name, first)) continue;
    if (found != nullptr) Fault("Column name " + first + " is ambiguous", expr.offset);
    found = &starred;
  }
  if (found != nullptr) {
    for (const auto& [source, column] : found->merged) ColumnOf(*source, *column);
    Typed value =
        found->source == nullptr ? found->value : ColumnOf(*found->source, *found->column);
    base = value.sql;
    return value;
  }
  for (const Source& seen : scope.sources) {
    for (const Visible& column : seen.pseudo) {
      if (!SameName(column.name, first)) continue;
      Typed value = ColumnOf(const_cast<Source&>(seen), column);
      base = value.sql;
      return value;
    }
  }
  static_cast<void>(place);
  return std::nullopt;
}

Typed Analyzer::Name(const Expr& expr, const Place& place) {
  size_t used = 1;
  std::optional<Typed> value;
  if (place.aliases != nullptr) {
    for (const OutputColumn& column : *place.aliases) {
      if (!SameName(column.name, expr.names[0])) continue;
      if (value && value->sql != column.value.sql) {
        Fault("Column name " + expr.names[0] + " is ambiguous", expr.offset);
      }
      value = column.value;
      if (place.in_aggregate && column.aggregated) {
        Fault("Aggregations of aggregations are not allowed", expr.offset);
      }
    }
  }
  for (const Scope* scope = place.scope; scope != nullptr && !value; scope = scope->parent) {
    std::string base;
    value = FindIn(*scope, expr, used, place, base);
    if (value && scope == place.scope && place.keys != nullptr) {
      Typed whole = *value;
      bool grouped = std::find(place.keys->begin(), place.keys->end(), base) != place.keys->end();
      for (size_t i = used; i < expr.names.size() && !grouped; ++i) {
        whole = Member(whole, expr.names[i], expr.offset);
        grouped = std::find(place.keys->begin(), place.keys->end(), whole.sql) != place.keys->end();
      }
      if (!grouped) {
        Fault(std::string(place.clause) + " expression references column " + expr.names[used - 1] +
                  " which is neither grouped nor aggregated",
              expr.offset);
      }
    }
  }
  if (!value) {
    const auto variable = variables_.find(Upper(expr.names[0]));
    if (variable == variables_.end()) {
      Fault("Unrecognized name: " + expr.names[0], expr.offset);
    }
    value = variable->second;
  }
  for (size_t i = used; i < expr.names.size(); ++i) {
    value = Member(std::move(*value), expr.names[i], expr.offset);
  }
  return *value;
}

Typed Analyzer::Member(Typed value, const std::string& name, size_t offset) {
  if (value.type.kind != TypeKind::kStruct) {
    Fault("Cannot access field " + name + " on a value with type " + GoogleSqlName(value.type),
          offset);
  }
  for (size_t i = 0; i < value.type.fields.size(); ++i) {
    if (!SameName(value.type.fields[i].name, name)) continue;
    Typed member;
    member.type = value.type.fields[i].type;
    member.sql = MemberSql(value.sql, value.type, i);
    member.constant = value.constant;
    return member;
  }
  Fault("Field name " + name + " does not exist in " + GoogleSqlName(value.type), offset);
}

Typed Analyzer::Element(const Expr& expr, const Place& place) {
  const Typed array = Translate(*expr.args[0], place);
  const Typed index = Translate(*expr.args[1], place);
  if (array.type.kind != TypeKind::kArray) {
    Fault("Element access using [] is not supported on values of type " + GoogleSqlName(array.type),
          expr.offset);
  }
  if (index.type.kind != TypeKind::kInt64) {
    Fault(
        "Array position in [] must be coercible to INT64 type, but has type " + ArgumentName(index),
        expr.args[1]->offset);
  }
  const bool ordinal = expr.text == "ORDINAL" || expr.text == "SAFE_ORDINAL";
  const bool safe = expr.text.rfind("SAFE", 0) == 0;
  Typed value;
  value.type = ElementOf(array.type);
  value.constant = array.constant && index.constant;
  value.sql = "list_extract(" + array.sql + ", bq_index(" + index.sql + ", len(" + array.sql +
              "), " + (ordinal ? "1" : "0") + ", " + (safe ? "TRUE" : "FALSE") + "))";
  return value;
}

Typed Analyzer::Case(const Expr& expr, const Place& place) {
  std::vector<Typed> results;
  std::vector<std::string> conditions;
  const size_t first = expr.flag ? 1 : 0;
  std::optional<Typed> operand;
  if (expr.flag) operand = Translate(*expr.args[0], place);
  bool constant = !operand || operand->constant;
  size_t i = first;
  for (; i + 1 < expr.args.size(); i += 2) {
    Typed condition;
    if (operand) {
      condition = Compare("=", *operand, Translate(*expr.args[i], place), expr.args[i]->offset);
    } else {
      condition = Condition(*expr.args[i], place, "CASE condition");
    }
    constant = constant && condition.constant;
    conditions.push_back(condition.sql);
    results.push_back(Translate(*expr.args[i + 1], place));
  }
  const bool otherwise = i < expr.args.size();
  if (otherwise) results.push_back(Translate(*expr.args[i], place));
  const std::optional<Type> type = Supertype(results);
  if (!type) NoOperator("CASE", results, expr.offset);
  Typed value;
  value.type = *type;
  value.sql = "CASE";
  for (size_t k = 0; k < results.size(); ++k) {
    constant = constant && results[k].constant;
    value.sql += k < conditions.size() ? " WHEN " + conditions[k] + " THEN " : " ELSE ";
    value.sql += *Coerce(results[k], *type);
  }
  value.sql = "(" + value.sql + " END)";
  value.constant = constant;
  return value;
}

Typed Analyzer::Cast(const Expr& expr, const Place& place) {
  const Typed from = Translate(*expr.args[0], place);
  std::optional<std::string> sql = CastTo(from, expr.type);
  if (!sql) {
    Fault("Invalid cast from " + ArgumentName(from) + " to " + GoogleSqlName(expr.type),
          expr.args[0]->offset);
  }
  Typed value;
  value.type = expr.type;
  value.constant = from.constant;
  value.sql = std::move(*sql);
  if (from.constant && !expr.flag && expr.type.kind == TypeKind::kTimestamp) value.text = from.text;
  if (expr.flag && value.sql != from.sql) value.sql = "TRY(" + value.sql + ")";
  return value;
}

Typed Analyzer::ArrayOfElements(const Expr& expr, const Place& place) {
  const std::vector<Typed> elements = TranslateAll(expr.args, place);
  Typed array;
  array.constant = std::all_of(elements.begin(), elements.end(),
                               [](const Typed& element) { return element.constant; });
  if (expr.has_type) {
    array.type = expr.type;
  } else if (elements.empty()) {
    array.type = ArrayOf(Type{});
    array.literal = Typed::Literal::kEmptyArray;
    array.sql = "CAST([] AS BIGINT[])";
    return array;
  } else {
    const std::optional<Type> type = Supertype(elements);
    if (!type)
      Fault("Array elements of different types do not have a common supertype", expr.offset);
    if (type->kind == TypeKind::kArray) {
      Fault("Cannot construct array with element type " + GoogleSqlName(*type) +
                " because nested arrays are not supported",
            expr.offset);
    }
    array.type = ArrayOf(*type);
  }
  std::string list;
  for (size_t i = 0; i < elements.size(); ++i) {
    list += (i == 0 ? "" : ", ") +
            CoerceOrFault(elements[i], ElementOf(array.type),
                          "Array element type " + ArgumentName(elements[i]) +
                              " does not coerce to " + GoogleSqlName(ElementOf(array.type)),
                          expr.args[i]->offset)
                .sql;
  }
  array.sql = "CAST([" + list + "] AS " + DuckName(array.type) + ")";
  if (!expr.has_type) array.members = elements;
  return array;
}

Typed Analyzer::StructOf(const Expr& expr, const Place& place) {
  std::vector<Typed> members = TranslateAll(expr.args, place);
  Typed made;
  made.constant = true;
  made.type = expr.type;
  made.type.kind = TypeKind::kStruct;
  if (expr.has_type && expr.type.fields.size() != members.size()) {
    Fault("STRUCT type has " + std::to_string(expr.type.fields.size()) +
              " fields but constructor call has " + std::to_string(members.size()) + " fields",
          expr.offset);
  }
  if (members.empty()) NotInSubset("An empty STRUCT", expr.offset);
  for (size_t i = 0; i < members.size(); ++i) {
    made.constant = made.constant && members[i].constant;
    if (!expr.has_type) {
      made.type.fields.push_back(Field{expr.names[i], members[i].type});
    } else {
      const Type& type = expr.type.fields[i].type;
      members[i] = CoerceOrFault(members[i], type,
                                 "Struct field " + std::to_string(i + 1) + " has type " +
                                     ArgumentName(members[i]) + " which does not coerce to " +
                                     GoogleSqlName(type),
                                 expr.args[i]->offset);
    }
  }
  for (size_t i = 0; i < members.size(); ++i) {
    made.sql +=
        (i == 0 ? "" : ", ") + QuoteName(DuckFieldName(made.type, i)) + " := " + members[i].sql;
  }
  made.sql = "struct_pack(" + made.sql + ")";
  if (!expr.has_type) made.members = std::move(members);
  return made;
}

}  // namespace salvor::testing::bigquery::googlesql
