#include <cmath>
#include <limits>

#include "testing/bigquery_server/googlesql/duck_function.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

bool Equal(double a, double b) { return a == b; }
bool NotEqual(double a, double b) { return a != b; }
bool Less(double a, double b) { return a < b; }
bool LessOrEqual(double a, double b) { return a <= b; }
bool Greater(double a, double b) { return a > b; }
bool GreaterOrEqual(double a, double b) { return a >= b; }

// BigQuery's arithmetic fails where IEEE's would make an infinity or NaN out of finite operands.
double Finite(double result, double a, double b, const char* op) {
  if (std::isfinite(result) || !std::isfinite(a) || !std::isfinite(b)) return result;
  Refuse("Floating point error in function: " + WriteFloat64(a) + op + WriteFloat64(b));
}
double Add(double a, double b) { return Finite(a + b, a, b, " + "); }
double Subtract(double a, double b) { return Finite(a - b, a, b, " - "); }
double Multiply(double a, double b) { return Finite(a * b, a, b, " * "); }
double Divide(double a, double b) {
  if (b == 0) Refuse("division by zero: " + WriteFloat64(a) + " / " + WriteFloat64(b));
  return Finite(a / b, a, b, " / ");
}

Decimal InRange(std::optional<Numeric> value, const char* what) {
  if (!value || !IsNumeric(*value)) Refuse(std::string("numeric overflow: ") + what);
  return Decimal{*value};
}
Decimal AddNumeric(Decimal a, Decimal b) { return InRange(a.value + b.value, "addition"); }
Decimal SubtractNumeric(Decimal a, Decimal b) { return InRange(a.value - b.value, "subtraction"); }
Decimal MultiplyDecimal(Decimal a, Decimal b) {
  return InRange(MultiplyNumeric(a.value, b.value), "multiplication");
}
Decimal DivideDecimal(Decimal a, Decimal b) {
  if (b.value == 0) Refuse("division by zero: " + WriteNumeric(a.value) + " / 0");
  return InRange(DivideNumeric(a.value, b.value), "division");
}
Decimal ModuloDecimal(Decimal a, Decimal b) {
  if (b.value == 0) Refuse("division by zero: MOD(" + WriteNumeric(a.value) + ", 0)");
  return Decimal{a.value % b.value};
}

int64_t Modulo(int64_t a, int64_t b) {
  if (b == 0) Refuse("division by zero: MOD(" + std::to_string(a) + ", 0)");
  return b == -1 ? 0 : a % b;
}
int64_t ShiftLeft(int64_t a, int64_t by) {
  if (by < 0) Refuse("Bitwise shift by negative offset");
  return by > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) << static_cast<unsigned>(by));
}
int64_t ShiftRight(int64_t a, int64_t by) {
  if (by < 0) Refuse("Bitwise shift by negative offset");
  return by > 63 ? 0 : static_cast<int64_t>(static_cast<uint64_t>(a) >> static_cast<unsigned>(by));
}

int64_t Sum(Huge sum) {
  if (sum.value > std::numeric_limits<int64_t>::max() ||
      sum.value < std::numeric_limits<int64_t>::min()) {
    Refuse("int64 overflow: the sum does not fit INT64");
  }
  return static_cast<int64_t>(sum.value);
}

std::string Shown(std::string_view text) { return std::string(text.substr(0, 64)); }

std::string_view Trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\n\r\f\v";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

