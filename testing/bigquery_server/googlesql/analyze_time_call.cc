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

// DATE_ADD, TIMESTAMP_TRUNC ...: the type that the function's name begins with.
TypeKind KindOfName(const std::string& name) {
  if (name.rfind("DATETIME", 0) == 0) return TypeKind::kDatetime;
  if (name.rfind("DATE", 0) == 0) return TypeKind::kDate;
  if (name.rfind("TIMESTAMP", 0) == 0) return TypeKind::kTimestamp;
  return TypeKind::kTime;
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
  const bool of_time = function.rfind("TIME_", 0) == 0;
  if ((of_date && IsTimeOfDayPart(part->part)) || (of_time && !IsTimeOfDayPart(part->part))) {
    Fault(std::string(function) + " does not support the " + name + " date part", expr.offset);
  }
  return name;
}

std::optional<Typed> Analyzer::SpecialTime(const Expr& expr, const Place& place) {
  const std::string& name = expr.text;
  if (name.rfind("CURRENT_", 0) == 0) return CurrentTime(expr, place);
  if (name == "EXTRACT") return ExtractPart(expr, place);
  if (name == "DATE") return MakeDate(expr, place);
  if (name == "TIMESTAMP" || name == "DATETIME") return MakeTimestamp(expr, place);
  if (name == "GENERATE_DATE_ARRAY") return GenerateDates(expr, place);
  for (const std::string_view type : {"DATE_", "DATETIME_", "TIMESTAMP_", "TIME_"}) {
    if (name.rfind(type, 0) != 0) continue;
    const std::string rest = name.substr(type.size());
    if (rest == "ADD" || rest == "SUB") return AddInterval(expr, place);
    if (rest == "TRUNC") return Truncate(expr, place);
    if (rest == "DIFF") return Difference(expr, place);
  }
  return std::nullopt;
}

Typed Analyzer::CurrentTime(const Expr& expr, const Place& place) {
  Typed value;
  value.constant = true;
  const std::string now = FormatInstant(now_);
  std::string zone = "'UTC'";
  if (expr.text == "CURRENT_TIMESTAMP") {
    Expects(expr, 0, 0);
    value.type.kind = TypeKind::kTimestamp;
    value.text = now;
    value.sql = LiteralSql(now, TypeKind::kTimestamp);
    return value;
  }
  Expects(expr, 0, 1);
  if (!expr.args.empty()) {
    const Typed named = Translate(*expr.args[0], place);
    if (named.type.kind != TypeKind::kString) NoFunction(expr.text, {named}, expr.offset);
    zone = named.sql;
  }
  const std::string wall = "bq_wall(" + LiteralSql(now, TypeKind::kTimestamp) + ", " + zone + ")";
  if (expr.text == "CURRENT_DATE") {
    value.type.kind = TypeKind::kDate;
    value.sql = "CAST(" + wall + " AS DATE)";
  } else if (expr.text == "CURRENT_DATETIME") {
    value.type.kind = TypeKind::kDatetime;
    value.sql = wall;
  } else if (expr.text == "CURRENT_TIME") {
    value.type.kind = TypeKind::kTime;
    value.sql = "CAST(" + wall + " AS TIME)";
  } else {
    Fault("Function not found: " + expr.text, expr.offset);
  }
  return value;
}

Typed Analyzer::AddInterval(const Expr& expr, const Place& place) {
  Expects(expr, 2, 2);
  const TypeKind kind = KindOfName(expr.text);
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
  if (kind == TypeKind::kTimestamp && !IsTimeOfDayPart(meant->part) && meant->part != Part::kDay) {
    Fault(expr.text + " does not support the " + name +
              " date part when the argument is "
              "TIMESTAMP type",
          interval.offset);
  }
  const std::string number = EndsWith(expr.text, "_SUB") ? "(- " + count.sql + ")" : count.sql;
  Typed value;
  value.type.kind = kind;
  value.constant = from.constant && count.constant;
  const std::string_view function = kind == TypeKind::kDate        ? "bq_date_add"
                                    : kind == TypeKind::kDatetime  ? "bq_datetime_add"
                                    : kind == TypeKind::kTimestamp ? "bq_timestamp_add"
                                                                   : "bq_time_add";
  value.sql = std::string(function) + "(" + *base + ", " + number + ", " + QuoteText(name) + ")";
  // FOR SYSTEM_TIME AS OF TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR) wants the value
  // itself.
  if (kind == TypeKind::kTimestamp && from.constant && !from.text.empty() &&
      count.literal == Typed::Literal::kInt) {
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
      value.sql = "CAST(bq_trunc(DATE '1970-01-01' + " + *base + ", " + name + ") AS TIME)";
      break;
  }
  return value;
}

Typed Analyzer::Difference(const Expr& expr, const Place& place) {
  Expects(expr, 3, 3);
  const TypeKind kind = KindOfName(expr.text);
  const Typed later = Translate(*expr.args[0], place);
  const Typed earlier = Translate(*expr.args[1], place);
  const std::string part = PartName(*expr.args[2], expr.text);
  const std::optional<std::string> one = Coerce(later, Type{kind, {}});
  const std::optional<std::string> other = Coerce(earlier, Type{kind, {}});
  if (!one || !other) NoFunction(expr.text, {later, earlier}, expr.offset);
  Typed value;
  value.constant = later.constant && earlier.constant;
  const std::string name = QuoteText(part);
  if (kind == TypeKind::kTimestamp) {
    value.sql = "bq_elapsed(" + *one + ", " + *other + ", " + name + ")";
  } else if (kind == TypeKind::kTime) {
    value.sql = "bq_boundaries(DATE '1970-01-01' + " + *one + ", DATE '1970-01-01' + " + *other +
                ", " + name + ")";
  } else {
    value.sql = "bq_boundaries(CAST(" + *one + " AS TIMESTAMP), CAST(" + *other +
                " AS TIMESTAMP), " + name + ")";
  }
  return value;
}

