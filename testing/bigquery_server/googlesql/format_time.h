// FORMAT_DATE and its kin, and PARSE_DATE and its kin (the "Format elements" page), for the usual
// elements. Throws Refusal for the others, and for a text that does not match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace salvor::testing::bigquery::googlesql {

// `kind` is DATE, DATETIME, TIME, or a zone's name.
std::string FormatTime(std::string_view format, int64_t wall, std::string_view kind);
// The wall clock in UTC. `kind` is DATE, DATETIME or TIMESTAMP.
int64_t ParseTime(std::string_view format, std::string_view text, std::string_view kind);

}  // namespace salvor::testing::bigquery::googlesql
