// FORMAT_DATE and its kin (the "Format elements" page), for the usual elements. Throws Refusal for
// the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace salvor::testing::bigquery::googlesql {

// `kind` is DATE, DATETIME, TIME, or a zone's name.
std::string FormatTime(std::string_view format, int64_t wall, std::string_view kind);

}  // namespace salvor::testing::bigquery::googlesql