Typed Analyzer::ExtractPart(const Expr& expr, const Place& place) {
  const std::string name = Upper(expr.args[0]->names[0]);
  const std::optional<DatePart> part = PartOfName(name);
  if (!part) {
    Fault("A valid date part name is required but found " + name, expr.args[0]->offset);
  }
  const Typed from = Translate(*expr.args[1], place);
  const bool zoned = expr.args.size() > 2;
  const TypeKind kind = from.type.kind;
  std::string wall;
  if (kind == TypeKind::kTimestamp) {
    const std::string zone = zoned ? Translate(*expr.args[2], place).sql : "'UTC'";
    wall = "bq_wall(" + from.sql + ", " + zone + ")";
  } else if (zoned) {
    Fault("EXTRACT from " + GoogleSqlName(from.type) + " does not support AT TIME ZONE",
          expr.offset);
  } else if (kind == TypeKind::kDate || kind == TypeKind::kDatetime) {
    wall = "CAST(" + from.sql + " AS TIMESTAMP)";
  } else if (kind == TypeKind::kTime) {
    wall = "(DATE '1970-01-01' + " + from.sql + ")";
  } else {
    NoFunction("EXTRACT", {from}, expr.offset);
  }
  if ((kind == TypeKind::kDate &&
       (IsTimeOfDayPart(part->part) || part->part == Part::kDate || part->part == Part::kTime)) ||
      (kind == TypeKind::kTime && !IsTimeOfDayPart(part->part))) {
    Fault(
        "EXTRACT from " + GoogleSqlName(from.type) + " does not support the " + name + " date part",
        expr.offset);
  }
  Typed value;
  value.constant = from.constant;
  if (part->part == Part::kDate || part->part == Part::kTime) {
    value.type.kind = part->part == Part::kDate ? TypeKind::kDate : TypeKind::kTime;
    value.sql = "CAST(" + wall + " AS " + DuckName(value.type) + ")";
    return value;
  }
  value.sql = "bq_extract(" + wall + ", " + QuoteText(name) + ")";
  return value;
}

// DATE(year, month, day), DATE(timestamp[, zone]), DATE(datetime), DATE(date).
Typed Analyzer::MakeDate(const Expr& expr, const Place& place) {
  const std::vector<Typed> args = TranslateAll(expr.args, place);
  Typed value;
  value.type.kind = TypeKind::kDate;
  value.constant = std::all_of(args.begin(), args.end(), [](const Typed& a) { return a.constant; });
  const auto is = [&](size_t i, TypeKind kind) { return args[i].type.kind == kind; };
  if (args.size() == 3 && is(0, TypeKind::kInt64) && is(1, TypeKind::kInt64) &&
      is(2, TypeKind::kInt64)) {
    value.sql = "bq_date(" + args[0].sql + ", " + args[1].sql + ", " + args[2].sql + ")";
  } else if (args.size() == 1 && (is(0, TypeKind::kDate) || is(0, TypeKind::kDatetime))) {
    value.sql = "CAST(" + args[0].sql + " AS DATE)";
  } else if (!args.empty() && args.size() < 3 && (args.size() == 1 || is(1, TypeKind::kString))) {
    const std::optional<std::string> at = Coerce(args[0], Type{TypeKind::kTimestamp, {}});
    if (!at) NoFunction("DATE", args, expr.offset);
    value.sql =
        "CAST(bq_wall(" + *at + ", " + (args.size() > 1 ? args[1].sql : "'UTC'") + ") AS DATE)";
  } else {
    NoFunction("DATE", args, expr.offset);
  }
  return value;
}

// TIMESTAMP(text | date | datetime | timestamp[, zone]) and DATETIME of the same.
Typed Analyzer::MakeTimestamp(const Expr& expr, const Place& place) {
  const std::vector<Typed> args = TranslateAll(expr.args, place);
  const bool zoned = expr.text == "TIMESTAMP";
  if (args.empty() || args.size() > 2 ||
      (args.size() == 2 && args[1].type.kind != TypeKind::kString)) {
    if (args.size() > 2) NotInSubset(expr.text + " of parts", expr.offset);
    NoFunction(expr.text, args, expr.offset);
  }
  Typed value;
  value.type.kind = zoned ? TypeKind::kTimestamp : TypeKind::kDatetime;
  value.constant = std::all_of(args.begin(), args.end(), [](const Typed& a) { return a.constant; });
  const std::string zone = args.size() > 1 ? args[1].sql : "'UTC'";
  const std::string& sql = args[0].sql;
  switch (args[0].type.kind) {
    case TypeKind::kTimestamp:
      if (zoned && args.size() > 1) NoFunction(expr.text, args, expr.offset);
      value.sql = zoned ? sql : "bq_wall(" + sql + ", " + zone + ")";
      value.text = zoned ? args[0].text : "";
      break;
    case TypeKind::kDate:
    case TypeKind::kDatetime:
      if (!zoned && args.size() > 1) NoFunction(expr.text, args, expr.offset);
      value.sql = "CAST(" + sql + " AS TIMESTAMP)";
      if (zoned) value.sql = "bq_zoned(" + value.sql + ", " + zone + ")";
      break;
    case TypeKind::kString:
      if (!zoned && args.size() > 1) NoFunction(expr.text, args, expr.offset);
      value.sql = zoned ? "bq_text_timestamp_in(" + sql + ", " + zone + ")"
                        : "bq_text_datetime(" + sql + ")";
      if (zoned && args.size() == 1) value.text = args[0].text;
      break;
    default:
      NoFunction(expr.text, args, expr.offset);
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
