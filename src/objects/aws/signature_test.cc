// The expected values were computed by botocore 1.44.8 (S3SigV4Auth, S3SigV4QueryAuth) with these
// keys at this instant: another implementation of the same pages.
#include "objects/aws/signature.h"

#include <gtest/gtest.h>

#include <string>

namespace salvor::objects::aws {
namespace {

constexpr const char* kBucket = "https://lake.s3.eu-west-1.amazonaws.com";

Keys TestKeys(const std::string& token = {}) {
  Keys keys;
  keys.id = "AKIASALVORTEST000000";
  keys.secret = "sAlVoR/secret+key0123456789abcdefABCDEF00";
  keys.token = token;
  return keys;
}

Instant Now() { return *ParseInstant("2026-03-04T05:06:07.890Z"); }

std::string HeaderOf(const http::Request& request, std::string_view name) {
  for (const http::Header& header : request.headers) {
    if (http::SameName(header.name, name)) return header.value;
  }
  return {};
}

std::string SignatureOf(http::Request request, const std::string& token = {}) {
  const auto signed_request = Sign(std::move(request), TestKeys(token), {"eu-west-1", "s3"}, Now());
  if (!signed_request) return signed_request.error().Message();
  const std::string authorization = HeaderOf(*signed_request, "Authorization");
  return authorization.substr(authorization.find("Signature=") + 10);
}

TEST(Signature, OfAListing) {
  EXPECT_EQ(SignatureOf({"GET", std::string(kBucket) +
                                    "/?list-type=2&prefix=t%2F_delta_log%2F&start-after=a%20b&"
                                    "encoding-type=url"}),
            "8aba64dd5c62d59a11ff6a4310547cd3f17384116607e5bd700243e3109d43b9");
}

TEST(Signature, OfAHiveKeyWithHeadersBodyAndToken) {
  const http::Request request{
      "PUT",
      std::string(kBucket) + "/t/d%253D2024-01-01%252000%253A00/a%3Db%20%2B%27%28%29%2A%C3%A4.json",
      {{"If-None-Match", "*"},
       {"x-amz-meta-salvor-write-id", "w1"},
       {"Content-Type", "application/octet-stream"},
       {"Accept-Encoding", "identity"}},
      "rows"};
  EXPECT_EQ(SignatureOf(request, "SESSION//token=="),
            "84875352e8611a036fbd7a1aab15468d5fc1c90f9465869c1d1020a86cf9121a");
}

TEST(Signature, OfAQueryWithoutValueAndAHeaderWithBlanks) {
  EXPECT_EQ(SignatureOf({"POST",
                         std::string(kBucket) + "/big?uploads",
                         {{"x-amz-meta-note", "  two   blanks "}}}),
            "617683296c92b10d35b9de1605f0f217775c7c7e6b2d3b58b05030f06518e13d");
}

TEST(Signature, SortsByNameAndNamesThePort) {
  EXPECT_EQ(
      SignatureOf({"GET", "http://127.0.0.1:8333/lake/k?versions&prefix=a-b&prefix2=x&a=1&a-b=2"}),
      "ed927851cf2b10e596ede7a3fca8176ade912a48b41dd3db0d8a8d93bd1daec5");
}

TEST(Signature, TheUsualPortIsNotPartOfTheHost) {
  const http::Request plain{"GET", std::string(kBucket) + "/k"};
  const http::Request named{"GET", std::string(kBucket) + ":443/k"};
  EXPECT_EQ(SignatureOf(plain), SignatureOf(named));
}

TEST(Signature, CarriesNoSecret) {
  const auto request =
      Sign({"GET", std::string(kBucket) + "/k"}, TestKeys("TOKEN"), {"eu-west-1", "s3"}, Now());
  ASSERT_TRUE(request);
  for (const http::Header& header : request->headers)
    EXPECT_EQ(header.value.find("sAlVoR"), std::string::npos) << header.name;
  EXPECT_EQ(HeaderOf(*request, "X-Amz-Date"), "20260304T050607Z");
  EXPECT_EQ(HeaderOf(*request, "X-Amz-Security-Token"), "TOKEN");
}

TEST(Signature, InAUrl) {
  const auto url =
      PresignGet(std::string(kBucket) + "/t/a%3Db.parquet?versionId=v%2F1",
                 TestKeys("SESSION//token=="), {"eu-west-1", "s3"}, Now(), Millis(600'000));
  ASSERT_TRUE(url);
  EXPECT_TRUE(
      url->ends_with("&X-Amz-Signature="
                     "fb29db6fcd02688d2fedd16bfd8e2bcd21c2fda1647d094a0e9f6829214b40cc"))
      << *url;
  EXPECT_NE(url->find("X-Amz-Expires=600&"), std::string::npos);
  EXPECT_EQ(url->find("sAlVoR"), std::string::npos);
}

TEST(Signature, OfWhatIsNoUrlIsRefused) {
  EXPECT_EQ(Sign({"GET", "lake/k"}, TestKeys(), {"r", "s3"}, Now()).error().code,
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace salvor::objects::aws
