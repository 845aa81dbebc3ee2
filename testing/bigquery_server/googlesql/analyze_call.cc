#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/json_shape.h"
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

bool HasAnonymous(const Type& type) {
  return std::any_of(type.fields.begin(), type.fields.end(), [&](const Field& field) {
    return (type.kind == TypeKind::kStruct && field.name.empty()) || HasAnonymous(field.type);
  });
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

// Functions whose result depends on their arguments' types.
std::optional<Typed> Analyzer::Special(const Expr& expr, const Place& place) {
  const std::string& name = expr.text;
  static const std::set<std::string> kNames = {
      "IF",       "IFNULL", "NULLIF",          "COALESCE",       "TO_JSON_STRING",
      "ERROR",    "CONCAT", "ARRAY_LENGTH",    "GENERATE_ARRAY", "FORMAT",
      "GREATEST", "LEAST",  "ARRAY_TO_STRING", "ARRAY_CONCAT",   "SPLIT"};
  if (kNames.count(name) == 0) return std::nullopt;
  std::vector<Typed> args = TranslateAll(expr.args, place);
  Typed value;
  value.constant = AllConstant(args);
  const auto common = [&](size_t from) {
    const std::vector<Typed> alike(args.begin() + static_cast<std::ptrdiff_t>(from), args.end());
    const std::optional<Type> type = Supertype(alike);
    if (!type) NoFunction(name, args, expr.offset);
    value.type = *type;
    for (size_t i = from; i < args.size(); ++i) args[i].sql = *Coerce(args[i], *type);
  };
  const auto joined = [&](size_t from) {
    std::string sql;
    for (size_t i = from; i < args.size(); ++i) sql += (i == from ? "" : ", ") + args[i].sql;
    return sql;
  };
  if (name == "IF") {
    Expects(expr, 3, 3);
    const std::optional<std::string> condition = Coerce(args[0], Type{TypeKind::kBool, {}});
    if (!condition) NoFunction(name, args, expr.offset);
    common(1);
    value.sql =
        "(CASE WHEN " + *condition + " THEN " + args[1].sql + " ELSE " + args[2].sql + " END)";
  } else if (name == "IFNULL" || name == "COALESCE") {
    Expects(expr, name == "IFNULL" ? 2 : 1, name == "IFNULL" ? 2 : 1000);
    common(0);
    value.sql = "coalesce(" + joined(0) + ")";
  } else if (name == "NULLIF") {
    Expects(expr, 2, 2);
    const Typed equal = Compare("=", args[0], args[1], expr.offset);
    common(0);
    value.sql = "(CASE WHEN " + equal.sql + " THEN NULL ELSE " + args[0].sql + " END)";
  } else if (name == "GREATEST" || name == "LEAST") {
    Expects(expr, 1, 1000);
    common(0);
    if (value.type.kind == TypeKind::kFloat64) NotInSubset(name + " of FLOAT64", expr.offset);
    if (!CompareSql("<", "a", "b", value.type)) NoFunction(name, args, expr.offset);
    std::string absent;
    for (const Typed& arg : args) absent += (absent.empty() ? "" : " OR ") + arg.sql + " IS NULL";
    value.sql = "(CASE WHEN " + absent + " THEN NULL ELSE " +
                (name == "LEAST" ? "least(" : "greatest(") + joined(0) + ") END)";
  } else if (name == "TO_JSON_STRING") {
    Expects(expr, 1, 1);
    if (HasAnonymous(args[0].type)) {
      NotInSubset("TO_JSON_STRING of a STRUCT with anonymous fields", expr.offset);
    }
    value.type.kind = TypeKind::kString;
    value.sql = "bq_json(" + args[0].sql + ", " + QuoteText(JsonShape(args[0].type)) + ")";
    if (args[0].literal == Typed::Literal::kNull) value.sql = "'null'";
  } else if (name == "ERROR") {
    Expects(expr, 1, 1);
    if (args[0].type.kind != TypeKind::kString) NoFunction(name, args, expr.offset);
    value.constant = false;
    value.literal = Typed::Literal::kError;
    value.text = "bq_error(" + args[0].sql + ")";
    value.sql = "CAST(" + value.text + " AS BIGINT)";
  } else if (name == "CONCAT") {
    Expects(expr, 1, 1000);
    return Concat(expr, std::move(args));
  } else if (name == "FORMAT") {
    return FormatText(expr, place);
  } else if (name == "GENERATE_ARRAY") {
    Expects(expr, 2, 3);
    for (const Typed& arg : args) {
      if (arg.type.kind != TypeKind::kInt64) NoFunction(name, args, expr.offset);
    }
    value.type = ArrayOf(Type{});
    value.sql = "bq_generate(" + args[0].sql + ", " + args[1].sql + ", " +
                (args.size() > 2 ? args[2].sql : "CAST(1 AS BIGINT)") + ")";
  } else {
    if (args.empty() || (args[0].type.kind != TypeKind::kArray && name != "SPLIT")) {
      NoFunction(name, args, expr.offset);
    }
    if (name == "ARRAY_LENGTH") {
      Expects(expr, 1, 1);
      value.sql = "len(" + args[0].sql + ")";
    } else if (name == "ARRAY_TO_STRING") {
      Expects(expr, 2, 2);
      if (ElementOf(args[0].type).kind != TypeKind::kString ||
          args[1].type.kind != TypeKind::kString) {
        NoFunction(name, args, expr.offset);
      }
      value.type.kind = TypeKind::kString;
      value.sql = "array_to_string(" + args[0].sql + ", " + args[1].sql + ")";
    } else if (name == "ARRAY_CONCAT") {
      common(0);
      value.sql = args[0].sql;
      for (size_t i = 1; i < args.size(); ++i) {
        value.sql = "(" + value.sql + " || " + args[i].sql + ")";
      }
      std::string absent;
      for (const Typed& arg : args) absent += (absent.empty() ? "" : " OR ") + arg.sql + " IS NULL";
      value.sql = "(CASE WHEN " + absent + " THEN NULL ELSE " + value.sql + " END)";
    } else {  // SPLIT
      Expects(expr, 1, 2);
      for (const Typed& arg : args) {
        if (arg.type.kind != TypeKind::kString) NoFunction(name, args, expr.offset);
      }
      value.type = ArrayOf(Type{TypeKind::kString, {}});
      value.sql =
          "string_split(" + args[0].sql + ", " + (args.size() > 1 ? args[1].sql : "','") + ")";
    }
  }
  return value;
}

Typed Analyzer::FormatText(const Expr& expr, const Place& place) {
  std::vector<Typed> args = TranslateAll(expr.args, place);
  if (args.empty() || args[0].literal != Typed::Literal::kString) {
    NotInSubset("FORMAT with a format that is no literal", expr.offset);
  }
  const std::string& format = args[0].text;
  Typed value;
  value.type.kind = TypeKind::kString;
  value.constant = AllConstant(args);
  std::string literal;
  std::vector<std::string> parts;
  size_t used = 1;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      literal += format[i];
      continue;
    }
    size_t end = i + 1;
    while (end < format.size() &&
           (format[end] == '0' || (format[end] >= '1' && format[end] <= '9'))) {
      ++end;
    }
    const std::string width = format.substr(i + 1, end - i - 1);
    const char letter = end < format.size() ? format[end] : '\0';
    i = end;
    if (letter == '%' && width.empty()) {
      literal += '%';
      continue;
    }
    if (used >= args.size()) Fault("Too few arguments to FORMAT for pattern", expr.offset);
    parts.push_back(QuoteText(literal));
    literal.clear();
    const Typed& arg = args[used++];
    const TypeKind kind = arg.type.kind;
    if ((letter == 'd' || letter == 'i') && kind == TypeKind::kInt64 && width.size() < 4) {
      parts.push_back("bq_pad_number(" + arg.sql + ", " + QuoteText(width) + ")");
    } else if (letter == 's' && kind == TypeKind::kString && width.empty()) {
      parts.push_back(arg.sql);
    } else if (letter == 't' && width.empty()) {
      const std::optional<std::string> text = CastTo(arg, value.type);
      if (!text) NotInSubset("FORMAT('%t') of " + GoogleSqlName(arg.type), expr.offset);
      const bool real = kind == TypeKind::kFloat64;
      parts.push_back("coalesce(" + (real ? "bq_float64_shown(" + arg.sql + ")" : *text) +
                      ", 'NULL')");
    } else {
      NotInSubset("FORMAT with %" + width + std::string(letter == '\0' ? 0 : 1, letter) + " of " +
                      GoogleSqlName(arg.type),
                  expr.offset);
    }
  }
  if (used != args.size()) Fault("Too many arguments to FORMAT for pattern", expr.offset);
  parts.push_back(QuoteText(literal));
  for (const std::string& part : parts) value.sql += (value.sql.empty() ? "(" : " || ") + part;
  value.sql += ")";
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
