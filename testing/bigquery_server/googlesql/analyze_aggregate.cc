#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr auto kAggregates = std::to_array<std::string_view>(
    {"COUNT", "COUNT(*)", "COUNTIF", "SUM", "MIN", "MAX", "AVG", "ANY_VALUE", "BIT_XOR", "BIT_AND",
     "BIT_OR", "ARRAY_AGG", "STRING_AGG", "LOGICAL_AND", "LOGICAL_OR", "ARRAY_CONCAT_AGG",
     "APPROX_COUNT_DISTINCT"});

bool IsDecimal(TypeKind kind) {
  return kind == TypeKind::kNumeric || kind == TypeKind::kBigNumeric;
}

// BigQuery's SUM fails where DuckDB's widens to HUGEINT or ends in an infinity.
std::string SumSql(TypeKind kind, const std::string& sum, const std::string& has_infinity) {
  if (kind == TypeKind::kInt64) return "bq_int64_sum(" + sum + ")";
  if (kind != TypeKind::kFloat64) return sum;
  return "(CASE WHEN isinf(" + sum + ") AND NOT " + has_infinity +
         " THEN CAST(bq_error('double overflow') AS DOUBLE) ELSE " + sum + " END)";
}

std::string DecimalMeanSql(const std::string& sum, const std::string& count) {
  return "(CASE WHEN " + count + " > 0 THEN bq_numeric_divide(" + sum + ", CAST(" + count +
         " AS DECIMAL(38,9))) END)";
}

}  // namespace

bool Analyzer::IsAggregate(std::string_view name) {
  return std::find(kAggregates.begin(), kAggregates.end(), name) != kAggregates.end();
}

// An aggregate of this query: not one in a subquery, nor one with OVER (but in its arguments).
bool Analyzer::HasAggregate(const Expr& expr) {
  if (expr.kind == Expr::Kind::kCall && IsAggregate(expr.text) && !(expr.tail && expr.tail->over)) {
    return true;
  }
  const auto has = [](const ExprPtr& one) { return HasAggregate(*one); };
  if (std::any_of(expr.args.begin(), expr.args.end(), has)) return true;
  if (!expr.tail || !expr.tail->over) return false;
  const Window& over = *expr.tail->over;
  return std::any_of(over.partition_by.begin(), over.partition_by.end(), has) ||
         std::any_of(over.order_by.begin(), over.order_by.end(),
                     [](const OrderItem& item) { return HasAggregate(*item.expr); });
}

// One ORDER BY key: NULLs come first when ascending; then NaN, which DuckDB has at the other end.
std::string Analyzer::OrderKey(const Typed& value, const OrderItem& item) const {
  const TypeKind kind = value.type.kind;
  if (kind == TypeKind::kArray || kind == TypeKind::kStruct || kind == TypeKind::kJson) {
    Fault("ORDER BY does not support expressions of type " + GoogleSqlName(value.type),
          item.expr->offset);
  }
  const std::string direction = item.descending ? " DESC" : " ASC";
  const bool first = item.nulls_first.value_or(!item.descending);
  const std::string tail = direction + (first ? " NULLS FIRST" : " NULLS LAST");
  if (kind != TypeKind::kFloat64) return value.sql + tail;
  return "(CASE WHEN isnan(" + value.sql + ") THEN 0 WHEN " + value.sql +
         " IS NOT NULL THEN 1 END)" + tail + ", " + value.sql + tail;
}

std::string Analyzer::OrderSql(const std::vector<OrderItem>& order, const Place& place) {
  std::string sql;
  for (const OrderItem& item : order) {
    sql += (sql.empty() ? "ORDER BY " : ", ") + OrderKey(Translate(*item.expr, place), item);
  }
  return sql;
}

std::string Analyzer::OverSql(const Expr& expr, const Place& place) {
  if (!expr.tail || !expr.tail->over) return {};
  Place inner = place;
  inner.windows = false;
  const Window& over = *expr.tail->over;
  std::string sql;
  for (const ExprPtr& key : over.partition_by) {
    const Typed value = Translate(*key, inner);
    if (value.type.kind == TypeKind::kFloat64 || value.type.kind == TypeKind::kJson ||
        value.type.kind == TypeKind::kArray || value.type.kind == TypeKind::kStruct) {
      Fault("Partitioning by expressions of type " + GoogleSqlName(value.type) + " is not allowed",
            key->offset);
    }
    sql += (sql.empty() ? "PARTITION BY " : ", ") + value.sql;
  }
  sql += (sql.empty() ? "" : " ") + OrderSql(over.order_by, inner);
  if (!over.frame.empty()) sql += " " + over.frame;
  return " OVER (" + sql + ")";
}

