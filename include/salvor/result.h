// Result<T>: a value or an Error. No function of salvor's throws, but where memory runs out.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "salvor/error.h"

namespace salvor {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

inline tl::unexpected<Error> Fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> Fail(Code code, std::string what, std::string where = {},
                                  std::string next = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(next)});
}

}  // namespace salvor
