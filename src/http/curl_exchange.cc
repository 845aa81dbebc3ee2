#include "http/curl_exchange.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "http/curl_library.h"
#include "http/url.h"

#ifndef SALVOR_VERSION
#define SALVOR_VERSION "0"
#endif

namespace salvor::http {
namespace {

// RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool Has(const std::vector<Header>& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const Header& header) { return SameName(header.name, name); });
}

// A signature (AWS, Signature Version 4) is good for one request, and the key is not in it.
bool CarriesSecret(const std::vector<Header>& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const Header& header) {
    return SameName(header.name, "Authorization") &&
           header.value.substr(0, 17) != "AWS4-HMAC-SHA256 ";
  });
}

// Where AWS gives credentials to containers: addresses that lead no further than this machine.
bool IsContainersOwn(std::string_view host) {
  return host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23";
}

bool MayBeRepeated(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

CurlExchange::~CurlExchange() {
  for (curl_slist* item = headers_; item != nullptr; item = item->next) {
    ::explicit_bzero(item->data, ::strlen(item->data));
  }
  curl_slist_free_all(headers_);
}

// libcurl sends a request again by itself when a kept connection dies before the first byte of the
// answer: also one that creates something, and the server may have acted on it.
int CurlExchange::BeforeSending(void* self, char* /*ip*/, char* /*local_ip*/, int /*port*/,
                                int /*local_port*/) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const bool first = exchange.times_sent_++ == 0;
  return first || MayBeRepeated(exchange.request_.method) ? CURL_PREREQFUNC_OK
                                                          : CURL_PREREQFUNC_ABORT;
}

size_t CurlExchange::OnHeader(char* bytes, size_t size, size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const std::string_view line(bytes, size * count);
  exchange.header_bytes_ += line.size();
  if (exchange.header_bytes_ > kMaxHeaderBytes) {
    exchange.too_large_ = true;
    return 0;
  }
  if (line.substr(0, 5) == "HTTP/") {
    exchange.response_.headers.clear();  // of an interim answer, such as 100 Continue
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    exchange.response_.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
  return line.size();
}

size_t CurlExchange::OnBody(char* bytes, size_t size, size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const size_t length = size * count;
  const auto limit = static_cast<size_t>(std::max<int64_t>(exchange.request_.max_body_bytes, 0));
  if (length > limit - std::min(limit, exchange.response_.body.size())) {
    exchange.too_large_ = true;
    return length == 0 ? 1 : 0;  // another number than was offered ends the transfer
  }
  exchange.response_.body.append(bytes, length);
  return length;
}

Status CurlExchange::CheckRequest() {
  auto url = ParseUrl(request_.url);
  if (!url) return Fail(std::move(url).error());
  if (!IsToken(request_.method)) return Fail(Code::kInvalidArgument, "not an HTTP method");
  where_ = request_.method + " " + url->ForMessages();
  for (const Header& header : request_.headers) {
    if (!IsToken(header.name) || !IsFieldValue(header.value)) {
      return Fail(Code::kInvalidArgument, "a header that cannot be sent", where_);
    }
  }
  if (url->scheme == "http" && !url->IsLoopback() && !IsContainersOwn(url->host) &&
      CarriesSecret(request_.headers)) {
    return Fail(Code::kRefused, "a credential would go over the network unencrypted", where_,
                "Use https");
  }
  return Done{};
}

bool CurlExchange::SetHeaders() {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_, line.c_str());
    if (longer != nullptr) headers_ = longer;
    return longer != nullptr;
  };
  bool added = add("Expect:");  // never wait for leave to send a body
  if (!Has(request_.headers, "Content-Type")) added = add("Content-Type:") && added;
  for (const Header& header : request_.headers) {
    std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    added = add(line) && added;
    ::explicit_bzero(line.data(), line.size());
  }
  return added;
}

