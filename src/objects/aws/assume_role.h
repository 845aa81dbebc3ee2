// Keys of a role, from AWS's Security Token Service.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "objects/aws/key_source.h"
#include "objects/aws/outside.h"

namespace salvor::objects::aws {

struct Role {
  std::string arn;
  std::string session = "salvor";  // as CloudTrail shows it
  std::string external_id = {};
  int64_t seconds = 3'600;
};

// "https://sts.REGION.amazonaws.com/", or what `configured` says. kRefused for an address that is
// not https and not on this machine: keys come back from there.
Result<std::string> StsEndpoint(const std::string& region, const std::string& configured);

// By other credentials (AssumeRole).
std::unique_ptr<KeySource> MakeAssumedRole(const Outside& outside, std::string endpoint,
                                           std::string region, Role role,
                                           std::unique_ptr<Credentials> source);

// By a token in a file, which is read anew each time (AssumeRoleWithWebIdentity); not signed.
std::unique_ptr<KeySource> MakeWebIdentity(const Outside& outside, std::string endpoint, Role role,
                                           std::string token_file);

}  // namespace salvor::objects::aws
