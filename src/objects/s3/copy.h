// Copies inside the store.
#pragma once

#include <string>

#include "base/result.h"
#include "objects/s3/s3_store.h"
#include "objects/s3/service.h"
#include "objects/store/store.h"

namespace salvor::objects::s3 {

// StoreWriter::CopyNew. A HEAD of the source, then one request, or one for each part and two to
// begin and end them. Parts that a failed copy leaves are taken away as far as the store lets us;
// those of a killed one stay with the bucket until its lifecycle rules end them.
Result<WriteOutcome> CopyNew(Service& service, const std::string& bucket, const Pinned& source,
                             const std::string& key, const std::string& write_id,
                             const CopyLimits& limits);

}  // namespace salvor::objects::s3
