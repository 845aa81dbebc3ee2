// DuckDB's vectors to REST's rows. Source: rest/v2/tabledata/list (values as text).
#include <date/date.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/store/base64.h"
#include "testing/bigquery_server/store/row_json.h"

namespace salvor::testing::bigquery {

namespace {

template <typename T>
T At(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string DayText(int64_t days) { return date::format("%F", date::sys_days(date::days(days))); }

// "10:20:30", with a fraction of six digits where there is one.
std::string TimeText(int64_t micros_of_day) {
  const int64_t seconds = micros_of_day / 1'000'000;
  std::string text =
      fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const int64_t fraction = micros_of_day % 1'000'000; fraction != 0) {
    text += fmt::format(".{:06}", fraction);
  }
  return text;
}

std::string DatetimeText(int64_t micros) {
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t days = micros >= 0 ? micros / kDay : -((-micros + kDay - 1) / kDay);
  return DayText(days) + "T" + TimeText(micros - days * kDay);
}

// A 128-bit integer with `scale` digits after the point, without trailing zeros.
std::string DecimalText(duckdb_hugeint value, unsigned scale) {
  __extension__ using Wide = __int128;
  Wide wide = static_cast<Wide>(value.upper) << 64U | static_cast<Wide>(value.lower);
  const bool negative = wide < 0;
  std::string digits;
  do {
    const int digit = static_cast<int>(wide % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    wide /= 10;
  } while (wide != 0);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  std::string text = digits.substr(0, digits.size() - scale);
  std::string fraction = digits.substr(digits.size() - scale);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) text += "." + fraction;
  return negative ? "-" + text : text;
}

duckdb_hugeint Widened(int64_t value) { return {static_cast<uint64_t>(value), value < 0 ? -1 : 0}; }

// Whatever integer or decimal DuckDB chose for the column.
Result<std::string> NumberText(duckdb_vector vector, idx_t row) {
  duckdb_logical_type type = duckdb_vector_get_column_type(vector);
  duckdb_type id = duckdb_get_type_id(type);
  unsigned scale = 0;
  if (id == DUCKDB_TYPE_DECIMAL) {
    scale = duckdb_decimal_scale(type);
    id = duckdb_decimal_internal_type(type);
  }
  duckdb_destroy_logical_type(&type);
  switch (id) {
    case DUCKDB_TYPE_TINYINT:
      return DecimalText(Widened(At<int8_t>(vector, row)), scale);
    case DUCKDB_TYPE_SMALLINT:
      return DecimalText(Widened(At<int16_t>(vector, row)), scale);
    case DUCKDB_TYPE_INTEGER:
      return DecimalText(Widened(At<int32_t>(vector, row)), scale);
    case DUCKDB_TYPE_BIGINT:
      return DecimalText(Widened(At<int64_t>(vector, row)), scale);
    case DUCKDB_TYPE_HUGEINT:
      return DecimalText(At<duckdb_hugeint>(vector, row), scale);
    case DUCKDB_TYPE_UTINYINT:
      return std::to_string(At<uint8_t>(vector, row));
    case DUCKDB_TYPE_USMALLINT:
      return std::to_string(At<uint16_t>(vector, row));
    case DUCKDB_TYPE_UINTEGER:
      return std::to_string(At<uint32_t>(vector, row));
    case DUCKDB_TYPE_UBIGINT:
      return std::to_string(At<uint64_t>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return FloatText(At<double>(vector, row));
    default:
      return Fail(Code::kInternal, "a number came as DuckDB's type " + std::to_string(id));
  }
}

Result<Json> Cell(const Type& type, duckdb_vector vector, idx_t row);

Result<Json> ListCell(const Type& type, duckdb_vector vector, idx_t row) {
  Json list = Json::array();
  const auto entry = At<duckdb_list_entry>(vector, row);
  duckdb_vector child = duckdb_list_vector_get_child(vector);
  for (uint64_t i = 0; i < entry.length; ++i) {
    SALVOR_TRY(Json value, Cell(type.fields.front().type, child, entry.offset + i));
    list.push_back({{"v", std::move(value)}});
  }
  return list;
}

Result<Json> Cell(const Type& type, duckdb_vector vector, idx_t row) {
  if (delta::IsNull(vector, row)) {
    return type.kind == TypeKind::kArray ? Json(Json::array()) : Json(nullptr);
  }
  switch (type.kind) {
    case TypeKind::kBool:
      return Json(At<bool>(vector, row) ? "true" : "false");
    case TypeKind::kString:
    case TypeKind::kJson:
      return Json(std::string(delta::TextAt(vector, row)));
    case TypeKind::kBytes:
      return Json(EncodeBase64(delta::TextAt(vector, row)));
    case TypeKind::kDate:
      return Json(DayText(At<int32_t>(vector, row)));
    case TypeKind::kDatetime:
      return Json(DatetimeText(At<int64_t>(vector, row)));
    case TypeKind::kTime:
      return Json(TimeText(At<int64_t>(vector, row)));
    case TypeKind::kTimestamp:
      return Json(std::to_string(At<int64_t>(vector, row)));
    case TypeKind::kArray:
      return ListCell(type, vector, row);
    case TypeKind::kStruct: {
      Json cells = Json::array();
      for (size_t i = 0; i < type.fields.size(); ++i) {
        SALVOR_TRY(Json value,
                   Cell(type.fields[i].type, duckdb_struct_vector_get_child(vector, i), row));
        cells.push_back({{"v", std::move(value)}});
      }
      return Json{{"f", std::move(cells)}};
    }
    case TypeKind::kFloat64:
    case TypeKind::kInt64:
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      break;
  }
  SALVOR_TRY(std::string text, NumberText(vector, row));
  return Json(std::move(text));
}

Json FloatTimestamp(const Json& value, const Type& type) {
  if (value.is_null()) return value;
  if (type.kind == TypeKind::kTimestamp) {
    const int64_t micros = ParseNumber(value.get<std::string>()).value_or(0);
    return FloatText(static_cast<double>(micros) / 1e6);
  }
  Json changed = value;
  if (type.kind == TypeKind::kArray) {
    for (Json& element : changed) {
      element["v"] = FloatTimestamp(element["v"], type.fields.front().type);
    }
  } else if (type.kind == TypeKind::kStruct) {
    changed = WithFloatTimestamps(value, type.fields);
  }
  return changed;
}

}  // namespace

Json WithFloatTimestamps(const Json& row, const std::vector<Field>& fields) {
  Json changed = row;
  for (size_t i = 0; i < fields.size(); ++i) {
    Json& value = changed["f"][i]["v"];
    value = FloatTimestamp(value, fields[i].type);
  }
  return changed;
}

Result<std::vector<Json>> RestRows(delta::Duck& duck, const std::string& sql,
                                   const std::vector<Field>& fields, size_t limit) {
  std::vector<Json> rows;
  SALVOR_OK(duck.Stream(sql, [&](duckdb_data_chunk chunk) -> Status {
    if (duckdb_data_chunk_get_column_count(chunk) != fields.size()) {
      return Fail(Code::kInternal, "a statement gave another number of columns than it said");
    }
    const idx_t count = duckdb_data_chunk_get_size(chunk);
    if (rows.size() + count > limit)
      return Refuse("responseTooLarge", "Response too large to return");
    for (idx_t row = 0; row < count; ++row) {
      Json cells = Json::array();
      for (size_t i = 0; i < fields.size(); ++i) {
        SALVOR_TRY(Json value, Cell(fields[i].type, duckdb_data_chunk_get_vector(chunk, i), row));
        cells.push_back({{"v", std::move(value)}});
      }
      rows.push_back({{"f", std::move(cells)}});
    }
    return Done{};
  }));
  return rows;
}

}  // namespace salvor::testing::bigquery
