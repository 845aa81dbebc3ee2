// Credentials where AWS's own tools find them, in their order.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "objects/aws/keys.h"
#include "objects/aws/outside.h"
#include "objects/aws/profile.h"

namespace salvor::objects::aws {

// The profile to use: `asked` (a flag, salvor.yaml), AWS_PROFILE, "default".
std::string ProfileName(const io::Environment& environment, const std::string& asked);

// AWS_REGION, AWS_DEFAULT_REGION, the profile's; "" where nobody says.
std::string RegionOf(const io::Environment& environment, const Settings& profile);

// In this order: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not where a profile was asked for),
// AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, the profile (keys, a role, a program, single
// sign-on by `aws configure export-credentials`), the container's, the instance's. kPermission,
// naming where was looked, if there are none; kNotFound for a profile that was asked for and is not
// there. Nothing is sent yet, but to see whether there is a metadata server.
Result<std::unique_ptr<Credentials>> FindCredentials(const Outside& outside,
                                                     const Profiles& profiles,
                                                     const std::string& asked_profile);

}  // namespace salvor::objects::aws
