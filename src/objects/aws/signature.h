// AWS Signature Version 4, as IAM's guide has it ("Create a signed AWS API request"): a request
// that proves who sent it without carrying the key.
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"
#include "http/client.h"
#include "objects/aws/keys.h"

namespace salvor::objects::aws {

// What a signature is good for.
struct Scope {
  std::string region;
  std::string service;  // "s3", "sts"
};

// Adds X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token where there is a token, and
// Authorization, over all of the request's headers, its path and query and its body. The URL must
// be escaped as http::Escape does it, segment by segment, and is sent as it is: that is what S3
// compares. kInvalidArgument for a URL that is none.
Result<http::Request> Sign(http::Request request, const Keys& keys, const Scope& scope,
                           Instant now);

// A GET of this URL that anybody may make until `valid` from now, in whole seconds, seven days at
// most; it ends earlier where the keys do.
Result<std::string> PresignGet(const std::string& url, const Keys& keys, const Scope& scope,
                               Instant now, Millis valid);

}  // namespace salvor::objects::aws
