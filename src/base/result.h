// salvor/result.h, with what passes an error on.
#pragma once

#include "salvor/result.h"

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
