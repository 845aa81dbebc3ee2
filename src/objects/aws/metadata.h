// Keys that the machine or the container that salvor runs on is given.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "objects/aws/key_source.h"
#include "objects/aws/outside.h"

namespace salvor::objects::aws {

// ECS and EKS Pod Identity, by AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI; nothing where
// neither is set. kRefused for a full URI that is neither https nor one of this machine's own
// addresses, which is what AWS's tools allow.
Result<std::unique_ptr<KeySource>> FindContainerKeys(const Outside& outside);

// EC2, by IMDSv2 alone: without a session's token nothing is asked. Null where
// AWS_EC2_METADATA_DISABLED is true or nobody answers within three seconds.
std::unique_ptr<KeySource> FindInstanceKeys(const Outside& outside);

}  // namespace salvor::objects::aws
