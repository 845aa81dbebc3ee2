#include "objects/s3/endpoint.h"

#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::objects::s3 {
namespace {

using ::salvor::testing::MemFs;
using ::salvor::testing::ScriptedClock;
using ::salvor::testing::ScriptedEnvironment;

Result<Endpoint> Find(ScriptedEnvironment environment, const std::string& config = {},
                      const EndpointChoice& choice = {}) {
  const ScriptedClock clock;
  MemFs fs(clock);
  environment.Set("HOME", "/h");
  if (!config.empty()) fs.Put("/h/.aws/config", config);
  SALVOR_TRY(const aws::Profiles profiles, aws::Profiles::Load(fs, environment));
  return FindEndpoint(environment, profiles, profiles.Find("default").value_or(aws::Settings()),
                      choice);
}

TEST(S3Endpoint, OfAwsHasTheBucketInTheHost) {
  const auto endpoint = Find({{"AWS_REGION", "eu-west-1"}});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->UrlOf("lake", "t/d=1/ä b.parquet"),
            "https://lake.s3.eu-west-1.amazonaws.com/t/d%3D1/%C3%A4%20b.parquet");
  EXPECT_EQ(endpoint->UrlOf("lake", ""), "https://lake.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(endpoint->UrlOf("my.lake", "k"), "https://s3.eu-west-1.amazonaws.com/my.lake/k");
}

TEST(S3Endpoint, RegionsComeFromVariablesThenTheProfile) {
  EXPECT_EQ(Find({})->region, "us-east-1");
  EXPECT_EQ(Find({}, "[default]\nregion = a\n")->region, "a");
  EXPECT_EQ(Find({{"AWS_DEFAULT_REGION", "b"}}, "[default]\nregion = a\n")->region, "b");
  EXPECT_EQ(Find({{"AWS_DEFAULT_REGION", "b"}, {"AWS_REGION", "c"}})->region, "c");
  EXPECT_EQ(Find({{"AWS_REGION", "c"}}, {}, {{}, "d"})->region, "d");
  EXPECT_EQ(Find({{"AWS_REGION", "cn-north-1"}})->UrlOf("lake", "k"),
            "https://lake.s3.cn-north-1.amazonaws.com.cn/k");
}

TEST(S3Endpoint, ThatIsNamedHasTheBucketInThePath) {
  const auto endpoint = Find({{"AWS_ENDPOINT_URL", "http://127.0.0.1:8333/"}});
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->UrlOf("lake", "k"), "http://127.0.0.1:8333/lake/k");
  EXPECT_EQ(endpoint->UrlOf("lake", ""), "http://127.0.0.1:8333/lake/");
}

TEST(S3Endpoint, TheProfileMayChooseTheStyle) {
  const auto endpoint = Find({{"AWS_ENDPOINT_URL", "https://store.example"}},
                             "[default]\ns3 =\n  addressing_style = virtual\n");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->UrlOf("lake", "k"), "https://lake.store.example/k");
  EXPECT_TRUE(Find({}, "[default]\ns3 =\n  addressing_style = path\n")->path_style);
}

TEST(S3Endpoint, OfS3GoesBeforeThatOfAll) {
  EXPECT_EQ(Find({{"AWS_ENDPOINT_URL", "http://a"}, {"AWS_ENDPOINT_URL_S3", "http://b"}})->url,
            "http://b");
  const char* const config =
      "[default]\nendpoint_url = http://c\nservices = s\n[services s]\ns3 =\n"
      "  endpoint_url = http://d\n";
  EXPECT_EQ(Find({}, config)->url, "http://d");
  EXPECT_EQ(Find({{"AWS_ENDPOINT_URL", "http://a"}}, config)->url, "http://a");
  EXPECT_EQ(Find({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}, config)->url, "");
  EXPECT_EQ(Find({{"AWS_ENDPOINT_URL", "http://a"}}, config, {"http://e", {}})->url, "http://e");
}

TEST(S3Endpoint, WhatIsNoUrlIsRefused) {
  EXPECT_EQ(Find({{"AWS_ENDPOINT_URL", "127.0.0.1:1"}}).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Find({{"AWS_ENDPOINT_URL", "http://a?b"}}).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace salvor::objects::s3
