// The `fields` parameter: a partial answer.
#pragma once

#include <string_view>

#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

// "a,b/c,d(e,f)": only these members; a list is masked element by element. "*" takes all.
Json Masked(const Json& json, std::string_view mask);

}  // namespace salvor::testing::bigquery
