#include "delta/duckdb/functions.h"

#include <algorithm>
#include <string>
#include <utility>

namespace salvor::delta {
namespace {

FunctionState& StateOf(duckdb_function_info info) {
  return *static_cast<FunctionState*>(duckdb_scalar_function_get_extra_info(info));
}

void JudgeChunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const FunctionState& state = StateOf(info);
  const idx_t count = duckdb_data_chunk_get_size(input);
  auto* keeps = static_cast<bool*>(duckdb_vector_get_data(output));
  if (state.filter == nullptr) {
    std::fill_n(keeps, count, true);
    return;
  }
  const auto* files =
      static_cast<uint64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 0)));
  const auto* rows =
      static_cast<int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 1)));
  state.filter->Judge(files, rows, count, keeps);
}

void TakeChunk(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  FunctionState& state = StateOf(info);
  const idx_t count = duckdb_data_chunk_get_size(input);
  std::fill_n(static_cast<bool*>(duckdb_vector_get_data(output)), count, true);
  if (state.take == nullptr || count == 0) return;
  Status taken = (*state.take)(input);
  if (taken) return;
  const std::lock_guard lock(state.mutex);
  if (!state.error) state.error = std::move(taken).error();
  duckdb_scalar_function_set_error(info, "stopped");
}

class Function {
 public:
  Function(const char* name, duckdb_scalar_function_t body, FunctionState& state)
      : name_(name), function_(duckdb_create_scalar_function()) {
    duckdb_scalar_function_set_name(function_, name);
    duckdb_scalar_function_set_extra_info(function_, &state, nullptr);
    duckdb_scalar_function_set_function(function_, body);
    WithType(DUCKDB_TYPE_BOOLEAN, [this](duckdb_logical_type type) {
      duckdb_scalar_function_set_return_type(function_, type);
    });
  }
  ~Function() { duckdb_destroy_scalar_function(&function_); }
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  void AddParameter(duckdb_type id) {
    WithType(id, [this](duckdb_logical_type type) {
      duckdb_scalar_function_add_parameter(function_, type);
    });
  }
  // Any number of arguments of any types, NULLs among them; no row is spared for being like
  // another.
  void TakeAnything() {
    WithType(DUCKDB_TYPE_ANY, [this](duckdb_logical_type type) {
      duckdb_scalar_function_set_varargs(function_, type);
    });
    duckdb_scalar_function_set_special_handling(function_);
    duckdb_scalar_function_set_volatile(function_);
  }
  Status Register(duckdb_connection connection) {
    if (duckdb_register_scalar_function(connection, function_) == DuckDBSuccess) return Done{};
    return Fail(Code::kInternal, std::string("DuckDB refuses the function ") + name_);
  }

 private:
  template <typename Use>
  static void WithType(duckdb_type id, Use use) {
    duckdb_logical_type type = duckdb_create_logical_type(id);
    use(type);
    duckdb_destroy_logical_type(&type);
  }

  const char* name_;
  duckdb_scalar_function function_;
};

}  // namespace

Status RegisterFunctions(duckdb_connection connection, FunctionState& state) {
  Function keeps("salvor_keeps", JudgeChunk, state);
  keeps.AddParameter(DUCKDB_TYPE_UBIGINT);
  keeps.AddParameter(DUCKDB_TYPE_BIGINT);
  SALVOR_OK(keeps.Register(connection));
  Function take("salvor_take", TakeChunk, state);
  take.TakeAnything();
  return take.Register(connection);
}

}  // namespace salvor::delta
