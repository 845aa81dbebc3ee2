// Literals and parameters: whether a text is a value of a type, and how DuckDB is told it.
#pragma once

#include <string>
#include <string_view>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

// Of scalars but STRING, BYTES and JSON. A timestamp without a zone is UTC.
bool IsValueOf(std::string_view text, TypeKind kind);
// Of a text that IsValueOf.
std::string LiteralSql(std::string_view text, TypeKind kind);
std::string QuoteWithDouble(std::string_view text);

}  // namespace salvor::testing::bigquery::googlesql
