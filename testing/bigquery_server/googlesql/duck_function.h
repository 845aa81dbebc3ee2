// A C++ function as a scalar function in DuckDB: `RegisterScalar<&Fn>(connection, "bq_name")` reads
// the argument and result types from Fn's own. A NULL argument makes a NULL; a Refusal that Fn
// throws ends the query with its text. Fn runs on DuckDB's threads, and must be pure.
#pragma once

#include <duckdb.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/refusal.h"

namespace salvor::testing::bigquery::googlesql {

struct Bytes {
  std::string_view view;
};
struct OwnBytes {
  std::string bytes;
};
struct Day {  // DATE
  int64_t days;
};
struct Wall {  // DATETIME
  int64_t micros;
};
struct Moment {  // TIMESTAMP
  int64_t micros;
};
struct Clock {  // TIME
  int64_t micros;
};
struct Decimal {  // NUMERIC
  Numeric value;
};
struct Huge {  // what DuckDB's sum() of BIGINT gives
  Numeric value;
};

template <typename T>
struct Slot;  // how T lies in a DuckDB vector

template <typename T, typename Stored, duckdb_type id>
struct PlainSlot {
  static duckdb_logical_type Type() { return duckdb_create_logical_type(id); }
  static const Stored& At(duckdb_vector vector, idx_t row) {
    return static_cast<const Stored*>(duckdb_vector_get_data(vector))[row];
  }
  static Stored& To(duckdb_vector vector, idx_t row) {
    return static_cast<Stored*>(duckdb_vector_get_data(vector))[row];
  }
};

template <typename T, duckdb_type id>
struct ValueSlot : PlainSlot<T, T, id> {
  using Base = PlainSlot<T, T, id>;
  static T Read(duckdb_vector vector, idx_t row) { return Base::At(vector, row); }
  static void Write(duckdb_vector vector, idx_t row, T value) { Base::To(vector, row) = value; }
};
template <>
struct Slot<int64_t> : ValueSlot<int64_t, DUCKDB_TYPE_BIGINT> {};
template <>
struct Slot<double> : ValueSlot<double, DUCKDB_TYPE_DOUBLE> {};
template <>
struct Slot<bool> : ValueSlot<bool, DUCKDB_TYPE_BOOLEAN> {};

template <typename T, duckdb_type id>
struct MicrosSlot : PlainSlot<T, int64_t, id> {
  using Base = PlainSlot<T, int64_t, id>;
  static T Read(duckdb_vector vector, idx_t row) { return T{Base::At(vector, row)}; }
  static void Write(duckdb_vector vector, idx_t row, T value) {
    Base::To(vector, row) = value.micros;
  }
};
template <>
struct Slot<Wall> : MicrosSlot<Wall, DUCKDB_TYPE_TIMESTAMP> {};
template <>
struct Slot<Moment> : MicrosSlot<Moment, DUCKDB_TYPE_TIMESTAMP_TZ> {};
template <>
struct Slot<Clock> : MicrosSlot<Clock, DUCKDB_TYPE_TIME> {};

template <>
struct Slot<Day> : PlainSlot<Day, int32_t, DUCKDB_TYPE_DATE> {
  static Day Read(duckdb_vector vector, idx_t row) { return Day{At(vector, row)}; }
  static void Write(duckdb_vector vector, idx_t row, Day value) {
    To(vector, row) = static_cast<int32_t>(value.days);
  }
};

inline Numeric NumericOf(duckdb_hugeint huge) {
  return static_cast<Numeric>(huge.upper) * (static_cast<Numeric>(1) << 64U) +
         static_cast<Numeric>(huge.lower);
}
inline duckdb_hugeint HugeOf(Numeric value) {
  return duckdb_hugeint{static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64U)};
}
template <typename T, duckdb_type id>
struct WideSlot : PlainSlot<T, duckdb_hugeint, id> {
  using Base = PlainSlot<T, duckdb_hugeint, id>;
  static T Read(duckdb_vector vector, idx_t row) { return T{NumericOf(Base::At(vector, row))}; }
  static void Write(duckdb_vector vector, idx_t row, T value) {
    Base::To(vector, row) = HugeOf(value.value);
  }
};
template <>
struct Slot<Huge> : WideSlot<Huge, DUCKDB_TYPE_HUGEINT> {};
template <>
struct Slot<Decimal> : WideSlot<Decimal, DUCKDB_TYPE_DECIMAL> {
  static duckdb_logical_type Type() { return duckdb_create_decimal_type(38, 9); }
};

