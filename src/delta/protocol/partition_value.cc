#include "delta/protocol/partition_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "model/decimal_text.h"
#include "model/floating_text.h"

namespace salvor::delta {
namespace {

using model::ColumnType;

bool IsDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The sign, if there is one, and the rest.
std::pair<char, std::string_view> SplitSign(std::string_view text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return {'+', text};
  return {text.front(), text.substr(1)};
}

// Of a sign and digits, any number of leading zeros among them.
ReaderView IntegerOf(char sign, std::string_view digits, int bits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return ReaderView::Of("0");
  const std::string text = (sign == '-' ? "-" : "") + std::string(digits);
  const auto value = ParseInt64(text);
  if (!value) return ReaderView::Of(std::nullopt);
  const int64_t most = std::numeric_limits<int64_t>::max() >> (64 - bits);
  if (*value > most || *value < -most - 1) return ReaderView::Of(std::nullopt);
  return ReaderView::Of(text);
}

template <typename Number>
ReaderView FloatingOf(std::string_view text) {
  const auto number = model::ReadFloating<Number>(text);
  if (!number) return ReaderView::Error();
  return ReaderView::Of(model::FormatFloating(*number));
}

// "0x1.8p3", which Java reads.
template <typename Number>
ReaderView HexFloating(char sign, std::string_view text) {
  if (LowerCase(text.substr(0, 2)) != "0x" || text.find_first_of("pP") == std::string_view::npos)
    return ReaderView::Of(std::nullopt);
  text.remove_prefix(2);
  Number number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, std::chars_format::hex);
  if (read.ec != std::errc() || read.ptr != end) return ReaderView::Of(std::nullopt);
  return ReaderView::Of(model::FormatFloating(sign == '-' ? -number : number));
}

// Java's Double.parseDouble, and Spark's own words for what is not a number.
template <typename Number>
ReaderView SparkFloating(std::string_view text) {
  text = SparkTrimmed(text);
  const auto [sign, unsigned_text] = SplitSign(text);
  if (LowerCase(unsigned_text) == "nan") {
    const bool is_signed = unsigned_text.size() != text.size();
    const bool known = !is_signed || unsigned_text == "NaN";
    return ReaderView::Of(known ? std::optional<std::string>("NaN") : std::nullopt);
  }
  ReaderView view = FloatingOf<Number>(text);
  if (view.kind == ReaderView::Kind::kValue) return view;
  std::string_view number = text;
  if (!number.empty() && std::string_view("dDfF").find(number.back()) != std::string_view::npos)
    number.remove_suffix(1);
  const bool ends_as_number =
      !number.empty() && (IsDigits(number.substr(number.size() - 1)) || number.back() == '.');
  if (ends_as_number) view = FloatingOf<Number>(number);
  if (view.kind == ReaderView::Kind::kValue) return view;
  return HexFloating<Number>(sign, SplitSign(number).second);
}

template <typename Number>
ParsedValue ParseFloating(std::string_view text) {
  return {SparkFloating<Number>(text), FloatingOf<Number>(text)};
}

PartitionValue Joined(ParsedValue parsed, ReaderView kernel, std::string_view text) {
  PartitionValue value;
  using Kind = ReaderView::Kind;
  if (parsed.others.kind == Kind::kValue) {
    value.value = parsed.others.text;
  } else if (parsed.others.kind == Kind::kError) {
    value.value = parsed.spark.kind == Kind::kValue ? parsed.spark.text : std::string(text);
  }
  value.spark = std::move(parsed.spark);
  value.delta_rs = std::move(parsed.others);
  value.kernel = std::move(kernel);
  return value;
}

PartitionValue Joined(ParsedValue parsed, std::string_view text) {
  ReaderView kernel = parsed.others;
  return Joined(std::move(parsed), std::move(kernel), text);
}

PartitionValue ReadText(const std::string& text) {
  PartitionValue value;
  value.value = text;
  value.spark = value.delta_rs = ReaderView::Of(text);
  // DuckDB reads '' as NULL, which decides nothing by itself: only beside NULL is it a question.
  value.kernel = value.spark;
  return value;
}

PartitionValue ReadTime(ParsedTime parsed, std::string_view text) {
  const bool says_zone = parsed.says_zone;
  ReaderView kernel = std::move(parsed.kernel);
  PartitionValue value = Joined(std::move(parsed), std::move(kernel), text);
  const bool is_time = value.spark.kind == ReaderView::Kind::kValue || !value.BreaksReaders();
  value.with_zone = is_time && says_zone;
  value.without_zone = is_time && !says_zone;
  return value;
}

ParsedValue ReadInteger(std::string_view text, int bits) {
  ParsedValue parsed{ReaderView::Of(std::nullopt), ReaderView::Error()};
  const auto [sign, digits] = SplitSign(text);
  if (!digits.empty() && IsDigits(digits)) {
    parsed.others = IntegerOf(sign, digits, bits);
    if (parsed.others.kind == ReaderView::Kind::kNull) parsed.others = ReaderView::Error();
  }
  // Spark cuts what stands behind a point, and needs no digit before it.
  const auto [spark_sign, number] = SplitSign(SparkTrimmed(text));
  const size_t point = std::min(number.find('.'), number.size());
  const std::string_view fraction = number.substr(std::min(point + 1, number.size()));
  if (!number.empty() && IsDigits(number.substr(0, point)) && IsDigits(fraction))
    parsed.spark = IntegerOf(spark_sign, number.substr(0, point), bits);
  return parsed;
}

ParsedValue ReadFloating(std::string_view text, int bits) {
  return bits == 32 ? ParseFloating<float>(text) : ParseFloating<double>(text);
}

ParsedValue ReadDecimal(std::string_view text, int precision, int scale) {
  ParsedValue parsed{ReaderView::Of(std::nullopt), ReaderView::Error()};
  // Digits that fit, at the column's scale.
  const auto fits = [&](const model::DecimalText& number) {
    const int64_t whole = static_cast<int64_t>(number.digits.size()) - number.scale;
    return number.digits.empty() || whole <= precision - scale;
  };
  if (const auto number = model::ReadDecimal(SparkTrimmed(text))) {
    const model::DecimalText rounded = model::RoundDecimal(*number, scale);
    if (fits(rounded)) parsed.spark = ReaderView::Of(model::FormatDecimal(rounded));
  }
  const auto number = model::ReadDecimal(text);
  if (number && number->scale == scale && fits(*number))
    parsed.others = ReaderView::Of(model::FormatDecimal(*number));
  return parsed;
}

ParsedValue ReadBoolean(std::string_view text) {
  constexpr std::array<std::string_view, 5> kTrue = {"true", "t", "yes", "y", "1"};
  constexpr std::array<std::string_view, 5> kFalse = {"false", "f", "no", "n", "0"};
  ParsedValue parsed{ReaderView::Of(std::nullopt), ReaderView::Error()};
  const std::string word = LowerCase(SparkTrimmed(text));
  if (std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end())
    parsed.spark = ReaderView::Of("true");
  if (std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end())
    parsed.spark = ReaderView::Of("false");
  const std::string lower = LowerCase(text);
  if (lower == "true" || lower == "false") parsed.others = ReaderView::Of(lower);
  return parsed;
}

}  // namespace

