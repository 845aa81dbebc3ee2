// Functions of a shared library that is opened when one of them is first needed and not when the
// program starts: a library and what it links cost each process milliseconds to load and relocate,
// and most commands never need it.
//
// A room that uses one has a header with an X macro of the functions it calls. SALVOR_LATE_DECLARE
// makes an object of the same name of each, in the room's namespace, where it hides the C function;
// a function that is not listed is an undefined symbol for the linker.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::io {

struct DynamicSymbol {
  const char* name;
  void* address = nullptr;
};

// Called like the function it stands for. Its library must have been bound before: see BindLibrary.
template <typename Function>
class DynamicFunction;

template <typename R, typename... A>
class DynamicFunction<R(A...)> : public DynamicSymbol {
 public:
  constexpr explicit DynamicFunction(const char* symbol) : DynamicSymbol{symbol} {}
  R operator()(A... arguments) const {
    return reinterpret_cast<R (*)(A...)>(address)(arguments...);
  }
};

template <typename R, typename... A>
class DynamicFunction<R(A..., ...)> : public DynamicSymbol {
 public:
  constexpr explicit DynamicFunction(const char* symbol) : DynamicSymbol{symbol} {}
  template <typename... More>
  R operator()(A... arguments, More... more) const {
    return reinterpret_cast<R (*)(A..., ...)>(address)(arguments..., more...);
  }
};

struct DynamicLibrary {
  std::string_view title;  // as in "DuckDB's library"
  const char* file;        // as the system's loader looks for it: libduckdb.so
  std::string_view next;   // what to do when it is not there
};

// Opens the library and finds each symbol. It stays open until the program ends. Not thread-safe
// for the same symbols: call it from a function's static. kUnavailable: it cannot be opened;
// kUnsupported: it lacks a function.
Status BindLibrary(const DynamicLibrary& library, const std::vector<DynamicSymbol*>& symbols);

}  // namespace salvor::io

// NOLINTBEGIN(cppcoreguidelines-macro-usage): each is a step over a list of names, told once
#define SALVOR_LATE_DECLARE(name) extern ::salvor::io::DynamicFunction<decltype(::name)> name;
#define SALVOR_LATE_DEFINE(name) \
  constinit ::salvor::io::DynamicFunction<decltype(::name)> name{#name};
#define SALVOR_LATE_ADDRESS(name) &name,
// NOLINTEND(cppcoreguidelines-macro-usage)
