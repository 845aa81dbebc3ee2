#include "workspace/bigquery_service.h"

#include <utility>

#include "bigquery/auth/default_credentials.h"
#include "http/url.h"
#include "io/random.h"
#include "workspace/progress_client.h"

namespace salvor::workspace {
namespace {

constexpr const char* kEmulator = "BIGQUERY_EMULATOR_HOST";

}  // namespace

std::string BigQueryEndpoint(const io::Environment& environment) {
  std::string host = environment.ValueOf(kEmulator);
  if (host.empty()) return std::string(bigquery::kServiceEndpoint);
  if (host.find("://") == std::string::npos) host = "http://" + host;
  while (host.ends_with('/')) host.pop_back();
  return host;
}

Result<std::unique_ptr<BigQueryService>> BigQueryService::Make(const io::FsReader& files,
                                                               const io::Clock& clock,
                                                               const io::Environment& environment,
                                                               warehouse::Progress& progress) {
  const std::string endpoint = BigQueryEndpoint(environment);
  auto url = http::ParseUrl(endpoint);
  if (!url) return Fail(std::move(url).error().At(kEmulator));
  if (url->path != "/") {
    return Fail(Code::kInvalidArgument, "an endpoint has no path, and this one has " + url->path,
                kEmulator, "Write no more than http://HOST:PORT");
  }
  std::unique_ptr<BigQueryService> service(new BigQueryService(environment));
  SALVOR_TRY(service->credentials_,
             bigquery::auth::FindDefaultCredentials(
                 {service->client_, files, environment, clock, service->processes_}));
  service->authorized_ =
      std::make_unique<bigquery::auth::AuthorizedClient>(service->client_, *service->credentials_);
  service->api_ =
      std::make_unique<bigquery::Api>(*service->authorized_, clock, io::SystemRandom(), endpoint,
                                      http::RetryPolicy{}, NoteRetries(clock, progress));
  return service;
}

}  // namespace salvor::workspace
