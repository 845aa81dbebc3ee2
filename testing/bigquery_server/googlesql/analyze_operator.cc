#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

const Type kBoolType{TypeKind::kBool, {}};

Typed Made(TypeKind kind, std::string sql, bool constant = false) {
  Typed value;
  value.type.kind = kind;
  value.sql = std::move(sql);
  value.constant = constant;
  return value;
}

bool AllConstant(const std::vector<Typed>& values) {
  return std::all_of(values.begin(), values.end(), [](const Typed& v) { return v.constant; });
}

std::string Not(bool negated, const std::string& sql) {
  return negated ? "(NOT " + sql + ")" : sql;
}

}  // namespace

void Analyzer::NoOperator(const std::string& op, const std::vector<Typed>& args,
                          size_t offset) const {
  std::string types;
  for (const Typed& arg : args) types += (types.empty() ? "" : ", ") + ArgumentName(arg);
  Fault("No matching signature for operator " + op + " for argument types: " + types, offset);
}

Typed Analyzer::Binary(const Expr& expr, const Place& place) {
  std::vector<Typed> args = TranslateAll(expr.args, place);
  const bool constant = AllConstant(args);
  const auto boolean = [&](const Typed& arg, const std::string& op) {
    const std::optional<std::string> sql = Coerce(arg, kBoolType);
    if (!sql) NoOperator(op, args, expr.offset);
    return *sql;
  };
  switch (expr.kind) {
    case Kind::kAnd:
    case Kind::kOr: {
      const std::string op = expr.kind == Kind::kAnd ? "AND" : "OR";
      std::string sql;
      for (const Typed& arg : args) sql += (sql.empty() ? "" : " " + op + " ") + boolean(arg, op);
      return Made(TypeKind::kBool, "(" + sql + ")", constant);
    }
    case Kind::kNot:
      return Made(TypeKind::kBool, "(NOT " + boolean(args[0], "NOT") + ")", constant);
    case Kind::kIs: {
      if (expr.text != "NULL") boolean(args[0], "IS");
      return Made(TypeKind::kBool,
                  "(" + args[0].sql + " IS " + (expr.flag ? "NOT " : "") + expr.text + ")",
                  constant);
    }
    case Kind::kLike: {
      const Type text{TypeKind::kString, {}};
      const std::optional<std::string> left = Coerce(args[0], text);
      const std::optional<std::string> right = Coerce(args[1], text);
      if (!left || !right) NoOperator("LIKE", args, expr.offset);
      return Made(TypeKind::kBool,
                  Not(expr.flag, "(" + *left + " LIKE " + *right + " ESCAPE '\\')"), constant);
    }
    case Kind::kNegate: {
      if (!IsNumber(args[0].type.kind)) NoOperator("-", args, expr.offset);
      return Made(args[0].type.kind, "(- " + args[0].sql + ")", constant);
    }
    default:
      break;
  }
  if (expr.text == "||") return Concat(expr, std::move(args));
  static const std::set<std::string> kComparisons = {"=", "!=", "<", "<=", ">", ">="};
  if (kComparisons.count(expr.text) > 0) {
    return Compare(expr.text, args[0], args[1], expr.offset);
  }
  return Arithmetic(expr, std::move(args));
}

Typed Analyzer::Arithmetic(const Expr& expr, std::vector<Typed> args) {
  const std::string& op = expr.text;
  const bool constant = AllConstant(args);
  const TypeKind left = args[0].type.kind;
  const TypeKind right = args[1].type.kind;
  const bool day = (op == "+" || op == "-") && left == TypeKind::kDate && right == TypeKind::kInt64;
  if (day) {
    const std::string count = op == "-" ? "(- " + args[1].sql + ")" : args[1].sql;
    return Made(TypeKind::kDate, "bq_date_add(" + args[0].sql + ", " + count + ", 'DAY')",
                constant);
  }
  if (op == "&" || op == "|" || op == "^" || op == "<<" || op == ">>") {
    if (left != TypeKind::kInt64 || right != TypeKind::kInt64) NoOperator(op, args, expr.offset);
    if (op == "<<" || op == ">>") {
      return Made(TypeKind::kInt64,
                  std::string(op == "<<" ? "bq_shift_left(" : "bq_shift_right(") + args[0].sql +
                      ", " + args[1].sql + ")",
                  constant);
    }
    if (op == "^") {
      return Made(TypeKind::kInt64, "xor(" + args[0].sql + ", " + args[1].sql + ")", constant);
    }
    return Made(TypeKind::kInt64, "(" + args[0].sql + " " + op + " " + args[1].sql + ")", constant);
  }
  std::optional<Type> type = Supertype(args);
  if (!type || !IsNumber(type->kind)) NoOperator(op, args, expr.offset);
  if (op == "/" && type->kind == TypeKind::kInt64) type->kind = TypeKind::kFloat64;
  const std::string one = *Coerce(args[0], *type);
  const std::string other = *Coerce(args[1], *type);
  const bool decimal = type->kind == TypeKind::kNumeric || type->kind == TypeKind::kBigNumeric;
  if (op == "/" || decimal || type->kind == TypeKind::kFloat64) {
    const std::string name = op == "+"   ? "add"
                             : op == "-" ? "subtract"
                             : op == "*" ? "multiply"
                                         : "divide";
    return Made(type->kind,
                "bq_" + std::string(decimal ? "numeric_" : "float64_") + name + "(" + one + ", " +
                    other + ")",
                constant);
  }
  return Made(type->kind, "(" + one + " " + op + " " + other + ")", constant);
}

