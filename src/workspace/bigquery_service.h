// The way to BigQuery, as the environment says: where it is, and with whose credentials.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bigquery/auth/credentials.h"
#include "bigquery/rest/client.h"
#include "http/curl_client.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "io/process.h"
#include "warehouse/progress.h"

namespace salvor::workspace {

class BigQueryService {
 public:
  // BIGQUERY_EMULATOR_HOST names an emulator ("http://127.0.0.1:9050" or "127.0.0.1:9050"), which
  // is asked without credentials; else it is Google's service with the default credentials
  // (kPermission if there are none). BigQuery itself is asked nothing yet. `progress` is told why
  // it takes long where a request must be repeated. The borrowed arguments must outlive it.
  static Result<std::unique_ptr<BigQueryService>> Make(const io::FsReader& files,
                                                       const io::Clock& clock,
                                                       const io::Environment& environment,
                                                       warehouse::Progress& progress);

  bigquery::Api& Api() { return *api_; }
  // Who salvor is to Google; "" for an emulator.
  Result<std::string> Principal() { return credentials_->Principal(); }

 private:
  explicit BigQueryService(const io::Environment& environment)
      : client_(http::CurlOptionsFrom(environment)) {}

  io::PosixProcesses processes_;
  http::CurlClient client_;
  std::unique_ptr<bigquery::auth::Credentials> credentials_;
  std::unique_ptr<bigquery::auth::AuthorizedClient> authorized_;
  std::unique_ptr<bigquery::Api> api_;
};

// Where BigQuery is, without a slash at the end.
std::string BigQueryEndpoint(const io::Environment& environment);

}  // namespace salvor::workspace
