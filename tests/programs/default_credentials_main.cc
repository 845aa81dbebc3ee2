// Finds credentials as salvor does, in the environment it is started in, and prints what a request
// would carry, for judges that know Google's own library. The only argument is the address that
// says whose a token is.
//
// Standard output: {"headers": {name: value}, "principal": "...", "origin": "..."} or
// {"error": code, "message": "..."}.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "bigquery/auth/default_credentials.h"
#include "http/curl_client.h"
#include "io/posix_fs.h"

namespace salvor::bigquery::auth {
namespace {

Result<nlohmann::json> Look(const std::string& token_info_url) {
  http::CurlClient client(http::CurlOptionsFrom(io::SystemEnvironment()));
  const io::PosixFs files;
  io::PosixProcesses processes;
  Outside outside{client, files, io::SystemEnvironment(), io::SystemClock(), processes};
  outside.token_info_url = token_info_url;
  SALVOR_TRY(const auto credentials, FindDefaultCredentials(outside));
  SALVOR_TRY(const auto headers, credentials->Authorize());
  SALVOR_TRY(const std::string principal, credentials->Principal());
  nlohmann::json found{{"headers", nlohmann::json::object()},
                       {"principal", principal},
                       {"origin", credentials->Origin()}};
  for (const http::Header& header : headers) found["headers"][header.name] = header.value;
  return found;
}

}  // namespace
}  // namespace salvor::bigquery::auth

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto found = salvor::bigquery::auth::Look(argv[1]);
  const nlohmann::json answer =
      found ? *found
            : nlohmann::json{{"error", salvor::CodeName(found.error().code)},
                             {"message", found.error().Message()}};
  std::cout << answer.dump() << "\n";
  return 0;
}
