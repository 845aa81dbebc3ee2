// What bq_json needs to know of a type beside DuckDB's own: which texts are JSON already, which
// decimals, and what struct members are called in GoogleSQL.
//
//   shape   := letter | "[" shape | "{" count ":" (length ":" name shape)*
//   letter  := I F L S B D W C T N J
#pragma once

#include <string>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

std::string JsonShape(const Type& type);

}  // namespace salvor::testing::bigquery::googlesql
