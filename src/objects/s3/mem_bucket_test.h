// The S3 client over a bucket in memory.
#pragma once

#include <memory>
#include <string>

#include "io/random.h"
#include "objects/aws/cached_keys.h"
#include "objects/s3/s3_store.h"
#include "testing/mem_objects.h"
#include "testing/scripted_clock.h"

namespace salvor::objects::s3 {

class EvenRandom final : public io::Random {
 public:
  [[nodiscard]] uint64_t Next() const override { return uint64_t{1} << 63U; }
};

struct MemBucket {
  static aws::Keys TestKeys() {
    aws::Keys keys;
    keys.id = "ID";
    keys.secret = "very secret";
    return keys;
  }

  testing::ScriptedClock clock{*ParseInstant("2026-03-04T05:06:07Z")};
  testing::MemObjects objects{clock};
  EvenRandom random;
  aws::StaticKeys keys{TestKeys(), "a test"};
  std::unique_ptr<Store> store = Make({});

  std::unique_ptr<Store> Make(CopyLimits limits) {
    http::RetryPolicy policy;
    policy.deadline = Millis(60'000);
    return MakeStore({objects, keys, clock, random, policy},
                     {testing::MemObjects::kEndpoint, "eu-west-1", true},
                     testing::MemObjects::kBucket, limits);
  }
};

}  // namespace salvor::objects::s3
