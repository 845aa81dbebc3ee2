#include "delta/duckdb/database.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "delta/duckdb/error.h"
#include "delta/duckdb/functions.h"

namespace salvor::delta {

namespace {

std::string Quoted(std::string_view text, char quote) {
  std::string quoted;
  quoted.reserve(text.size() + 2);
  quoted += quote;
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  quoted += quote;
  return quoted;
}

// DuckDB takes SQL as a C string: all that follows a NUL would be cut off, a closing quote with it.
Status RefuseNul(const std::string& sql) {
  if (sql.find('\0') == std::string::npos) return Done{};
  return Fail(Code::kInvalidArgument, "a name or value with a NUL byte cannot be put into SQL", {},
              "Correct the name");
}

// In a pattern, [x] means x; there is no such way to say a backslash, which DuckDB takes for a
// second kind of slash there. A path without pattern characters is taken as it is.
Result<std::string> LiteralPath(const std::string& path) {
  if (path.empty() || path[0] != '/') {
    return Fail(Code::kInternal, "a path for DuckDB must be absolute", path);
  }
  if (path.find_first_of("*?[") == std::string::npos) return path;
  if (path.find('\\') != std::string::npos) {
    return Fail(Code::kUnsupported, "a path with a backslash and one of *?[ cannot be read", path,
                "Rename the folder");
  }
  std::string escaped;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      escaped.append("[").append(1, c).append("]");
    } else {
      escaped += c;
    }
  }
  return escaped;
}

struct Setting {
  const char* name;
  std::string value;
};

std::vector<Setting> SettingsOf(const Duck::Options& options) {
  std::vector<Setting> settings = {
      {"memory_limit", std::to_string(options.memory_limit_bytes) + "B"},
      {"temp_directory", options.temporary_directory},
      {"preserve_insertion_order", "false"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"allow_unsigned_extensions", "false"},
      {"allow_persistent_secrets", "false"},
      // What was read once is not read again, and what it keeps counts against the limit.
      {"enable_external_file_cache", "false"},
      // Freed pages go back to the system early: the memory budget is the whole process's.
      {"allocator_flush_threshold", "16MB"},
      {"allocator_bulk_deallocation_flush_threshold", "64MB"},
  };
  if (options.threads > 0) settings.push_back({"threads", std::to_string(options.threads)});
  return settings;
}

// A result that is destroyed with its scope.
struct OwnedResult {
  explicit OwnedResult(std::string_view sql) : statement(sql) {}
  ~OwnedResult() { duckdb_destroy_result(&result); }
  OwnedResult(const OwnedResult&) = delete;
  OwnedResult& operator=(const OwnedResult&) = delete;

  // duckdb_fetch_chunk ends a stream with nothing both at the end and on an error.
  [[nodiscard]] Status Check() {
    const char* message = duckdb_result_error(&result);
    if (message == nullptr || *message == '\0') return Done{};
    return Fail(ErrorOfDuck(message, statement));
  }

  std::string_view statement;
  duckdb_result result = {};
};

struct OwnedStatement {
  OwnedStatement() = default;
  ~OwnedStatement() { duckdb_destroy_prepare(&statement); }
  OwnedStatement(const OwnedStatement&) = delete;
  OwnedStatement& operator=(const OwnedStatement&) = delete;
  duckdb_prepared_statement statement = nullptr;
};

struct OwnedPending {
  OwnedPending() = default;
  ~OwnedPending() { duckdb_destroy_pending(&pending); }
  OwnedPending(const OwnedPending&) = delete;
  OwnedPending& operator=(const OwnedPending&) = delete;
  duckdb_pending_result pending = nullptr;
};

Error ErrorFrom(const char* message, std::string_view sql) {
  return ErrorOfDuck(message == nullptr ? "" : message, sql);
}

// Works on the statement until its result begins. While all there is to do is in other threads'
// hands (one reads the one row group of a file) this one sleeps: DuckDB's own loop would spin.
Status Work(duckdb_pending_result pending, std::string_view sql) {
  constexpr std::chrono::microseconds kShortest{20};
  constexpr std::chrono::microseconds kLongest{500};
  auto pause = kShortest;
  while (true) {
    const duckdb_pending_state state = duckdb_pending_execute_task(pending);
    if (state == DUCKDB_PENDING_ERROR) return Fail(ErrorFrom(duckdb_pending_error(pending), sql));
    if (duckdb_pending_execution_is_finished(state)) return Done{};
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, kLongest);
    } else {
      pause = kShortest;
    }
  }
}

