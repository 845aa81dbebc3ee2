// libduckdb, opened when it is first needed (io/dynamic_library.h): linking it would cost every
// command some 11 ms (60 MiB to relocate), which is more than most of them need otherwise.
//
// Inside salvor::delta the names below stand for DuckDB's C functions of the same names. One that
// is not listed is an undefined symbol for the linker: add it here.
#pragma once

#include <duckdb.h>

#include "base/result.h"
#include "io/dynamic_library.h"

namespace salvor::delta {

// Call before the first call of any function below; thread-safe, may be called again. kUnavailable:
// the library cannot be opened; kUnsupported: it is one that lacks a function. The library stays
// open until the program ends.
Status LoadDuckLibrary();

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a list of names, told once
#define SALVOR_DUCK_FUNCTIONS(X)                 \
  X(duckdb_close)                                \
  X(duckdb_connect)                              \
  X(duckdb_create_config)                        \
  X(duckdb_create_date)                          \
  X(duckdb_create_double)                        \
  X(duckdb_create_float)                         \
  X(duckdb_create_hugeint)                       \
  X(duckdb_create_logical_type)                  \
  X(duckdb_create_scalar_function)               \
  X(duckdb_create_timestamp)                     \
  X(duckdb_create_timestamp_tz)                  \
  X(duckdb_create_uhugeint)                      \
  X(duckdb_data_chunk_get_column_count)          \
  X(duckdb_data_chunk_get_size)                  \
  X(duckdb_data_chunk_get_vector)                \
  X(duckdb_destroy_config)                       \
  X(duckdb_destroy_data_chunk)                   \
  X(duckdb_destroy_logical_type)                 \
  X(duckdb_destroy_pending)                      \
  X(duckdb_destroy_prepare)                      \
  X(duckdb_destroy_result)                       \
  X(duckdb_destroy_scalar_function)              \
  X(duckdb_destroy_value)                        \
  X(duckdb_disconnect)                           \
  X(duckdb_execute_pending)                      \
  X(duckdb_fetch_chunk)                          \
  X(duckdb_free)                                 \
  X(duckdb_get_type_id)                          \
  X(duckdb_get_varchar)                          \
  X(duckdb_library_version)                      \
  X(duckdb_list_vector_get_child)                \
  X(duckdb_open_ext)                             \
  X(duckdb_pending_error)                        \
  X(duckdb_pending_execute_task)                 \
  X(duckdb_pending_execution_is_finished)        \
  X(duckdb_pending_prepared_streaming)           \
  X(duckdb_prepare)                              \
  X(duckdb_prepare_error)                        \
  X(duckdb_register_scalar_function)             \
  X(duckdb_result_error)                         \
  X(duckdb_scalar_function_add_parameter)        \
  X(duckdb_scalar_function_get_extra_info)       \
  X(duckdb_scalar_function_set_error)            \
  X(duckdb_scalar_function_set_extra_info)       \
  X(duckdb_scalar_function_set_function)         \
  X(duckdb_scalar_function_set_name)             \
  X(duckdb_scalar_function_set_return_type)      \
  X(duckdb_scalar_function_set_special_handling) \
  X(duckdb_scalar_function_set_varargs)          \
  X(duckdb_scalar_function_set_volatile)         \
  X(duckdb_set_config)                           \
  X(duckdb_struct_vector_get_child)              \
  X(duckdb_validity_row_is_valid)                \
  X(duckdb_vector_get_column_type)               \
  X(duckdb_vector_get_data)                      \
  X(duckdb_vector_get_validity)

SALVOR_DUCK_FUNCTIONS(SALVOR_LATE_DECLARE)

}  // namespace salvor::delta