Typed Analyzer::WindowOnly(const Expr& expr, const Place& place) {
  if (!place.windows) {
    Fault("Analytic function not allowed in " + std::string(place.clause), expr.offset);
  }
  Place inner = place;
  inner.windows = false;
  const std::string& name = expr.text;
  const std::vector<Typed> args = TranslateAll(expr.args, inner);
  Typed value;
  std::string call;
  if (name == "ROW_NUMBER" || name == "RANK" || name == "DENSE_RANK") {
    Expects(expr, 0, 0);
    if (name != "ROW_NUMBER" && expr.tail->over->order_by.empty()) {
      Fault("Window ORDER BY is required for analytic function " + name, expr.offset);
    }
    call = name + "()";
  } else if (name == "LAG" || name == "LEAD") {
    Expects(expr, 1, 3);
    value.type = args[0].type;
    call = name + "(" + args[0].sql;
    if (args.size() > 1) call += ", " + args[1].sql;
    if (args.size() > 2) {
      call +=
          ", " + CoerceOrFault(args[2], args[0].type, "Wrong default for " + name, expr.offset).sql;
    }
    call += ")";
  } else if (name == "FIRST_VALUE" || name == "LAST_VALUE") {
    Expects(expr, 1, 1);
    value.type = args[0].type;
    call = name + "(" + args[0].sql +
           (expr.tail->ignore_nulls.value_or(false) ? " IGNORE NULLS)" : ")");
  } else {
    Plain(name, args, expr.offset);  // says so if it is unknown
    Fault("Function " + name + " does not support an OVER clause", expr.offset);
  }
  value.sql = call + OverSql(expr, place);
  return value;
}

Typed Analyzer::Aggregate(const Expr& expr, const Place& place) {
  const bool over = expr.tail && expr.tail->over;
  if (over ? !place.windows : !place.aggregates) {
    Fault((over ? "Analytic function " : "Aggregate function ") +
              (expr.text == "COUNT(*)" ? "COUNT" : expr.text) + " not allowed in " +
              std::string(place.clause),
          expr.offset);
  }
  Place inner = place;
  inner.windows = false;
  if (!over) {
    inner.aggregates = false;
    inner.keys = nullptr;
    inner.in_aggregate = true;
    inner.clause = "aggregate function's argument";
  }
  const std::vector<Typed> args = TranslateAll(expr.args, inner);
  const bool listed = expr.text == "ARRAY_AGG" || expr.text == "STRING_AGG";
  if (!listed && expr.tail &&
      (!expr.tail->order_by.empty() || expr.tail->limit || expr.tail->ignore_nulls)) {
    Fault(expr.text + " does not support ORDER BY, LIMIT or IGNORE NULLS in its arguments",
          expr.offset);
  }
  const std::string order = expr.tail ? OrderSql(expr.tail->order_by, inner) : "";
  return AggregateBody(expr, args, OverSql(expr, place), order, inner);
}

