// Base64 as REST carries BYTES: standard alphabet, padded; the URL-safe one is taken too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace salvor::testing::bigquery {

std::string EncodeBase64(std::string_view bytes);
// Nothing for what is no base64.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace salvor::testing::bigquery
