// What became of a write whose answer does not say so.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "objects/s3/service.h"
#include "objects/store/store.h"

namespace salvor::objects::s3 {

// Nothing where there is no such object.
Result<std::optional<ObjectDetails>> Head(Service& service, const std::string& key,
                                          const std::string& version);

// Of a conditional write: a success is kCreated. Where the answer is lost, a passing fault, or says
// that the key is taken, the object's write id says whose it is; where that cannot be seen, the
// outcome is kUnknown. A refusal (403 and its like) is an error.
Result<WriteOutcome> Settle(Service& service, const std::string& key, const std::string& write_id,
                            const Result<http::Response>& answer);

}  // namespace salvor::objects::s3
