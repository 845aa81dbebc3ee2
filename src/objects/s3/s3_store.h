// S3, and what speaks as it does, behind the seam.
#pragma once

#include <memory>
#include <string>

#include "objects/s3/endpoint.h"
#include "objects/s3/service.h"
#include "objects/store/store.h"

namespace salvor::objects::s3 {

// How large a copy may be in one request, and the parts of a larger one.
struct CopyLimits {
  int64_t one_request = int64_t{5} << 30U;
  int64_t part = int64_t{512} << 20U;
};

// What the wiring names must outlive the store. Nothing is asked yet.
std::unique_ptr<Store> MakeStore(const Wiring& wiring, Endpoint endpoint, std::string bucket,
                                 CopyLimits limits = {});

}  // namespace salvor::objects::s3