std::string_view SparkTrimmed(std::string_view text) {
  const auto is_trimmed = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
  while (!text.empty() && is_trimmed(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && is_trimmed(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

PartitionValue ReadPartitionValue(const PartitionType& type,
                                  const std::optional<std::string>& logged) {
  if (!logged || (logged->empty() && type.type != ColumnType::kString)) return {};
  const std::string& text = *logged;
  switch (type.type) {
    case ColumnType::kString:
    case ColumnType::kBinary:
      return ReadText(text);
    case ColumnType::kInteger:
      return Joined(ReadInteger(text, type.bits), text);
    case ColumnType::kDecimal:
      return Joined(ReadDecimal(text, type.precision, type.scale), text);
    case ColumnType::kBoolean:
      return Joined(ReadBoolean(text), text);
    case ColumnType::kDate:
      return Joined(ReadDate(text), text);
    case ColumnType::kTimestamp:
      return ReadTime(ReadTimestamp(text), text);
    case ColumnType::kTimestampNtz: {
      PartitionValue value = ReadTime(ReadTimestampNtz(text), text);
      value.with_zone = value.without_zone = false;
      return value;
    }
    case ColumnType::kFloat: {
      PartitionValue value = Joined(ReadFloating(text, type.bits), text);
      const bool is_zero = value.value == "0.0";
      const bool negative = SparkTrimmed(text).starts_with('-');
      value.negative_zero = is_zero && negative;
      value.positive_zero = is_zero && !negative;
      return value;
    }
  }
  return ReadText(text);
}

}  // namespace salvor::delta
