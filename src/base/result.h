// Result<T>: a value or an Error. No exception crosses a room.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error.h"

namespace salvor {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

// Success without a value.
struct Done {};
using Status = Result<Done>;

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> Fail(Code code, std::string what, std::string where = {},
                                  std::string next = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(next)});
}

}  // namespace salvor

#define SALVOR_JOIN_INNER(a, b) a##b
#define SALVOR_JOIN(a, b) SALVOR_JOIN_INNER(a, b)

// SALVOR_TRY(auto x, Expression()): x is the value, or the function returns the error.
#define SALVOR_TRY(declaration, expression) \
  SALVOR_TRY_INNER(SALVOR_JOIN(salvor_try_, __LINE__), declaration, expression)
#define SALVOR_TRY_INNER(temporary, declaration, expression)           \
  auto temporary = (expression);                                       \
  if (!temporary) return ::salvor::Fail(std::move(temporary).error()); \
  declaration = std::move(temporary).value()

// SALVOR_OK(Expression()): go on, or return the error.
#define SALVOR_OK(expression)                              \
  do {                                                     \
    if (auto salvor_ok = (expression); !salvor_ok)         \
      return ::salvor::Fail(std::move(salvor_ok).error()); \
  } while (false)