Typed Analyzer::Compare(const std::string& op, const Typed& left, const Typed& right,
                        size_t offset) {
  std::optional<Type> type;
  try {
    type = Supertype({left, right});
  } catch (Refusal& refusal) {
    Fault(refusal.error.what, offset);
  }
  if (!type) NoOperator(op, {left, right}, offset);
  const std::optional<std::string> sql =
      CompareSql(op, *Coerce(left, *type), *Coerce(right, *type), *type);
  if (!sql) {
    if (op == "=" || op == "!=") {
      Fault("Equality is not defined for arguments of type " + GoogleSqlName(*type), offset);
    }
    Fault("Less than is not defined for arguments of type " + GoogleSqlName(*type), offset);
  }
  return Made(TypeKind::kBool, *sql, left.constant && right.constant);
}

// Of texts and what can be cast to one, of bytes, or of arrays.
Typed Analyzer::Concat(const Expr& expr, std::vector<Typed> args) {
  const bool plain = std::any_of(args.begin(), args.end(), [](const Typed& arg) {
    return arg.type.kind == TypeKind::kBytes || arg.type.kind == TypeKind::kArray;
  });
  std::optional<Type> type;
  if (plain) {
    type = Supertype(args);
  } else {
    type = Type{TypeKind::kString, {}};
    for (Typed& arg : args) {
      std::optional<std::string> text = CastTo(arg, *type);
      if (!text) NoOperator("||", args, expr.offset);
      arg.sql = std::move(*text);
      arg.type = *type;
      arg.literal = Typed::Literal::kNone;
    }
  }
  if (!type) NoOperator("||", args, expr.offset);
  std::string all;
  for (const Typed& arg : args) all += (all.empty() ? "(" : " || ") + *Coerce(arg, *type);
  Typed value = Made(type->kind, all + ")", AllConstant(args));
  value.type = *type;
  if (type->kind == TypeKind::kArray) {  // DuckDB's || takes a NULL array for an empty one
    value.sql = "CASE WHEN " + args[0].sql + " IS NULL OR " + args[1].sql +
                " IS NULL THEN NULL ELSE " + value.sql + " END";
  }
  return value;
}

Typed Analyzer::Between(const Expr& expr, const Place& place) {
  const std::vector<Typed> args = TranslateAll(expr.args, place);
  const std::optional<Type> type = Supertype(args);
  if (!type) NoOperator("BETWEEN", args, expr.offset);
  const Typed low = Compare(">=", args[0], args[1], expr.offset);
  const Typed high = Compare("<=", args[0], args[2], expr.offset);
  return Made(TypeKind::kBool, Not(expr.flag, "(" + low.sql + " AND " + high.sql + ")"),
              AllConstant(args));
}

