#include <map>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/literal.h"
#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

// DATE_TRUNC, TIMESTAMP_TRUNC ...: the type that the function's name begins with.
TypeKind KindOfName(const std::string& name) {
  if (name.rfind("DATETIME", 0) == 0) return TypeKind::kDatetime;
  if (name.rfind("DATE", 0) == 0) return TypeKind::kDate;
  return TypeKind::kTimestamp;
}

bool EndsWith(const std::string& name, std::string_view end) {
  return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
}

bool IsTimeOfDayPart(Part part) {
  return part == Part::kMicrosecond || part == Part::kMillisecond || part == Part::kSecond ||
         part == Part::kMinute || part == Part::kHour;
}

}  // namespace

// DAY or WEEK(MONDAY) where an argument stands; the parser took it for a column or a call.
std::string Analyzer::PartName(const Expr& expr, std::string_view function) const {
  std::string name;
  if (expr.kind == Kind::kName && expr.names.size() == 1) name = Upper(expr.names[0]);
  if (expr.kind == Kind::kCall && expr.text == "WEEK" && expr.args.size() == 1 &&
      expr.args[0]->kind == Kind::kName) {
    name = "WEEK(" + Upper(expr.args[0]->names[0]) + ")";
  }
  const std::optional<DatePart> part = PartOfName(name);
  if (!part) {
    Fault("A valid date part name is required but found " + (name.empty() ? "an expression" : name),
          expr.offset);
  }
  const bool of_date = function.rfind("DATE_", 0) == 0;
  if (of_date && IsTimeOfDayPart(part->part)) {
    Fault(std::string(function) + " does not support the " + name + " date part", expr.offset);
  }
  return name;
}

std::optional<Typed> Analyzer::SpecialTime(const Expr& expr, const Place& place) {
  const std::string& name = expr.text;
  if (name == "CURRENT_TIMESTAMP") return CurrentTimestamp(expr);
  if (name == "GENERATE_DATE_ARRAY") return GenerateDates(expr, place);
  if (name == "TIMESTAMP_ADD" || name == "TIMESTAMP_SUB") return AddInterval(expr, place);
  for (const std::string_view type : {"DATE_", "DATETIME_", "TIMESTAMP_"}) {
    if (name == std::string(type) + "TRUNC") return Truncate(expr, place);
  }
  return std::nullopt;
}

Typed Analyzer::CurrentTimestamp(const Expr& expr) {
  Expects(expr, 0, 0);
  Typed value;
  value.constant = true;
  value.type.kind = TypeKind::kTimestamp;
  value.text = FormatInstant(now_);
  value.sql = LiteralSql(value.text, TypeKind::kTimestamp);
  return value;
}

Typed Analyzer::AddInterval(const Expr& expr, const Place& place) {
  Expects(expr, 2, 2);
  const TypeKind kind = TypeKind::kTimestamp;
  Typed from = Translate(*expr.args[0], place);
  if (expr.args[1]->kind != Kind::kInterval) {
    NoFunction(expr.text, {from, Translate(*expr.args[1], place)}, expr.offset);
  }
  const Expr& interval = *expr.args[1];
  Expr part;
  part.kind = Kind::kName;
  part.offset = interval.offset;
  part.names.push_back(interval.text);
  const std::string name = PartName(part, expr.text);
  const Typed count = Translate(*interval.args[0], place);
  const std::optional<std::string> base = Coerce(from, Type{kind, {}});
  if (!base || count.type.kind != TypeKind::kInt64) {
    NoFunction(expr.text, {from, count}, expr.offset);
  }
  const std::optional<DatePart> meant = PartOfName(name);
  if (!IsTimeOfDayPart(meant->part) && meant->part != Part::kDay) {
    Fault(expr.text + " does not support the " + name +
              " date part when the argument is "
              "TIMESTAMP type",
          interval.offset);
  }
  const std::string number = EndsWith(expr.text, "_SUB") ? "(- " + count.sql + ")" : count.sql;
  Typed value;
  value.type.kind = kind;
  value.constant = from.constant && count.constant;
  value.sql = "bq_timestamp_add(" + *base + ", " + number + ", " + QuoteText(name) + ")";
  // FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) wants the value
  // itself.
  if (from.constant && !from.text.empty() && count.literal == Typed::Literal::kInt) {
    const std::optional<int64_t> at = ReadTimestamp(from.text, "UTC");
    const std::optional<int64_t> step = ReadInt64(count.text);
    if (at && step) {
      const std::optional<int64_t> moved =
          AddParts(*at, EndsWith(expr.text, "_SUB") ? -*step : *step, *meant);
      if (moved) value.text = WriteTimestamp(*moved);
    }
  }
  return value;
}

