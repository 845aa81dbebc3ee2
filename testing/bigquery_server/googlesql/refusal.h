// What ends the reading of a statement. Inside this folder a refusal unwinds as an exception, since
// nothing is to be mended on the way; script.cc turns it into an Error at the folder's edge.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/result.h"

namespace salvor::testing::bigquery::googlesql {

struct Refusal {
  Error error;
};

// kInvalidArgument, which the server answers as 400 invalidQuery.
[[noreturn]] inline void Refuse(std::string what) {
  throw Refusal{Error{Code::kInvalidArgument, std::move(what), {}, {}}};
}

template <typename T>
T OrRefuse(Result<T> result) {
  if (!result) throw Refusal{std::move(result).error()};
  return std::move(result).value();
}

}  // namespace salvor::testing::bigquery::googlesql