int64_t IntOfText(std::string_view text) {
  const std::optional<int64_t> value = ReadInt64(Trimmed(text));
  if (!value) Refuse("Bad int64 value: " + Shown(text));
  return *value;
}
double FloatOfText(std::string_view text) {
  const std::optional<double> value = ReadFloat64(Trimmed(text));
  if (!value) Refuse("Bad double value: " + Shown(text));
  return *value;
}
Decimal NumericOfText(std::string_view text) {
  const std::optional<Numeric> value = ReadNumeric(Trimmed(text));
  if (!value) Refuse("Invalid NUMERIC value: " + Shown(text));
  return Decimal{*value};
}
int64_t IntOfFloat(double value) {
  const double rounded = std::round(value);
  if (!(rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0)) {
    Refuse(
        "Illegal conversion of non-finite or out of range floating point number to an integer: " +
        WriteFloat64(value));
  }
  return static_cast<int64_t>(rounded);
}
Decimal NumericOfFloat(double value) {
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", 30, value);
  const std::optional<Numeric> read = std::isfinite(value) ? ReadNumeric(text) : std::nullopt;
  if (!read)
    Refuse("Illegal conversion of floating point number to NUMERIC: " + WriteFloat64(value));
  return Decimal{*read};
}
double FloatOfNumeric(Decimal value) { return *ReadFloat64(WriteNumeric(value.value)); }
std::string TextOfFloat(double value) { return WriteFloat64(value); }
// FORMAT's %t, which shows that it is no integer.
std::string ShownFloat(double value) {
  std::string text = WriteFloat64(value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}
std::string TextOfNumeric(Decimal value) { return WriteNumeric(value.value); }

// The position for DuckDB's list_extract, which counts from one; NULL for a SAFE_ one outside.
std::optional<int64_t> Index(int64_t index, int64_t size, int64_t first, bool safe) {
  if (index >= first && index - first < size) return index - first + 1;
  if (safe) return std::nullopt;
  Refuse("Array index " + std::to_string(index) + " is out of bounds");
}

std::vector<int64_t> Generate(int64_t first, int64_t last, int64_t step) {
  if (step == 0) Refuse("Sequence step cannot be 0.");
  std::vector<int64_t> values;
  for (int64_t at = first; step > 0 ? at <= last : at >= last;) {
    if (values.size() == 1'000'000) Refuse("Sequence is too long");
    values.push_back(at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return values;
}

}  // namespace

bool RegisterNumberFunctions(duckdb_connection connection) {
  return RegisterScalar<&Equal>(connection, "bq_float64_eq") &&
         RegisterScalar<&NotEqual>(connection, "bq_float64_ne") &&
         RegisterScalar<&Less>(connection, "bq_float64_lt") &&
         RegisterScalar<&LessOrEqual>(connection, "bq_float64_le") &&
         RegisterScalar<&Greater>(connection, "bq_float64_gt") &&
         RegisterScalar<&GreaterOrEqual>(connection, "bq_float64_ge") &&
         RegisterScalar<&Add>(connection, "bq_float64_add") &&
         RegisterScalar<&Subtract>(connection, "bq_float64_subtract") &&
         RegisterScalar<&Multiply>(connection, "bq_float64_multiply") &&
         RegisterScalar<&Divide>(connection, "bq_float64_divide") &&
         RegisterScalar<&AddNumeric>(connection, "bq_numeric_add") &&
         RegisterScalar<&SubtractNumeric>(connection, "bq_numeric_subtract") &&
         RegisterScalar<&MultiplyDecimal>(connection, "bq_numeric_multiply") &&
         RegisterScalar<&DivideDecimal>(connection, "bq_numeric_divide") &&
         RegisterScalar<&ModuloDecimal>(connection, "bq_numeric_mod") &&
         RegisterScalar<&Modulo>(connection, "bq_mod") &&
         RegisterScalar<&ShiftLeft>(connection, "bq_shift_left") &&
         RegisterScalar<&ShiftRight>(connection, "bq_shift_right") &&
         RegisterScalar<&Sum>(connection, "bq_int64_sum") &&
         RegisterScalar<&IntOfText>(connection, "bq_text_int64") &&
         RegisterScalar<&FloatOfText>(connection, "bq_text_float64") &&
         RegisterScalar<&NumericOfText>(connection, "bq_text_numeric") &&
         RegisterScalar<&IntOfFloat>(connection, "bq_float64_int64") &&
         RegisterScalar<&NumericOfFloat>(connection, "bq_float64_numeric") &&
         RegisterScalar<&FloatOfNumeric>(connection, "bq_numeric_float64") &&
         RegisterScalar<&TextOfFloat>(connection, "bq_float64_text") &&
         RegisterScalar<&ShownFloat>(connection, "bq_float64_shown") &&
         RegisterScalar<&TextOfNumeric>(connection, "bq_numeric_text") &&
         RegisterScalar<&Index>(connection, "bq_index") &&
         RegisterScalar<&Generate>(connection, "bq_generate");
}

}  // namespace salvor::testing::bigquery::googlesql