void CurlExchange::SetMethod() {
  const auto set = [this](CURLoption option, auto value) {
    failed_ = curl_easy_setopt(handle_, option, value) != CURLE_OK || failed_;
  };
  const std::string& method = request_.method;
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  const bool expects_body = method == "POST" || method == "PUT" || method == "PATCH";
  if (expects_body || !request_.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

void CurlExchange::SetNetwork() {
  const auto set = [this](CURLoption option, auto value) {
    failed_ = curl_easy_setopt(handle_, option, value) != CURLE_OK || failed_;
  };
  const auto millis = [](Millis span) {
    return static_cast<long>(std::clamp<int64_t>(span.count(), 1, 2'000'000'000));
  };
  set(CURLOPT_TIMEOUT_MS, millis(request_.timeout));
  set(CURLOPT_CONNECTTIMEOUT_MS, millis(std::min(request_.timeout, options_.connect_timeout)));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.ca_folder.empty()) set(CURLOPT_CAPATH, options_.ca_folder.c_str());
  // Set in any case, even to "": otherwise libcurl looks into the environment itself.
  const bool tls = SameName(std::string_view(request_.url).substr(0, 6), "https:");
  set(CURLOPT_PROXY, (tls ? options_.https_proxy : options_.http_proxy).c_str());
  const std::string direct =
      options_.no_proxy == "*"
          ? options_.no_proxy
          : options_.no_proxy + (options_.no_proxy.empty() ? "" : ",") +
                "localhost,127.0.0.0/8,::1,169.254.169.254,metadata.google.internal,"
                "169.254.170.2,169.254.170.23,fd00:ec2::23,fd00:ec2::254";
  set(CURLOPT_NOPROXY, direct.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // a proxy sees no credentials
}

bool CurlExchange::SetOptions() {
  const auto set = [this](CURLoption option, auto value) {
    failed_ = curl_easy_setopt(handle_, option, value) != CURLE_OK || failed_;
  };
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);  // a signature is made over the path as it was given
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "salvor/" SALVOR_VERSION);
  // Who names the encoding wants the bytes as they come.
  if (!Has(request_.headers, "Accept-Encoding")) set(CURLOPT_ACCEPT_ENCODING, "gzip");
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_PREREQFUNCTION, &CurlExchange::BeforeSending);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &CurlExchange::OnHeader);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &CurlExchange::OnBody);
  set(CURLOPT_WRITEDATA, this);
  SetNetwork();
  SetMethod();
  return !failed_;
}

Result<Response> CurlExchange::Run() {
  SALVOR_OK(CheckRequest());
  std::array<char, CURL_ERROR_SIZE> detail{};
  failed_ = curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, detail.data()) != CURLE_OK;
  if (!SetHeaders() || !SetOptions()) {
    return Fail(Code::kInternal, "libcurl did not take a request's options", where_);
  }
  const CURLcode code = curl_easy_perform(handle_);
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, nullptr);
  if (code != CURLE_OK) return Fail(ErrorOf(code, detail.data()));
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

Error CurlExchange::ErrorOf(CURLcode code, const char* detail) const {
  std::string what = *detail != '\0' ? detail : curl_easy_strerror(code);
  const auto error = [&](Code kind, std::string next) {
    return Error{kind, std::move(what), where_, std::move(next)};
  };
  if (too_large_) {
    what = "the answer is larger than " + FormatBytes(request_.max_body_bytes);
    return error(Code::kCorrupt, "Look at what answers under that address");
  }
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return error(Code::kRefused,
                   "If this network inspects TLS, name its certificate in CURL_CA_BUNDLE");
    case CURLE_SSL_CACERT_BADFILE:
      return error(Code::kInvalidArgument, "Check CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_FILESIZE_EXCEEDED:
      if (times_sent_ == 0) return error(Code::kInvalidArgument, "Check the URL");
      return error(Code::kCorrupt, "Look at what answers under that address");
    default:
      break;
  }
  if (times_sent_ == 0) return error(Code::kUnavailable, "Check the network, then run again");
  if (code == CURLE_ABORTED_BY_CALLBACK) what = "the connection ended before an answer came";
  return error(Code::kOutcomeUnknown, "The request may have been carried out");
}

}  // namespace salvor::http
