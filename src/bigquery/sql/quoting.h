// The one place where a name or a text becomes part of GoogleSQL. Values of queries travel as
// parameters; what stands here is for names, and for statements that take no parameters.
#pragma once

#include <string>
#include <string_view>

#include "bigquery/rest/table_name.h"

namespace salvor::bigquery {

// `name`, with backticks and backslashes escaped.
std::string QuoteName(std::string_view name);
// `project`.`dataset`.`table`
std::string QuoteTable(const TableName& name);
// `project`.`dataset`.INFORMATION_SCHEMA.VIEW
std::string QuoteView(const DatasetName& dataset, std::string_view view);
// 'text', with quotes, backslashes, line breaks and what could steer a terminal escaped.
std::string QuoteText(std::string_view text);

}  // namespace salvor::bigquery
