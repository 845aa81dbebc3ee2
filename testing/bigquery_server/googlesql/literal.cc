#include "testing/bigquery_server/googlesql/literal.h"

#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

bool IsValueOf(std::string_view text, TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt64:
      return ReadInt64(text).has_value();
    case TypeKind::kFloat64:
      return ReadFloat64(text).has_value();
    case TypeKind::kBool:
      return Upper(text) == "TRUE" || Upper(text) == "FALSE";
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      return ReadNumeric(text).has_value();
    case TypeKind::kDate:
      return ReadDate(text).has_value();
    case TypeKind::kDatetime:
      return ReadDatetime(text).has_value();
    case TypeKind::kTime:
      return ReadTime(text).has_value();
    case TypeKind::kTimestamp:
      return ReadTimestamp(text, "UTC").has_value();
    default:
      return false;
  }
}

std::string LiteralSql(std::string_view text, TypeKind kind) {
  const std::string type = DuckName(Type{kind, {}});
  std::string value;
  switch (kind) {
    case TypeKind::kInt64:
      value = std::to_string(*ReadInt64(text));
      break;
    case TypeKind::kFloat64:
      value = WriteFloat64(*ReadFloat64(text));
      break;
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      value = WriteNumeric(*ReadNumeric(text));
      break;
    case TypeKind::kDate:
      value = WriteDate(*ReadDate(text));
      break;
    case TypeKind::kDatetime:
      value = WriteDatetime(*ReadDatetime(text), ' ');
      break;
    case TypeKind::kTime:
      value = WriteTime(*ReadTime(text));
      break;
    case TypeKind::kTimestamp:
      value = WriteTimestamp(*ReadTimestamp(text, "UTC"));
      break;
    default:
      value = text;
      break;
  }
  return "CAST(" + QuoteText(value) + " AS " + type + ")";
}

std::string QuoteWithDouble(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace salvor::testing::bigquery::googlesql
