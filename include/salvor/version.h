// Which salvor this is.
#pragma once

#include <string_view>

#pragma GCC visibility push(default)
namespace salvor {

/// "0.1.0", of the library that runs, which need not be the one that these headers came with.
std::string_view Version();

}  // namespace salvor
#pragma GCC visibility pop
