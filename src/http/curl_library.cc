#include "http/curl_library.h"

#include <string>

namespace salvor::http {
namespace {

constexpr unsigned kOldest = 0x075600;  // 7.86: "*.corp" and addresses in CURLOPT_NOPROXY

Status Load() {
  const io::DynamicLibrary library{"libcurl", "libcurl.so.4",
                                   "Install libcurl 7.86 or later (Debian: libcurl4)"};
  SALVOR_OK(io::BindLibrary(library, {SALVOR_CURL_FUNCTIONS(SALVOR_LATE_ADDRESS)}));
  const curl_version_info_data* const found = curl_version_info(CURLVERSION_NOW);
  if (found->version_num < kOldest) {
    return Fail(Code::kUnsupported, "libcurl " + std::string(found->version) + " is too old",
                library.file, std::string(library.next));
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Fail(Code::kUnavailable, "libcurl could not be started", library.file);
  }
  return Done{};
}

}  // namespace

SALVOR_CURL_FUNCTIONS(SALVOR_LATE_DEFINE)

Status LoadCurlLibrary() {
  // A failure is final too: the next call gives the same answer.
  static const Status loaded = Load();
  return loaded;
}

}  // namespace salvor::http
