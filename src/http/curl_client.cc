#include "http/curl_client.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http/curl_exchange.h"
#include "http/curl_library.h"

namespace salvor::http {
namespace {

std::string FirstSet(const io::Environment& environment, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    if (std::string value = environment.ValueOf(name); !value.empty()) return value;
  }
  return {};
}

}  // namespace

CurlOptions CurlOptionsFrom(const io::Environment& environment) {
  CurlOptions options;
  options.ca_file = FirstSet(environment, {"CURL_CA_BUNDLE", "SSL_CERT_FILE"});
  options.ca_folder = FirstSet(environment, {"SSL_CERT_DIR"});
  options.https_proxy =
      FirstSet(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  options.http_proxy = FirstSet(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  options.no_proxy = FirstSet(environment, {"no_proxy", "NO_PROXY"});
  return options;
}

// Handles that nobody uses at the moment, each with its open connections. Sharing one cache between
// threads is what libcurl does not support (libcurl-thread).
struct CurlClient::Pool {
  ~Pool() {
    for (CURL* const handle : idle) curl_easy_cleanup(handle);
  }

  CURL* Take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        CURL* const handle = idle.back();
        idle.pop_back();
        return handle;
      }
    }
    return curl_easy_init();
  }

  void Return(CURL* handle) {
    curl_easy_reset(handle);  // forgets the options, keeps the connections
    const std::lock_guard lock(mutex);
    idle.push_back(handle);
  }

  std::mutex mutex;
  std::vector<CURL*> idle;  // the last one used comes first: its connections are the freshest
};

CurlClient::CurlClient(CurlOptions options)
    : options_(std::move(options)), pool_(std::make_unique<Pool>()) {}

CurlClient::~CurlClient() = default;

Result<Response> CurlClient::Send(const Request& request) {
  SALVOR_OK(LoadCurlLibrary());
  CURL* const handle = pool_->Take();
  if (handle == nullptr) return Fail(Code::kInternal, "libcurl gave no handle: out of memory");
  Result<Response> response = CurlExchange(handle, request, options_).Run();
  pool_->Return(handle);
  return response;
}

}  // namespace salvor::http
