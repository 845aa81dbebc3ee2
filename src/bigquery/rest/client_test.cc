#include "bigquery/rest/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/scripted_clock.h"

namespace salvor::bigquery {
namespace {

using ::testing::HasSubstr;

// Answers everything in the same way.
class OneAnswer final : public http::Client {
 public:
  OneAnswer(int status, std::string body) : status_(status), body_(std::move(body)) {}
  Result<http::Response> Send(const http::Request& /*request*/) override {
    return http::Response{status_, {}, body_};
  }

 private:
  int status_;
  std::string body_;
};

class ApiTest : public ::testing::Test {
 protected:
  Result<std::optional<Table>> Ask(int status, const std::string& body) {
    OneAnswer server(status, body);
    Api api(server, clock_, io::SystemRandom(), "http://service");
    return api.GetTable({"p", "d", "t"}, "$20260115@1800000000000");
  }

  salvor::testing::ScriptedClock clock_{InstantOfMillis(1'800'000'000'000)};
};

TEST_F(ApiTest, WhatTheServiceDoesNotFindIsAValue) {
  const auto table = Ask(404, R"({"error": {"code": 404, "errors": [{"reason": "notFound"}]}})");
  ASSERT_TRUE(table) << table.error().Message();
  EXPECT_FALSE(*table);
}

// Taken for the service's own, it would be a partition without rows.
TEST_F(ApiTest, WhatAnotherServerDoesNotFindIsAnError) {
  for (const char* body : {"<html>404</html>", "", "{}", "[]"}) {
    const auto table = Ask(404, body);
    ASSERT_FALSE(table) << body;
    EXPECT_EQ(table.error().code, Code::kCorrupt);
    EXPECT_THAT(table.error().next, HasSubstr("HTTPS_PROXY"));
  }
}

TEST_F(ApiTest, AnAnswerThatIsNoObjectIsAnError) {
  for (const char* body : {"<html>Sign in</html>", "", "null", "[]"}) {
    const auto table = Ask(200, body);
    ASSERT_FALSE(table) << body;
    EXPECT_EQ(table.error().code, Code::kCorrupt);
    EXPECT_THAT(table.error().next, HasSubstr("HTTPS_PROXY"));
  }
}

// It could not be added to an instant.
TEST_F(ApiTest, AnExpirationLongerThanThereAreYearsIsAnError) {
  const auto table = Ask(200, R"({"type": "TABLE", "schema": {"fields": [
      {"name": "d", "type": "DATE"}]}, "timePartitioning": {"type": "DAY", "field": "d",
      "expirationMs": "9223372036854775807"}})");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, Code::kCorrupt);
  EXPECT_THAT(table.error().what, HasSubstr("expirationMs"));
}

TEST_F(ApiTest, ARedirectionIsNotFollowedAndSaysSo) {
  const auto table = Ask(302, "");
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().what, HasSubstr("a server answered 302"));
}

}  // namespace
}  // namespace salvor::bigquery
