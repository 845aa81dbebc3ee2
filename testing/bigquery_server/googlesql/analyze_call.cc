#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

// A function's arguments and result by letter, those after '|' may be missing, and its DuckDB SQL
// with $1, $2 ... for the arguments. Of rows with one name the first that the arguments fit is
// taken. I INT64, F FLOAT64, L BOOL, S STRING, B BYTES, D DATE, W DATETIME, C TIME, T TIMESTAMP, N
// NUMERIC, G BIGNUMERIC, J JSON.
struct Signature {
  std::string_view name;
  std::string_view arguments;
  char result;
  std::string_view sql;
};

constexpr auto kSignatures = std::to_array<Signature>({
    {"STARTS_WITH", "SS", 'L', "starts_with($1, $2)"},
    {"REPEAT", "SI", 'S', "bq_repeat($1, $2)"},
    {"FARM_FINGERPRINT", "S", 'I', "bq_fingerprint(encode($1))"},
    {"FARM_FINGERPRINT", "B", 'I', "bq_fingerprint($1)"},
    {"MOD", "II", 'I', "bq_mod($1, $2)"},
    {"UNIX_MILLIS", "T", 'I', "bq_unix($1, 1000)"},
    {"FORMAT_DATE", "SD", 'S', "bq_format_time($1, CAST($2 AS TIMESTAMP), 'DATE')"},
    {"FORMAT_DATETIME", "SW", 'S', "bq_format_time($1, $2, 'DATETIME')"},
    {"FORMAT_TIMESTAMP", "ST", 'S', "bq_format_time($1, bq_wall($2, 'UTC'), 'UTC')"},
    {"FORMAT_TIMESTAMP", "STS", 'S', "bq_format_time($1, bq_wall($2, $3), $3)"},
});

TypeKind KindOf(char letter) {
  switch (letter) {
    case 'I':
      return TypeKind::kInt64;
    case 'F':
      return TypeKind::kFloat64;
    case 'L':
      return TypeKind::kBool;
    case 'S':
      return TypeKind::kString;
    case 'B':
      return TypeKind::kBytes;
    case 'D':
      return TypeKind::kDate;
    case 'W':
      return TypeKind::kDatetime;
    case 'C':
      return TypeKind::kTime;
    case 'T':
      return TypeKind::kTimestamp;
    case 'N':
      return TypeKind::kNumeric;
    case 'G':
      return TypeKind::kBigNumeric;
    default:
      return TypeKind::kJson;
  }
}

std::string Filled(std::string_view sql, const std::vector<std::string>& arguments) {
  std::string filled;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '$') {
      filled += arguments[static_cast<size_t>(sql[++i] - '1')];
    } else {
      filled += sql[i];
    }
  }
  return filled;
}

// How well the arguments fit: 0 not at all, 2 without coercion, 1 with.
int Fit(const Signature& signature, const std::vector<Typed>& args,
        std::vector<std::string>& coerced) {
  coerced.clear();
  if (signature.arguments.size() != args.size()) return 0;
  bool exact = true;
  for (size_t i = 0; i < args.size(); ++i) {
    const Type wanted{KindOf(signature.arguments[i]), {}};
    std::optional<std::string> sql = Coerce(args[i], wanted);
    if (!sql) return 0;
    exact = exact && (args[i].type.kind == wanted.kind || args[i].literal == Typed::Literal::kNull);
    coerced.push_back(std::move(*sql));
  }
  return exact ? 2 : 1;
}

bool AllConstant(const std::vector<Typed>& values) {
  return std::all_of(values.begin(), values.end(), [](const Typed& v) { return v.constant; });
}

}  // namespace

void Analyzer::NoFunction(const std::string& name, const std::vector<Typed>& args,
                          size_t offset) const {
  std::string types;
  for (const Typed& arg : args) types += (types.empty() ? "" : ", ") + ArgumentName(arg);
  if (types.empty())
    Fault("No matching signature for function " + name + " with no arguments", offset);
  Fault("No matching signature for function " + name + " for argument types: " + types, offset);
}

void Analyzer::Expects(const Expr& call, size_t least, size_t most) const {
  if (call.args.size() < least || call.args.size() > most) {
    Fault("Number of arguments does not match for function " + call.text, call.offset);
  }
}

Typed Analyzer::Plain(const std::string& name, const std::vector<Typed>& args, size_t offset) {
  int best = 0;
  const Signature* chosen = nullptr;
  bool known = false;
  std::vector<std::string> arguments;
  for (const Signature& signature : kSignatures) {
    if (signature.name != name || signature.sql.empty()) continue;
    known = true;
    std::vector<std::string> coerced;
    const int fit = Fit(signature, args, coerced);
    if (fit > best) {
      best = fit;
      chosen = &signature;
      arguments = std::move(coerced);
    }
  }
  if (!known) Fault("Function not found: " + name, offset);
  if (chosen == nullptr) NoFunction(name, args, offset);
  Typed value;
  value.type.kind = KindOf(chosen->result);
  value.constant = AllConstant(args);
  value.sql = Filled(chosen->sql, arguments);
  return value;
}

Typed Analyzer::Call(const Expr& expr, const Place& place) {
  Typed value;
  if (IsAggregate(expr.text)) {
    value = Aggregate(expr, place);
  } else {
    if (expr.distinct) Fault("Function " + expr.text + " does not support DISTINCT", expr.offset);
    std::optional<Typed> special = SpecialTime(expr, place);
    if (!special) special = Special(expr, place);
    value = special ? std::move(*special)
                    : Plain(expr.text, TranslateAll(expr.args, place), expr.offset);
  }
  if (expr.flag) value.sql = "TRY(" + value.sql + ")";  // SAFE.name(...)
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
