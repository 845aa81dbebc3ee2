// libcurl, opened when it is first needed (io/dynamic_library.h): Debian's brings 25 other
// libraries, which cost each command 6 ms of its start where most of them never use the network.
//
// Inside salvor::http the names below stand for libcurl's functions of the same names. One that is
// not listed is an undefined symbol for the linker: add it here.
#pragma once

#include <curl/curl.h>

#include "base/result.h"
#include "io/dynamic_library.h"

namespace salvor::http {

// Call before the first call of any function below; thread-safe, may be called again. kUnavailable:
// the library cannot be opened or started; kUnsupported: it is older than 7.86, which salvor needs.
Status LoadCurlLibrary();

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): a list of names, told once
#define SALVOR_CURL_FUNCTIONS(X) \
  X(curl_easy_cleanup)           \
  X(curl_easy_getinfo)           \
  X(curl_easy_init)              \
  X(curl_easy_perform)           \
  X(curl_easy_reset)             \
  X(curl_easy_setopt)            \
  X(curl_easy_strerror)          \
  X(curl_free)                   \
  X(curl_getdate)                \
  X(curl_global_init)            \
  X(curl_slist_append)           \
  X(curl_slist_free_all)         \
  X(curl_url)                    \
  X(curl_url_cleanup)            \
  X(curl_url_get)                \
  X(curl_url_set)                \
  X(curl_version_info)

SALVOR_CURL_FUNCTIONS(SALVOR_LATE_DECLARE)

}  // namespace salvor::http