Status StreamOn(duckdb_connection connection, const std::string& sql,
                const std::function<Status(duckdb_data_chunk)>& take) {
  OwnedStatement statement;
  if (duckdb_prepare(connection, sql.c_str(), &statement.statement) != DuckDBSuccess)
    return Fail(ErrorFrom(duckdb_prepare_error(statement.statement), sql));
  OwnedPending pending;
  if (duckdb_pending_prepared_streaming(statement.statement, &pending.pending) != DuckDBSuccess)
    return Fail(ErrorFrom(duckdb_pending_error(pending.pending), sql));
  SALVOR_OK(Work(pending.pending, sql));
  OwnedResult result(sql);
  if (duckdb_execute_pending(pending.pending, &result.result) != DuckDBSuccess) {
    SALVOR_OK(result.Check());
    return Fail(Code::kInternal, "DuckDB failed without a message");
  }
  while (duckdb_data_chunk chunk = duckdb_fetch_chunk(result.result)) {
    Status taken = take(chunk);
    duckdb_destroy_data_chunk(&chunk);
    SALVOR_OK(taken);
  }
  return result.Check();
}

Status RunOn(duckdb_connection connection, const std::string& sql) {
  return StreamOn(connection, sql, [](duckdb_data_chunk) -> Status { return Done{}; });
}

// The value's text as DuckDB's own cast writes it; takes the value.
std::string TextOfValue(duckdb_value value) {
  char* text = duckdb_get_varchar(value);
  std::string copy = text == nullptr ? "" : text;
  duckdb_free(text);
  duckdb_destroy_value(&value);
  return copy;
}

template <typename T>
T At(duckdb_vector vector, uint64_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

Result<std::string> CellText(duckdb_type type, duckdb_vector vector, uint64_t row) {
  switch (type) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
      return std::string(TextAt(vector, row));
    case DUCKDB_TYPE_BOOLEAN:
      return std::string(At<bool>(vector, row) ? "true" : "false");
    case DUCKDB_TYPE_TINYINT:
      return std::to_string(At<int8_t>(vector, row));
    case DUCKDB_TYPE_SMALLINT:
      return std::to_string(At<int16_t>(vector, row));
    case DUCKDB_TYPE_INTEGER:
      return std::to_string(At<int32_t>(vector, row));
    case DUCKDB_TYPE_BIGINT:
      return std::to_string(At<int64_t>(vector, row));
    case DUCKDB_TYPE_UTINYINT:
      return std::to_string(At<uint8_t>(vector, row));
    case DUCKDB_TYPE_USMALLINT:
      return std::to_string(At<uint16_t>(vector, row));
    case DUCKDB_TYPE_UINTEGER:
      return std::to_string(At<uint32_t>(vector, row));
    case DUCKDB_TYPE_UBIGINT:
      return std::to_string(At<uint64_t>(vector, row));
    case DUCKDB_TYPE_HUGEINT:
      return TextOfValue(duckdb_create_hugeint(At<duckdb_hugeint>(vector, row)));
    case DUCKDB_TYPE_UHUGEINT:
      return TextOfValue(duckdb_create_uhugeint(At<duckdb_uhugeint>(vector, row)));
    case DUCKDB_TYPE_FLOAT:
      return TextOfValue(duckdb_create_float(At<float>(vector, row)));
    case DUCKDB_TYPE_DOUBLE:
      return TextOfValue(duckdb_create_double(At<double>(vector, row)));
    case DUCKDB_TYPE_DATE:
      return TextOfValue(duckdb_create_date(At<duckdb_date>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP:
      return TextOfValue(duckdb_create_timestamp(At<duckdb_timestamp>(vector, row)));
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return TextOfValue(duckdb_create_timestamp_tz(At<duckdb_timestamp>(vector, row)));
    default:
      return Fail(Code::kInternal, "a column of a small result has no text form (type " +
                                       std::to_string(type) + "): cast it in the statement");
  }
}

std::vector<duckdb_type> ColumnTypes(duckdb_data_chunk chunk) {
  std::vector<duckdb_type> types;
  for (idx_t column = 0; column < duckdb_data_chunk_get_column_count(chunk); ++column) {
    duckdb_logical_type type =
        duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunk, column));
    types.push_back(duckdb_get_type_id(type));
    duckdb_destroy_logical_type(&type);
  }
  return types;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) { return Quoted(name, '"'); }

std::string QuoteLiteral(std::string_view text) { return Quoted(text, '\''); }

std::string QuoteList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ", ";
    list += QuoteLiteral(text);
  }
  return list + "]";
}

Result<std::string> QuoteFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> literal;
  literal.reserve(paths.size());
  for (const std::string& path : paths) {
    SALVOR_TRY(std::string escaped, LiteralPath(path));
    literal.push_back(std::move(escaped));
  }
  return QuoteList(literal);
}

