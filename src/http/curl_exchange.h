// One request and its answer on one libcurl handle.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "http/curl_client.h"

namespace salvor::http {

class CurlExchange {
 public:
  // All three outlive the exchange. The handle is fresh or reset, and is left with pointers into
  // this object: reset it before it is used again.
  CurlExchange(CURL* handle, const Request& request, const CurlOptions& options)
      : handle_(handle), request_(request), options_(options) {}
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  // May be called once.
  Result<Response> Run();

 private:
  // A header larger than this, all of them together, is no answer that we asked for.
  static constexpr size_t kMaxHeaderBytes = size_t{256} << 10U;

  static int BeforeSending(void* self, char* ip, char* local_ip, int port, int local_port);
  static size_t OnHeader(char* bytes, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);

  Status CheckRequest();
  bool SetHeaders();
  bool SetOptions();
  void SetMethod();
  void SetNetwork();
  [[nodiscard]] Error ErrorOf(CURLcode code, const char* detail) const;

  CURL* handle_;
  const Request& request_;
  const CurlOptions& options_;
  std::string where_;  // method and URL, for errors
  curl_slist* headers_ = nullptr;
  Response response_;
  size_t header_bytes_ = 0;
  int times_sent_ = 0;  // or about to be sent
  bool too_large_ = false;
  bool failed_ = false;  // an option was not taken: out of memory
};

}  // namespace salvor::http