// x IN (a, b) is x = a OR x = b, NULLs and all. DuckDB's own IN says the same of plain types.
Typed Analyzer::In(const Expr& expr, const Place& place) {
  std::vector<Typed> args = TranslateAll(expr.args, place);
  const bool constant = AllConstant(args);
  if (expr.kind == Kind::kInUnnest) {
    if (args[1].type.kind != TypeKind::kArray) {
      Fault("Second argument of IN UNNEST must be an array but was " + ArgumentName(args[1]),
            expr.args[1]->offset);
    }
    Typed element;
    element.type = ElementOf(args[1].type);
    if (args[1].literal == Typed::Literal::kEmptyArray)
      return Made(TypeKind::kBool, Not(expr.flag, "FALSE"), constant);
    element.sql = "_u._e";
    const Typed equal = Compare("=", args[0], element, expr.offset);
    const std::optional<Type> type = Supertype({args[0], element});
    const std::string left = *Coerce(args[0], *type);
    return Made(TypeKind::kBool,
                Not(expr.flag, "(" + left + " IN (SELECT " + *Coerce(element, *type) +
                                   " FROM (SELECT unnest(" + args[1].sql + ") AS _e) AS _u))"),
                constant);
  }
  std::optional<Type> type;
  try {
    type = Supertype(args);
  } catch (Refusal& refusal) {
    Fault(refusal.error.what, expr.offset);
  }
  if (!type) NoOperator("IN", args, expr.offset);
  const bool plain = type->kind != TypeKind::kFloat64 && type->kind != TypeKind::kStruct;
  const std::string left = *Coerce(args[0], *type);
  std::string list;
  for (size_t i = 1; i < args.size(); ++i) {
    const std::string right = *Coerce(args[i], *type);
    const std::optional<std::string> equal = CompareSql("=", left, right, *type);
    if (!equal) NoOperator("IN", args, expr.offset);
    list += (i == 1 ? "" : plain ? ", " : " OR ") + (plain ? right : *equal);
  }
  return Made(TypeKind::kBool,
              Not(expr.flag, plain ? "(" + left + " IN (" + list + "))" : "(" + list + ")"),
              constant);
}

Typed Analyzer::InQuery(const Expr& expr, const Place& place) {
  const Typed left = Translate(*expr.args[0], place);
  Analyzed query = AnalyzeQuery(*expr.query, place.scope, false);
  if (query.columns.size() != 1) {
    Fault("Subquery of type IN must have only one output column", expr.query->offset);
  }
  const Typed& column = query.columns[0].value;
  const std::optional<Type> type = Supertype({left, column});
  if (!type) NoOperator("IN", {left, column}, expr.offset);
  if (!CompareSql("=", left.sql, left.sql, *type)) NoOperator("IN", {left, column}, expr.offset);
  if (type->kind == TypeKind::kStruct) NotInSubset("A STRUCT before IN (SELECT ...)", expr.offset);
  Typed inner = column;
  inner.sql = "_q.\"_c1\"";
  const std::string right = "SELECT " + *Coerce(inner, *type) + " FROM (" + query.sql + ") AS _q";
  return Made(TypeKind::kBool, Not(expr.flag, "(" + *Coerce(left, *type) + " IN (" + right + "))"));
}

Typed Analyzer::Distinct(const Expr& expr, const Place& place) {
  const std::vector<Typed> args = TranslateAll(expr.args, place);
  const std::optional<Type> type = Supertype(args);
  if (!type) NoOperator("IS DISTINCT FROM", args, expr.offset);
  if (type->kind == TypeKind::kJson || type->kind == TypeKind::kArray) {
    NoOperator("IS DISTINCT FROM", args, expr.offset);
  }
  return Made(TypeKind::kBool,
              "(" + *Coerce(args[0], *type) + " IS " + (expr.flag ? "NOT " : "") +
                  "DISTINCT FROM " + *Coerce(args[1], *type) + ")",
              AllConstant(args));
}

Typed Analyzer::Subquery(const Expr& expr, const Place& place) {
  Analyzed query = AnalyzeQuery(*expr.query, place.scope, false);
  if (expr.kind == Kind::kExists) return Made(TypeKind::kBool, "EXISTS (" + query.sql + ")");
  if (query.columns.size() != 1) {
    Fault(std::string(expr.kind == Kind::kQuery ? "Scalar" : "ARRAY") +
              " subquery cannot have more than one column unless using SELECT AS STRUCT to build "
              "STRUCT values",
          expr.query->offset);
  }
  const Typed& column = query.columns[0].value;
  Typed value;
  value.type = column.type;
  value.sql = "(" + query.sql + ")";
  if (expr.kind == Kind::kArrayQuery) {
    if (column.type.kind == TypeKind::kArray) {
      Fault("Cannot use array subquery with column of type " + GoogleSqlName(column.type) +
                " because nested arrays are not supported",
            expr.query->offset);
    }
    value.type = ArrayOf(column.type);
    value.sql = "ARRAY" + value.sql;
  }
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