Typed Analyzer::AggregateBody(const Expr& expr, const std::vector<Typed>& args,
                              const std::string& tail, const std::string& order,
                              const Place& inner) {
  static_cast<void>(inner);
  const std::string& name = expr.text;
  Typed value;
  if (name == "COUNT(*)") {
    value.sql = "count(*)" + tail;
    return value;
  }
  Expects(expr, 1, name == "STRING_AGG" ? 2 : 1);
  const Typed& arg = args[0];
  const TypeKind kind = arg.type.kind;
  const bool distinct = expr.tail && expr.tail->distinct;
  if (distinct &&
      (kind == TypeKind::kArray || kind == TypeKind::kStruct || kind == TypeKind::kJson)) {
    Fault("Aggregate functions with DISTINCT cannot be used with arguments of type " +
              GoogleSqlName(arg.type),
          expr.offset);
  }
  const std::string argument = (distinct ? "DISTINCT " : "") + arg.sql;
  const auto call = [&](std::string_view function) {
    return std::string(function) + "(" + argument + ")" + tail;
  };
  const bool whole = kind == TypeKind::kInt64;
  if (name == "COUNT" || name == "APPROX_COUNT_DISTINCT") {
    value.sql = name == "COUNT" ? call("count") : "count(DISTINCT " + arg.sql + ")" + tail;
  } else if (name == "COUNTIF") {
    if (kind != TypeKind::kBool) NoFunction(name, args, expr.offset);
    if (distinct) NotInSubset("COUNTIF(DISTINCT)", expr.offset);
    value.sql = "count(CASE WHEN " + arg.sql + " THEN 1 END)" + tail;
  } else if (name == "SUM") {
    if (!IsNumber(kind)) NoFunction(name, args, expr.offset);
    value.type = arg.type;
    value.sql = SumSql(kind, call("sum"), "bool_or(isinf(" + arg.sql + "))" + tail);
  } else if (name == "AVG") {
    if (!IsNumber(kind)) NoFunction(name, args, expr.offset);
    value.type.kind = IsDecimal(kind) ? kind : TypeKind::kFloat64;
    value.sql = IsDecimal(kind) ? DecimalMeanSql(call("sum"), call("count")) : call("avg");
  } else if (name == "MIN" || name == "MAX") {
    if (!CompareSql("<", "a", "b", arg.type)) NoFunction(name, args, expr.offset);
    value.type = arg.type;
    value.sql = call(name == "MIN" ? "min" : "max");
    if (kind == TypeKind::kFloat64) {  // any NaN makes it NaN
      value.sql = "(CASE WHEN bool_or(isnan(" + arg.sql + "))" + tail +
                  " THEN CAST('nan' AS DOUBLE) ELSE " + value.sql + " END)";
    }
  } else if (name == "ANY_VALUE") {
    value.type = arg.type;
    value.sql = call("any_value");
  } else if (name == "BIT_XOR" || name == "BIT_AND" || name == "BIT_OR") {
    if (!whole) NoFunction(name, args, expr.offset);
    value.sql = call(name == "BIT_XOR" ? "bit_xor" : name == "BIT_AND" ? "bit_and" : "bit_or");
  } else if (name == "LOGICAL_AND" || name == "LOGICAL_OR") {
    if (kind != TypeKind::kBool) NoFunction(name, args, expr.offset);
    value.type.kind = TypeKind::kBool;
    value.sql = call(name == "LOGICAL_AND" ? "bool_and" : "bool_or");
  } else if (name == "STRING_AGG") {
    if (kind != TypeKind::kString || (args.size() > 1 && args[1].type.kind != TypeKind::kString)) {
      NoFunction(name, args, expr.offset);
    }
    value.type.kind = TypeKind::kString;
    if (expr.tail->limit) NotInSubset("STRING_AGG with LIMIT", expr.offset);
    value.sql = "string_agg(" + argument + ", " + (args.size() > 1 ? args[1].sql : "','") +
                (order.empty() ? "" : " " + order) + ")" + tail;
  } else if (name == "ARRAY_AGG") {
    return ArrayAgg(expr, arg, tail, order);
  } else {
    NotInSubset("Function " + name, expr.offset);
  }
  return value;
}

Typed Analyzer::ArrayAgg(const Expr& expr, const Typed& arg, const std::string& tail,
                         const std::string& order) {
  if (arg.type.kind == TypeKind::kArray) {
    Fault("The argument to ARRAY_AGG must not be an array type but was " + GoogleSqlName(arg.type),
          expr.offset);
  }
  Typed value;
  value.type = ArrayOf(arg.type);
  value.sql = std::string("list(") + (expr.tail->distinct ? "DISTINCT " : "") + arg.sql +
              (order.empty() ? "" : " " + order) + ")";
  if (expr.tail->ignore_nulls.value_or(false)) {
    value.sql += " FILTER (WHERE " + arg.sql + " IS NOT NULL)";
  }
  value.sql += tail;
  if (expr.tail->limit) {
    if (expr.tail->limit->kind != Expr::Kind::kInt) {
      NotInSubset("ARRAY_AGG with a LIMIT that is no literal", expr.offset);
    }
    if (Literal(*expr.tail->limit).text == "0") NotInSubset("ARRAY_AGG with LIMIT 0", expr.offset);
    value.sql = "list_slice(" + value.sql + ", 1, " + Literal(*expr.tail->limit).sql + ")";
  }
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
