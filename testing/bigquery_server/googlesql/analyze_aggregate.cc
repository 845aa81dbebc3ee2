#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr auto kAggregates =
    std::to_array<std::string_view>({"COUNT", "COUNT(*)", "SUM", "MIN", "MAX", "BIT_XOR"});

// BigQuery's SUM fails where DuckDB's widens to HUGEINT or ends in an infinity.
std::string SumSql(TypeKind kind, const std::string& sum, const std::string& has_infinity) {
  if (kind == TypeKind::kInt64) return "bq_int64_sum(" + sum + ")";
  if (kind != TypeKind::kFloat64) return sum;
  return "(CASE WHEN isinf(" + sum + ") AND NOT " + has_infinity +
         " THEN CAST(bq_error('double overflow') AS DOUBLE) ELSE " + sum + " END)";
}

}  // namespace

bool Analyzer::IsAggregate(std::string_view name) {
  return std::find(kAggregates.begin(), kAggregates.end(), name) != kAggregates.end();
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

// An aggregate of this query: not one in a subquery.
bool Analyzer::HasAggregate(const Expr& expr) {
  if (expr.kind == Expr::Kind::kCall && IsAggregate(expr.text)) return true;
  return std::any_of(expr.args.begin(), expr.args.end(),
                     [](const ExprPtr& one) { return HasAggregate(*one); });
}

Typed Analyzer::Aggregate(const Expr& expr, const Place& place) {
  if (!place.aggregates) {
    Fault("Aggregate function " + (expr.text == "COUNT(*)" ? "COUNT" : expr.text) +
              " not allowed in " + std::string(place.clause),
          expr.offset);
  }
  Place inner = place;
  inner.aggregates = false;
  inner.keys = nullptr;
  inner.in_aggregate = true;
  inner.clause = "aggregate function's argument";
  const std::vector<Typed> args = TranslateAll(expr.args, inner);
  const std::string& name = expr.text;
  Typed value;
  if (name == "COUNT(*)") {
    value.sql = "count(*)";
    return value;
  }
  Expects(expr, 1, 1);
  const Typed& arg = args[0];
  const TypeKind kind = arg.type.kind;
  const bool distinct = expr.distinct;
  if (distinct &&
      (kind == TypeKind::kArray || kind == TypeKind::kStruct || kind == TypeKind::kJson)) {
    Fault("Aggregate functions with DISTINCT cannot be used with arguments of type " +
              GoogleSqlName(arg.type),
          expr.offset);
  }
  const std::string argument = "(" + std::string(distinct ? "DISTINCT " : "") + arg.sql + ")";
  if (name == "COUNT") {
    value.sql = "count" + argument;
  } else if (name == "SUM") {
    if (!IsNumber(kind)) NoFunction(name, args, expr.offset);
    value.type = arg.type;
    value.sql = SumSql(kind, "sum" + argument, "bool_or(isinf(" + arg.sql + "))");
  } else if (name == "MIN" || name == "MAX") {
    if (!CompareSql("<", "a", "b", arg.type)) NoFunction(name, args, expr.offset);
    value.type = arg.type;
    value.sql = (name == "MIN" ? "min" : "max") + argument;
    if (kind == TypeKind::kFloat64) {  // any NaN makes it NaN
      value.sql = "(CASE WHEN bool_or(isnan(" + arg.sql + ")) THEN CAST('nan' AS DOUBLE) ELSE " +
                  value.sql + " END)";
    }
  } else {
    if (kind != TypeKind::kInt64) NoFunction(name, args, expr.offset);
    value.sql = "bit_xor" + argument;
  }
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
