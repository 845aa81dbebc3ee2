// What gives out keys, asked anew each time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "objects/aws/keys.h"

namespace salvor::objects::aws {

class KeySource {
 public:
  virtual ~KeySource() = default;
  // Errors as Credentials::Get.
  virtual Result<Keys> Fetch() = 0;
};

// Sends a request that has no effect besides its answer. kPermission for a 4xx, whose body is not
// repeated: it may hold what was sent; kUnavailable for any other status but 200, and for no
// answer. `where` names the place.
Result<std::string> Ask(http::Client& client, const http::Request& request,
                        const std::string& where);

// {"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"}, as container,
// instance and credential_process say it. kCorrupt where one is missing or odd; nothing is
// repeated.
Result<Keys> KeysFromJson(std::string_view text, const std::string& where);

}  // namespace salvor::objects::aws