std::string_view TextAt(duckdb_vector vector, uint64_t row) {
  return TextOf(static_cast<const duckdb_string_t*>(duckdb_vector_get_data(vector))[row]);
}

bool IsNull(duckdb_vector vector, uint64_t row) {
  uint64_t* validity = duckdb_vector_get_validity(vector);
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, row);
}

struct Duck::State {
  explicit State(Options given) : options(std::move(given)) {}
  ~State() {
    if (database == nullptr) return;
    duckdb_disconnect(&connection);
    duckdb_close(&database);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Status Open() {
    if (connection != nullptr) return Done{};
    SALVOR_OK(OpenDatabase());
    duckdb_connection fresh = nullptr;
    if (duckdb_connect(database, &fresh) != DuckDBSuccess) {
      return Fail(Code::kUnavailable, "DuckDB could not open a connection", {}, "Run again");
    }
    // Instants are read and written in UTC whatever the machine's zone is; then nothing that a file
    // or a name smuggles into a statement can loosen the settings again.
    Status ready = RegisterFunctions(fresh, functions);
    if (ready) ready = RunOn(fresh, "SET TimeZone = 'UTC'");
    if (ready) ready = RunOn(fresh, "SET lock_configuration = true");
    if (!ready) {
      duckdb_disconnect(&fresh);
      return ready;
    }
    connection = fresh;
    return Done{};
  }

  Status OpenDatabase() {
    if (database != nullptr) return Done{};
    SALVOR_OK(LoadDuckLibrary());
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    Status status = Done{};
    for (const Setting& setting : SettingsOf(options)) {
      if (duckdb_set_config(config, setting.name, setting.value.c_str()) != DuckDBSuccess) {
        status = Fail(Code::kInternal, std::string("DuckDB refuses the setting ") + setting.name +
                                           " = " + setting.value);
      }
    }
    char* error = nullptr;
    if (status && duckdb_open_ext(nullptr, &database, config, &error) != DuckDBSuccess) {
      status = Fail(ErrorOfDuck(error == nullptr ? "" : error, {}));
    }
    duckdb_free(error);
    duckdb_destroy_config(&config);
    return status;
  }

  const Options options;
  std::mutex mutex;  // one statement at a time: a connection holds one result open
  FunctionState functions;
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
};

Duck::Duck(Options options) : state_(std::make_unique<State>(std::move(options))) {}

Duck::~Duck() = default;

Status Duck::Run(const std::string& sql) {
  SALVOR_OK(RefuseNul(sql));
  const std::lock_guard lock(state_->mutex);
  SALVOR_OK(state_->Open());
  return RunOn(state_->connection, sql);
}

Status Duck::Stream(const std::string& sql, const std::function<Status(duckdb_data_chunk)>& take) {
  SALVOR_OK(RefuseNul(sql));
  const std::lock_guard lock(state_->mutex);
  SALVOR_OK(state_->Open());
  return StreamOn(state_->connection, sql, take);
}

Status Duck::Scan(const std::string& columns, const std::string& from,
                  const std::function<Status(duckdb_data_chunk)>& take) {
  const std::string sql = "SELECT bool_and(salvor_take(" + columns + ")) FROM " + from;
  SALVOR_OK(RefuseNul(sql));
  const std::lock_guard lock(state_->mutex);
  SALVOR_OK(state_->Open());
  FunctionState& functions = state_->functions;
  functions.error.reset();
  functions.take = &take;
  Status ran = RunOn(state_->connection, sql);
  functions.take = nullptr;
  if (functions.error) return Fail(std::move(*functions.error));
  return ran;
}

Result<std::vector<Duck::Row>> Duck::Rows(const std::string& sql) {
  std::vector<Row> rows;
  SALVOR_OK(Stream(sql, [&](duckdb_data_chunk chunk) -> Status {
    const std::vector<duckdb_type> types = ColumnTypes(chunk);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      Row cells(types.size());
      for (size_t column = 0; column < types.size(); ++column) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
        if (IsNull(vector, row)) continue;
        SALVOR_TRY(cells[column], CellText(types[column], vector, row));
      }
      rows.push_back(std::move(cells));
    }
    return Done{};
  }));
  return rows;
}

void Duck::SetRowFilter(std::shared_ptr<const RowFilter> filter) {
  const std::lock_guard lock(state_->mutex);
  state_->functions.filter = std::move(filter);
}

Result<std::string> Duck::Version() {
  SALVOR_OK(LoadDuckLibrary());
  std::string version = duckdb_library_version();
  if (version.starts_with('v')) version.erase(0, 1);
  return "duckdb " + version;
}

Result<duckdb_connection> Duck::Connection() {
  const std::lock_guard lock(state_->mutex);
  SALVOR_OK(state_->Open());
  return state_->connection;
}

}  // namespace salvor::delta
