// S3's spellings, as MemObjects says and reads them.
#pragma once

#include <string>
#include <string_view>

#include "http/client.h"

namespace salvor::testing::mem_objects {

// %XX, in a URL's path or query.
std::string Unescape(std::string_view text);
// As encoding-type=url has it in a listing: a blank is a plus.
std::string EscapeKey(std::string_view key);
std::string XmlText(std::string_view text);

http::Response XmlAnswer(std::string body);
http::Response ErrorAnswer(int status, const std::string& code);

}  // namespace salvor::testing::mem_objects
