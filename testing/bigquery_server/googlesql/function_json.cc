#include <cmath>

#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/duck_function.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr int64_t kMostExact = int64_t{1} << 53U;  // a JSON reader's double holds no more

// TO_JSON_STRING's escapes: the two-letter ones, \u00xx for other controls, and what ends a line in
// JavaScript.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
      case '\\':
        quoted += '\\';
        quoted += c;
        continue;
      case '\b':
        quoted += "\\b";
        continue;
      case '\f':
        quoted += "\\f";
        continue;
      case '\n':
        quoted += "\\n";
        continue;
      case '\r':
        quoted += "\\r";
        continue;
      case '\t':
        quoted += "\\t";
        continue;
      default:
        break;
    }
    const std::string_view three = text.substr(i, 3);
    if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9") {
      quoted += three == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      quoted += code;
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string Base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kAlphabet[bits >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
  return WriteFloat64(value);
}

std::string NumericText(Numeric value) {
  const std::string text = WriteNumeric(value);
  const Numeric most = static_cast<Numeric>(kMostExact) * 1'000'000'000;
  const bool plain = value % 1'000'000'000 == 0 && value <= most && value >= -most;
  return plain ? text : "\"" + text + "\"";
}

class JsonWriter {
 public:
  explicit JsonWriter(std::string_view shape) : shape_(shape) {}

  std::string Write(duckdb_vector vector, idx_t row) {
    at_ = 0;
    text_.clear();
    Value(vector, row, true);
    return std::move(text_);
  }

 private:
  size_t Number() {
    size_t number = 0;
    while (shape_[at_] != ':') number = number * 10 + static_cast<size_t>(shape_[at_++] - '0');
    ++at_;
    return number;
  }

  // Without `present` it only steps over the shape.
  void Value(duckdb_vector vector, idx_t row, bool present) {
    uint64_t* validity = present ? duckdb_vector_get_validity(vector) : nullptr;
    if (present && validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) {
      text_ += "null";
      present = false;
    }
    const char letter = shape_[at_++];
    if (letter == '[') return Array(vector, row, present);
    if (letter == '{') return Struct(vector, row, present);
    if (present) Scalar(letter, vector, row);
  }

  void Array(duckdb_vector vector, idx_t row, bool present) {
    const size_t element = at_;
    if (present) {
      const auto entry = static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row];
      duckdb_vector child = duckdb_list_vector_get_child(vector);
      text_ += '[';
      for (idx_t i = 0; i < entry.length; ++i) {
        if (i > 0) text_ += ',';
        at_ = element;
        Value(child, entry.offset + i, true);
      }
      text_ += ']';
    }
    at_ = element;
    Value(nullptr, 0, false);
  }

  void Struct(duckdb_vector vector, idx_t row, bool present) {
    const size_t members = Number();
    if (present) text_ += '{';
    for (size_t i = 0; i < members; ++i) {
      const size_t size = Number();
      if (present) text_ += (i > 0 ? "," : "") + Quoted(shape_.substr(at_, size)) + ":";
      at_ += size;
      Value(present ? duckdb_struct_vector_get_child(vector, i) : nullptr, row, present);
    }
    if (present) text_ += '}';
  }

  void Scalar(char letter, duckdb_vector vector, idx_t row) {
    switch (letter) {
      case 'I': {
        const int64_t value = Slot<int64_t>::Read(vector, row);
        const std::string digits = std::to_string(value);
        text_ += value > kMostExact || value < -kMostExact ? "\"" + digits + "\"" : digits;
        break;
      }
      case 'F':
        text_ += FloatText(Slot<double>::Read(vector, row));
        break;
      case 'L':
        text_ += Slot<bool>::Read(vector, row) ? "true" : "false";
        break;
      case 'B':
        text_ += "\"" + Base64(ViewOf(vector, row)) + "\"";
        break;
      case 'D':
        text_ += "\"" + WriteDate(Slot<Day>::Read(vector, row).days) + "\"";
        break;
      case 'W':
        text_ += "\"" + WriteDatetime(Slot<Wall>::Read(vector, row).micros, 'T') + "\"";
        break;
      case 'C':
        text_ += "\"" + WriteTime(Slot<Clock>::Read(vector, row).micros) + "\"";
        break;
      case 'T':
        text_ += "\"" + WriteDatetime(Slot<Moment>::Read(vector, row).micros, 'T') + "Z\"";
        break;
      case 'N':
        text_ += NumericText(Slot<Decimal>::Read(vector, row).value);
        break;
      case 'J':
        text_ += NormalJson(ViewOf(vector, row));
        break;
      default:
        text_ += Quoted(ViewOf(vector, row));
        break;
    }
  }

  std::string_view shape_;
  size_t at_ = 0;
  std::string text_;
};

void Call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  try {
    duckdb_vector values = duckdb_data_chunk_get_vector(input, 0);
    duckdb_vector shapes = duckdb_data_chunk_get_vector(input, 1);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); ++row) {
      const std::string text = JsonWriter(ViewOf(shapes, row)).Write(values, row);
      duckdb_vector_assign_string_element_len(output, row, text.data(), text.size());
    }
  } catch (const std::exception& fault) {
    duckdb_scalar_function_set_error(info, fault.what());
  }
}

}  // namespace

bool RegisterJsonFunction(duckdb_connection connection) {
  duckdb_scalar_function made = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(made, "bq_json");
  duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
  duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_scalar_function_add_parameter(made, any);
  duckdb_scalar_function_add_parameter(made, text);
  duckdb_scalar_function_set_return_type(made, text);
  duckdb_scalar_function_set_special_handling(made);  // NULL has a text
  duckdb_scalar_function_set_function(made, &Call);
  const bool registered = duckdb_register_scalar_function(connection, made) == DuckDBSuccess;
  duckdb_destroy_logical_type(&any);
  duckdb_destroy_logical_type(&text);
  duckdb_destroy_scalar_function(&made);
  return registered;
}

}  // namespace salvor::testing::bigquery::googlesql