inline std::string_view ViewOf(duckdb_vector vector, idx_t row) {
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}
template <duckdb_type id>
struct TextSlot {
  static duckdb_logical_type Type() { return duckdb_create_logical_type(id); }
  static void WriteText(duckdb_vector vector, idx_t row, std::string_view text) {
    duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
  }
};
template <>
struct Slot<std::string_view> : TextSlot<DUCKDB_TYPE_VARCHAR> {
  static std::string_view Read(duckdb_vector vector, idx_t row) { return ViewOf(vector, row); }
};
template <>
struct Slot<Bytes> : TextSlot<DUCKDB_TYPE_BLOB> {
  static Bytes Read(duckdb_vector vector, idx_t row) { return Bytes{ViewOf(vector, row)}; }
};
template <>
struct Slot<std::string> : TextSlot<DUCKDB_TYPE_VARCHAR> {
  static void Write(duckdb_vector vector, idx_t row, const std::string& text) {
    WriteText(vector, row, text);
  }
};
template <>
struct Slot<OwnBytes> : TextSlot<DUCKDB_TYPE_BLOB> {
  static void Write(duckdb_vector vector, idx_t row, const OwnBytes& value) {
    WriteText(vector, row, value.bytes);
  }
};

template <typename T>
struct Slot<std::vector<T>> {
  static duckdb_logical_type Type() {
    duckdb_logical_type element = Slot<T>::Type();
    duckdb_logical_type list = duckdb_create_list_type(element);
    duckdb_destroy_logical_type(&element);
    return list;
  }
  static void Write(duckdb_vector vector, idx_t row, const std::vector<T>& values) {
    const idx_t before = duckdb_list_vector_get_size(vector);
    duckdb_list_vector_reserve(vector, before + values.size());
    duckdb_vector child = duckdb_list_vector_get_child(vector);
    for (size_t i = 0; i < values.size(); ++i) Slot<T>::Write(child, before + i, values[i]);
    duckdb_list_vector_set_size(vector, before + values.size());
    static_cast<duckdb_list_entry*>(duckdb_vector_get_data(vector))[row] =
        duckdb_list_entry{before, values.size()};
  }
};

template <typename T>
struct ResultOf {
  using Type = T;
};
template <typename T>
struct ResultOf<std::optional<T>> {
  using Type = T;
};

template <auto function, typename Signature = decltype(function)>
struct ScalarFunction;

template <auto function, typename R, typename... A>
struct ScalarFunction<function, R (*)(A...)> {
  using Result = typename ResultOf<R>::Type;

  template <size_t... index>
  static void Run(duckdb_data_chunk input, duckdb_vector output, std::index_sequence<index...>) {
    const idx_t rows = duckdb_data_chunk_get_size(input);
    const duckdb_vector vectors[] = {duckdb_data_chunk_get_vector(input, index)...};
    duckdb_vector_ensure_validity_writable(output);
    for (idx_t row = 0; row < rows; ++row) {
      const bool present = (Valid(vectors[index], row) && ...);
      std::optional<Result> value;
      if (present) value = function(Slot<A>::Read(vectors[index], row)...);
      if (value) {
        Slot<Result>::Write(output, row, std::move(*value));
      } else {
        duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
      }
    }
  }

  static bool Valid(duckdb_vector vector, idx_t row) {
    uint64_t* validity = duckdb_vector_get_validity(vector);
    return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
  }

  static void Call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    try {
      Run(input, output, std::index_sequence_for<A...>());
    } catch (const Refusal& refusal) {
      duckdb_scalar_function_set_error(info, refusal.error.what.c_str());
    } catch (const std::exception& fault) {
      duckdb_scalar_function_set_error(info, fault.what());
    }
  }

  static bool Register(duckdb_connection connection, const char* name, bool is_volatile) {
    duckdb_scalar_function made = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(made, name);
    for (duckdb_logical_type type : {Slot<A>::Type()...}) {
      duckdb_scalar_function_add_parameter(made, type);
      duckdb_destroy_logical_type(&type);
    }
    duckdb_logical_type result = Slot<Result>::Type();
    duckdb_scalar_function_set_return_type(made, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_function(made, &Call);
    if (is_volatile) duckdb_scalar_function_set_volatile(made);
    const bool registered = duckdb_register_scalar_function(connection, made) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&made);
    return registered;
  }
};

template <auto function>
bool RegisterScalar(duckdb_connection connection, const char* name, bool is_volatile = false) {
  return ScalarFunction<function>::Register(connection, name, is_volatile);
}

// Each file of functions registers its own; false if DuckDB refused one.
bool RegisterTextFunctions(duckdb_connection connection);
bool RegisterNumberFunctions(duckdb_connection connection);
bool RegisterTimeFunctions(duckdb_connection connection);
bool RegisterJsonFunction(duckdb_connection connection);

}  // namespace salvor::testing::bigquery::googlesql
