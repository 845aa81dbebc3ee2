// Functions whose result's type depends on their arguments' types.
#include <algorithm>
#include <map>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/json_shape.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr size_t kMostArguments = 1000;

bool HasAnonymous(const Type& type) {
  return std::any_of(type.fields.begin(), type.fields.end(), [&](const Field& field) {
    return (type.kind == TypeKind::kStruct && field.name.empty()) || HasAnonymous(field.type);
  });
}

bool AllConstant(const std::vector<Typed>& values) {
  return std::all_of(values.begin(), values.end(), [](const Typed& v) { return v.constant; });
}

std::string Joined(const std::vector<Typed>& values, std::string_view between) {
  std::string sql;
  for (const Typed& value : values) sql += (sql.empty() ? "" : std::string(between)) + value.sql;
  return sql;
}

// "(CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE sql END)"
std::string NullIfAnyIs(const std::vector<Typed>& values, const std::string& sql) {
  return "(CASE WHEN " + Joined(values, " IS NULL OR ") + " IS NULL THEN NULL ELSE " + sql +
         " END)";
}

}  // namespace

std::optional<Typed> Analyzer::Special(const Expr& expr, const Place& place) {
  using Handler = Typed (Analyzer::*)(const Expr&, std::vector<Typed>);
  static const std::map<std::string_view, Handler> kHandlers = {
      {"IF", &Analyzer::If},       {"IFNULL", &Analyzer::IfNull},
      {"LEAST", &Analyzer::Least}, {"TO_JSON_STRING", &Analyzer::JsonText},
      {"ERROR", &Analyzer::Raise}, {"GENERATE_ARRAY", &Analyzer::GenerateArray},
  };
  const auto found = kHandlers.find(expr.text);
  if (found == kHandlers.end()) return std::nullopt;
  std::vector<Typed> args = TranslateAll(expr.args, place);
  const bool constant = AllConstant(args) && expr.text != "ERROR";
  Typed value = (this->*found->second)(expr, std::move(args));
  value.constant = constant;
  return value;
}

// The arguments from `from` on, coerced to one type.
Type Analyzer::Unify(const Expr& expr, std::vector<Typed>& args, size_t from) {
  const std::vector<Typed> alike(args.begin() + static_cast<std::ptrdiff_t>(from), args.end());
  const std::optional<Type> type = Supertype(alike);
  if (!type) NoFunction(expr.text, args, expr.offset);
  for (size_t i = from; i < args.size(); ++i) args[i].sql = *Coerce(args[i], *type);
  return *type;
}

Typed Analyzer::If(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 3, 3);
  const std::optional<std::string> condition = Coerce(args[0], Type{TypeKind::kBool, {}});
  if (!condition) NoFunction(expr.text, args, expr.offset);
  const Type type = Unify(expr, args, 1);
  return Typed{
      type, "(CASE WHEN " + *condition + " THEN " + args[1].sql + " ELSE " + args[2].sql + " END)"};
}

Typed Analyzer::IfNull(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 2, 2);
  const Type type = Unify(expr, args, 0);
  return Typed{type, "coalesce(" + Joined(args, ", ") + ")"};
}

Typed Analyzer::Least(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 1, kMostArguments);
  const Type type = Unify(expr, args, 0);
  if (type.kind == TypeKind::kFloat64) NotInSubset(expr.text + " of FLOAT64", expr.offset);
  if (!CompareSql("<", "a", "b", type)) NoFunction(expr.text, args, expr.offset);
  return Typed{type, NullIfAnyIs(args, "least(" + Joined(args, ", ") + ")")};
}

Typed Analyzer::JsonText(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 1, 1);
  if (HasAnonymous(args[0].type)) {
    NotInSubset("TO_JSON_STRING of a STRUCT with anonymous fields", expr.offset);
  }
  const Type text{TypeKind::kString, {}};
  if (args[0].literal == Typed::Literal::kNull) return Typed{text, "'null'"};
  return Typed{text, "bq_json(" + args[0].sql + ", " + QuoteText(JsonShape(args[0].type)) + ")"};
}

Typed Analyzer::Raise(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 1, 1);
  if (args[0].type.kind != TypeKind::kString) NoFunction(expr.text, args, expr.offset);
  Typed value;
  value.literal = Typed::Literal::kError;
  value.text = "bq_error(" + args[0].sql + ")";
  value.sql = "CAST(" + value.text + " AS BIGINT)";
  return value;
}

Typed Analyzer::GenerateArray(const Expr& expr, std::vector<Typed> args) {
  Expects(expr, 2, 3);
  for (const Typed& arg : args) {
    if (arg.type.kind != TypeKind::kInt64) NoFunction(expr.text, args, expr.offset);
  }
  if (args.size() == 2) args.push_back(Typed{Type{}, "CAST(1 AS BIGINT)"});
  return Typed{ArrayOf(Type{}), "bq_generate(" + Joined(args, ", ") + ")"};
}

}  // namespace salvor::testing::bigquery::googlesql
