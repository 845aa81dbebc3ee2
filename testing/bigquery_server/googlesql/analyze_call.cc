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
    {"LOWER", "S", 'S', "lower($1)"},
    {"UPPER", "S", 'S', "upper($1)"},
    {"LENGTH", "S", 'I', "length($1)"},
    {"LENGTH", "B", 'I', "octet_length($1)"},
    {"CHAR_LENGTH", "S", 'I', "length($1)"},
    {"CHARACTER_LENGTH", "S", 'I', "length($1)"},
    {"BYTE_LENGTH", "S", 'I', "strlen($1)"},
    {"BYTE_LENGTH", "B", 'I', "octet_length($1)"},
    {"SUBSTR", "SI", 'S', "bq_substr($1, $2, 9223372036854775807)"},
    {"SUBSTR", "SII", 'S', "bq_substr($1, $2, $3)"},
    {"SUBSTR", "BI", 'B', "bq_substr_bytes($1, $2, 9223372036854775807)"},
    {"SUBSTR", "BII", 'B', "bq_substr_bytes($1, $2, $3)"},
    {"LEFT", "SI", 'S', "bq_substr($1, 1, $2)"},
    {"TRIM", "S", 'S', "trim($1)"},
    {"TRIM", "SS", 'S', "trim($1, $2)"},
    {"LTRIM", "S", 'S', "ltrim($1)"},
    {"RTRIM", "S", 'S', "rtrim($1)"},
    {"LTRIM", "SS", 'S', "ltrim($1, $2)"},
    {"RTRIM", "SS", 'S', "rtrim($1, $2)"},
    {"REPLACE", "SSS", 'S', "bq_replace($1, $2, $3)"},
    {"REVERSE", "S", 'S', "bq_reverse($1)"},
    {"STARTS_WITH", "SS", 'L', "starts_with($1, $2)"},
    {"ENDS_WITH", "SS", 'L', "suffix($1, $2)"},
    {"STRPOS", "SS", 'I', "instr($1, $2)"},
    {"LPAD", "SIS", 'S', "bq_pad($1, $2, $3, TRUE)"},
    {"LPAD", "SI", 'S', "bq_pad($1, $2, ' ', TRUE)"},
    {"RPAD", "SIS", 'S', "bq_pad($1, $2, $3, FALSE)"},
    {"RPAD", "SI", 'S', "bq_pad($1, $2, ' ', FALSE)"},
    {"REPEAT", "SI", 'S', "bq_repeat($1, $2)"},
    {"REGEXP_CONTAINS", "SS", 'L', "regexp_matches($1, $2)"},
    {"TO_HEX", "B", 'S', "lower(hex($1))"},
    {"FROM_HEX", "S", 'B', "bq_from_hex($1)"},
    {"TO_BASE64", "B", 'S', "base64($1)"},
    {"FROM_BASE64", "S", 'B', "bq_from_base64($1)"},
    {"SHA256", "S", 'B', "from_hex(sha256($1))"},
    {"SHA256", "B", 'B', "from_hex(sha256($1))"},
    {"SHA1", "S", 'B', "from_hex(sha1($1))"},
    {"SHA1", "B", 'B', "from_hex(sha1($1))"},
    {"SHA512", "S", 'B', "bq_sha512(encode($1))"},
    {"SHA512", "B", 'B', "bq_sha512($1)"},
    {"MD5", "S", 'B', "from_hex(md5($1))"},
    {"MD5", "B", 'B', "from_hex(md5($1))"},
    {"FARM_FINGERPRINT", "S", 'I', "bq_fingerprint(encode($1))"},
    {"FARM_FINGERPRINT", "B", 'I', "bq_fingerprint($1)"},
    {"CODE_POINTS_TO_STRING", "", 'S', ""},
    {"SAFE_CONVERT_BYTES_TO_STRING", "B", 'S', "bq_safe_text($1)"},
    {"ABS", "I", 'I', "abs($1)"},
    {"ABS", "N", 'N', "abs($1)"},
    {"ABS", "G", 'G', "abs($1)"},
    {"ABS", "F", 'F', "abs($1)"},
    {"SIGN", "I", 'I', "CAST(sign($1) AS BIGINT)"},
    {"MOD", "II", 'I', "bq_mod($1, $2)"},
    {"MOD", "NN", 'N', "bq_numeric_mod($1, $2)"},
    {"MOD", "GG", 'G', "bq_numeric_mod($1, $2)"},
    {"DIV", "II", 'I', "bq_div($1, $2)"},
    {"SAFE_DIVIDE", "FF", 'F', "TRY(bq_float64_divide($1, $2))"},
    {"SAFE_DIVIDE", "NN", 'N', "TRY(bq_numeric_divide($1, $2))"},
    {"SAFE_ADD", "II", 'I', "TRY($1 + $2)"},
    {"SAFE_SUBTRACT", "II", 'I', "TRY($1 - $2)"},
    {"SAFE_MULTIPLY", "II", 'I', "TRY($1 * $2)"},
    {"ROUND", "F", 'F', "round($1)"},
    {"ROUND", "N", 'N', "CAST(round($1, 0) AS DECIMAL(38,9))"},
    {"TRUNC", "F", 'F', "trunc($1)"},
    {"TRUNC", "N", 'N', "CAST(trunc($1) AS DECIMAL(38,9))"},
    {"CEIL", "F", 'F', "ceil($1)"},
    {"CEIL", "N", 'N', "CAST(ceil($1) AS DECIMAL(38,9))"},
    {"FLOOR", "F", 'F', "floor($1)"},
    {"FLOOR", "N", 'N', "CAST(floor($1) AS DECIMAL(38,9))"},
    {"IS_NAN", "F", 'L', "isnan($1)"},
    {"IS_INF", "F", 'L', "isinf($1)"},
    {"IEEE_DIVIDE", "FF", 'F', "bq_ieee_divide($1, $2)"},
    {"RAND", "", 'F', "random()"},
    {"GENERATE_UUID", "", 'S', "CAST(uuid() AS VARCHAR)"},
    {"UNIX_SECONDS", "T", 'I', "bq_unix($1, 1000000)"},
    {"UNIX_MILLIS", "T", 'I', "bq_unix($1, 1000)"},
    {"UNIX_MICROS", "T", 'I', "bq_unix($1, 1)"},
    {"TIMESTAMP_SECONDS", "I", 'T', "bq_from_unix($1, 1000000)"},
    {"TIMESTAMP_MILLIS", "I", 'T', "bq_from_unix($1, 1000)"},
    {"TIMESTAMP_MICROS", "I", 'T', "bq_from_unix($1, 1)"},
    {"UNIX_DATE", "D", 'I', "CAST($1 - DATE '1970-01-01' AS BIGINT)"},
    {"DATE_FROM_UNIX_DATE", "I", 'D', "bq_date_add(DATE '1970-01-01', $1, 'DAY')"},
    {"LAST_DAY", "D", 'D', "last_day($1)"},
    {"FORMAT_DATE", "SD", 'S', "bq_format_time($1, CAST($2 AS TIMESTAMP), 'DATE')"},
    {"FORMAT_DATETIME", "SW", 'S', "bq_format_time($1, $2, 'DATETIME')"},
    {"FORMAT_TIME", "SC", 'S', "bq_format_time($1, DATE '1970-01-01' + $2, 'TIME')"},
    {"FORMAT_TIMESTAMP", "ST", 'S', "bq_format_time($1, bq_wall($2, 'UTC'), 'UTC')"},
    {"FORMAT_TIMESTAMP", "STS", 'S', "bq_format_time($1, bq_wall($2, $3), $3)"},
    {"PARSE_DATE", "SS", 'D', "CAST(bq_parse_time($1, $2, 'DATE') AS DATE)"},
    {"PARSE_DATETIME", "SS", 'W', "bq_parse_time($1, $2, 'DATETIME')"},
    {"PARSE_TIMESTAMP", "SS", 'T', "bq_zoned(bq_parse_time($1, $2, 'TIMESTAMP'), 'UTC')"},
    {"STRING", "T", 'S', "bq_timestamp_text($1)"},
    {"STRING", "D", 'S', "bq_date_text($1)"},
    {"STRING", "W", 'S', "bq_datetime_text($1)"},
    {"PARSE_JSON", "S", 'J', "bq_parse_json($1)"},
    {"SESSION_USER", "", 'S', "'user@example.com'"},
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
  value.constant = AllConstant(args) && name != "RAND" && name != "GENERATE_UUID";
  value.sql = Filled(chosen->sql, arguments);
  return value;
}

Typed Analyzer::Call(const Expr& expr, const Place& place) {
  const bool tail = expr.tail != nullptr;
  const bool over = tail && expr.tail->over.has_value();
  Typed value;
  if (IsAggregate(expr.text)) {
    value = Aggregate(expr, place);
  } else if (over) {
    value = WindowOnly(expr, place);
  } else {
    if (tail && (expr.tail->distinct || expr.tail->ignore_nulls || expr.tail->limit ||
                 !expr.tail->order_by.empty())) {
      Fault("Function " + expr.text + " does not support DISTINCT, ORDER BY or IGNORE NULLS",
            expr.offset);
    }
    std::optional<Typed> special = SpecialTime(expr, place);
    if (!special) special = Special(expr, place);
    value = special ? std::move(*special)
                    : Plain(expr.text, TranslateAll(expr.args, place), expr.offset);
  }
  if (expr.flag) value.sql = "TRY(" + value.sql + ")";  // SAFE.name(...)
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
