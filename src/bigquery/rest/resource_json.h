// From the service's JSON to values. Everything is checked: a field of the wrong type is kCorrupt
// with its name, never an exception.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/result.h"
#include "bigquery/rest/client.h"

namespace salvor::bigquery {

// A body, if it is JSON of a sane depth.
Result<nlohmann::json> ParseBody(std::string_view body);

Result<Table> TableFromJson(const TableName& name, nlohmann::json resource);
Result<Dataset> DatasetFromJson(const DatasetName& name, nlohmann::json resource);
Result<Job> JobFromJson(const nlohmann::json& resource);
// The columns of the answer, as a dry run of a query says them. kCorrupt where it says none.
Result<std::vector<Field>> FieldsOfQuery(const Job& job);
Result<JobPage> JobPageFromJson(const nlohmann::json& page);
// Appends one page; `page_token` is empty after the last.
Status ReadPage(const nlohmann::json& page, Rows& rows, std::string& page_token,
                int64_t& total_rows);

// What the body of an error says: its first reason and its message.
struct ServiceError {
  int status = 0;
  std::string reason;
  std::string message;
};
ServiceError ErrorFromBody(int status, const nlohmann::json& body);

// By the documented reasons ("Error messages"), for answers and for failed jobs alike.
Code CodeOf(const ServiceError& error);
// True if the same request may be sent again.
bool MayRepeat(const ServiceError& error);
// Whether the message can be passed on: of reasons about rights, names, quotas and the service's
// own state. Any other may be about a value, and quote it.
bool SpeaksOfNoRows(const ServiceError& error);
// What a person should do about it; may be empty.
std::string AdviceFor(Code code, const ServiceError& error);

// "2026-11-22T15:20:58.123456Z", cut to milliseconds.
Result<Instant> ParseServiceTime(std::string_view text);

}  // namespace salvor::bigquery
