#include "delta/duck_library.h"

#include <dlfcn.h>

#include <string>

namespace salvor::delta {
namespace {

// dlerror: what the system says of the last failure.
std::string Why() {
  const char* message = dlerror();  // NOLINT(concurrency-mt-unsafe): the state is each thread's own
  return message == nullptr ? "no reason given" : message;
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define SALVOR_DEFINE(name) constinit DuckFunction<decltype(::name)> name;
SALVOR_DUCK_FUNCTIONS(SALVOR_DEFINE)
#undef SALVOR_DEFINE

Status LoadDuckLibrary() {
  // A failure is final too: the next call gives the same answer.
  static const Status loaded = []() -> Status {
    void* library = dlopen("libduckdb.so", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      return Fail(Code::kUnavailable, "DuckDB's library cannot be opened: " + Why(), "libduckdb.so",
                  "Install salvor again, or put libduckdb.so where the system looks for libraries");
    }
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define SALVOR_RESOLVE(name)                                                                      \
  name.function_ = reinterpret_cast<decltype(name.function_)>(dlsym(library, #name));             \
  if (name.function_ == nullptr) {                                                                \
    return Fail(Code::kUnsupported, "this DuckDB library has no function " #name, "libduckdb.so", \
                "Install the version of DuckDB that salvor was built with");                      \
  }
    SALVOR_DUCK_FUNCTIONS(SALVOR_RESOLVE)
#undef SALVOR_RESOLVE
    return Done{};
  }();
  return loaded;
}

}  // namespace salvor::delta
