// One request as handlers see it, and their answer.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "testing/bigquery_server/json_value.h"

namespace salvor::testing::bigquery {

struct Call {
  std::string method;
  std::string path;                          // decoded, as it came
  std::map<std::string, std::string> parts;  // "projectId" -> ..., from the route's pattern
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Json json = Json::object();  // the body, nulls kept; {} if there was none
  std::string principal;
  std::string host;                              // as the client names the server: "127.0.0.1:8080"
  std::unique_lock<std::mutex>* lock = nullptr;  // the world's; let go of while waiting

  [[nodiscard]] const std::string& Part(const std::string& name) const { return parts.at(name); }
  [[nodiscard]] std::string Query(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
  [[nodiscard]] std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct Answer {
  int status = 200;
  Json body = nullptr;  // null: an empty body
  std::map<std::string, std::string> headers = {};
};

}  // namespace salvor::testing::bigquery
