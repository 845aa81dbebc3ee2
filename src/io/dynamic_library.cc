#include "io/dynamic_library.h"

#include <dlfcn.h>

#include <string>

namespace salvor::io {
namespace {

std::string WhyNot() {
  const char* message = dlerror();  // NOLINT(concurrency-mt-unsafe): the state is each thread's own
  return message == nullptr ? "no reason given" : message;
}

}  // namespace

Status BindLibrary(const DynamicLibrary& library, const std::vector<DynamicSymbol*>& symbols) {
  void* const handle = dlopen(library.file, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Fail(Code::kUnavailable, std::string(library.title) + " cannot be opened: " + WhyNot(),
                library.file, std::string(library.next));
  }
  for (DynamicSymbol* const symbol : symbols) {
    symbol->address = dlsym(handle, symbol->name);
    if (symbol->address == nullptr) {
      return Fail(Code::kUnsupported,
                  std::string(library.title) + " has no function " + symbol->name, library.file,
                  std::string(library.next));
    }
  }
  return Done{};
}

}  // namespace salvor::io