Typed Analyzer::Truncate(const Expr& expr, const Place& place) {
  Expects(expr, 2, KindOfName(expr.text) == TypeKind::kTimestamp ? 3 : 2);
  TypeKind kind = KindOfName(expr.text);
  const Typed from = Translate(*expr.args[0], place);
  const std::string part = PartName(*expr.args[1], expr.text);
  const std::optional<std::string> base = Coerce(from, Type{kind, {}});
  if (!base) NoFunction(expr.text, {from}, expr.offset);
  std::string zone = "'UTC'";
  if (expr.args.size() > 2) {
    const Typed named = Translate(*expr.args[2], place);
    if (named.type.kind != TypeKind::kString) NoFunction(expr.text, {from, named}, expr.offset);
    zone = named.sql;
  }
  Typed value;
  value.type.kind = kind;
  value.constant = from.constant;
  const std::string name = QuoteText(part);
  switch (kind) {
    case TypeKind::kDate:
      value.sql = "CAST(bq_trunc(CAST(" + *base + " AS TIMESTAMP), " + name + ") AS DATE)";
      break;
    case TypeKind::kDatetime:
      value.sql = "bq_trunc(" + *base + ", " + name + ")";
      break;
    case TypeKind::kTimestamp:
      value.sql =
          "bq_zoned(bq_trunc(bq_wall(" + *base + ", " + zone + "), " + name + "), " + zone + ")";
      break;
    default:
      NoFunction(expr.text, {from}, expr.offset);
  }
  return value;
}

Typed Analyzer::GenerateDates(const Expr& expr, const Place& place) {
  Expects(expr, 2, 3);
  const Type date{TypeKind::kDate, {}};
  const Typed first = Translate(*expr.args[0], place);
  const Typed last = Translate(*expr.args[1], place);
  const std::optional<std::string> begin = Coerce(first, date);
  const std::optional<std::string> end = Coerce(last, date);
  if (!begin || !end) NoFunction(expr.text, {first, last}, expr.offset);
  std::string step = "CAST(1 AS BIGINT)";
  std::string part = "DAY";
  bool constant = first.constant && last.constant;
  if (expr.args.size() > 2) {
    const Expr& interval = *expr.args[2];
    if (interval.kind != Kind::kInterval) {
      NoFunction(expr.text, {first, last, Translate(interval, place)}, expr.offset);
    }
    const Typed count = Translate(*interval.args[0], place);
    if (count.type.kind != TypeKind::kInt64)
      NoFunction(expr.text, {first, last, count}, expr.offset);
    step = count.sql;
    constant = constant && count.constant;
    Expr named;
    named.kind = Kind::kName;
    named.offset = interval.offset;
    named.names.push_back(interval.text);
    part = PartName(named, "DATE_ADD");
  }
  Typed value;
  value.type = ArrayOf(date);
  value.constant = constant;
  value.sql =
      "bq_generate_dates(" + *begin + ", " + *end + ", " + step + ", " + QuoteText(part) + ")";
  return value;
}

}  // namespace salvor::testing::bigquery::googlesql
