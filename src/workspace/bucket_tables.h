// Addresses of tables that lie in object stores: what works on them, and by whose name the rest is
// refused.
#pragma once

#include <string_view>
#include <vector>

#include "workspace/engines.h"

namespace salvor::workspace {

// A row for each scheme. Those of S3 open tables that are only looked at, and diagnose them; the
// others open none.
std::vector<EngineRow> BucketEngines();

// kUnsupported where the text is an address of a store ("s3://…") and a folder is wanted; `what` it
// was given for ("--staging").
Status CheckIsFolder(std::string_view text, std::string_view what);

}  // namespace salvor::workspace
