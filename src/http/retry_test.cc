#include "http/retry.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>
#include <vector>

#include "testing/scripted_clock.h"

namespace salvor::http {
namespace {

using ::salvor::testing::ScriptedClock;

constexpr auto kYes = Idempotency::kIdempotent;
constexpr auto kNo = Idempotency::kNotIdempotent;

// Answers what it was told to, in order, and the last of it for ever.
class ScriptedClient final : public Client {
 public:
  explicit ScriptedClient(std::vector<Result<Response>> script) : script_(std::move(script)) {}
  Result<Response> Send(const Request& request) override {
    timeouts.push_back(request.timeout);
    return script_[std::min(timeouts.size(), script_.size()) - 1];
  }
  std::vector<Millis> timeouts;

 private:
  std::vector<Result<Response>> script_;
};

class LoadedDice final : public io::Random {
 public:
  explicit LoadedDice(uint64_t bits) : bits_(bits) {}
  [[nodiscard]] uint64_t Next() const override { return bits_; }

 private:
  uint64_t bits_;
};

Result<Response> Status(int status, std::vector<Header> headers = {}) {
  return Response{status, std::move(headers), {}};
}
Result<Response> Failure(Code code) { return Fail(code, "the cable is out"); }

class RetryTest : public ::testing::Test {
 protected:
  Result<Response> Send(std::vector<Result<Response>> script, Idempotency idempotency,
                        RetryPolicy policy = {}, uint64_t bits = ~uint64_t{0}) {
    ScriptedClient client(std::move(script));
    const LoadedDice dice(bits);
    waits_.clear();
    auto result = RetryLoop(client, clock_, dice, policy, [this](const RetryNotice& notice) {
                    waits_.push_back(notice.wait);
                    reason_ = notice.reason;
                  }).Send({}, idempotency, ClassifyByStatus);
    sent_ = client.timeouts.size();
    timeouts_ = client.timeouts;
    return result;
  }

  ScriptedClock clock_;
  std::vector<Millis> waits_;
  std::vector<Millis> timeouts_;
  std::string reason_;
  size_t sent_ = 0;
};

TEST_F(RetryTest, AnAnswerIsReturnedAtOnce) {
  for (const int status : {200, 204, 302, 400, 401, 404, 409, 412}) {
    EXPECT_EQ(Send({Status(status), Status(500)}, kYes)->status, status);
    EXPECT_EQ(sent_, 1U);
  }
  EXPECT_EQ(clock_.Slept(), Millis(0));
}

TEST_F(RetryTest, WaitsDoubleFromOneSecondToThirtyTwo) {
  const auto failed = Failure(Code::kOutcomeUnknown);
  EXPECT_EQ(
      Send({failed, failed, failed, failed, failed, failed, failed, Status(200)}, kYes)->status,
      200);
  const std::vector<int> seconds{1, 2, 4, 8, 16, 32, 32};
  ASSERT_EQ(waits_.size(), seconds.size());
  for (size_t i = 0; i < seconds.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(waits_[i].count()), seconds[i] * 1000, 1) << i;
  }
  EXPECT_EQ(reason_, "the cable is out");
}

TEST_F(RetryTest, JitterTakesUpToHalfOfAWaitAway) {
  EXPECT_TRUE(Send({Status(429), Status(429), Status(200)}, kYes, {}, 0));
  EXPECT_EQ(waits_, (std::vector<Millis>{Millis(500), Millis(1'000)}));
  EXPECT_EQ(reason_, "HTTP 429");
}

TEST_F(RetryTest, WhatNeverLeftIsSentAgainWhateverItIs) {
  EXPECT_EQ(Send({Failure(Code::kUnavailable), Status(200)}, kNo)->status, 200);
}

TEST_F(RetryTest, WhatTheServerRefusedToDoIsSentAgainWhateverItIs) {
  EXPECT_EQ(Send({Status(429), Status(200)}, kNo)->status, 200);
}

TEST_F(RetryTest, AnUnknownOutcomeIsRepeatedOnlyIfThatDoesNoHarm) {
  EXPECT_EQ(Send({Failure(Code::kOutcomeUnknown), Status(200)}, kYes)->status, 200);
  auto result = Send({Failure(Code::kOutcomeUnknown), Status(200)}, kNo);
  EXPECT_EQ(result.error().code, Code::kOutcomeUnknown);
  EXPECT_EQ(sent_, 1U);
}

TEST_F(RetryTest, AFaultThatMayHideAnEffectIsUnknownAndNotRepeated) {
  EXPECT_EQ(Send({Status(503), Status(200)}, kYes)->status, 200);
  for (const int status : {408, 500, 502, 503, 504}) {
    auto result = Send({Status(status), Status(200)}, kNo);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kOutcomeUnknown);
    EXPECT_EQ(sent_, 1U);
  }
}

TEST_F(RetryTest, AnUnreadableAnswerToWhatMayNotBeRepeatedIsUnknown) {
  EXPECT_EQ(Send({Failure(Code::kCorrupt)}, kNo).error().code, Code::kOutcomeUnknown);
  EXPECT_EQ(Send({Failure(Code::kCorrupt)}, kYes).error().code, Code::kCorrupt);
  EXPECT_EQ(sent_, 1U);
}

TEST_F(RetryTest, ErrorsThatWaitingDoesNotMendAreReturnedAtOnce) {
  for (const Code code : {Code::kRefused, Code::kInvalidArgument, Code::kPermission}) {
    EXPECT_EQ(Send({Failure(code), Status(200)}, kYes).error().code, code);
    EXPECT_EQ(sent_, 1U);
  }
}

TEST_F(RetryTest, WaitsAsLongAsTheServerAsks) {
  EXPECT_TRUE(Send({Status(429, {{"retry-after", "7"}}), Status(200)}, kYes));
  EXPECT_EQ(waits_, std::vector<Millis>{Millis(7'000)});
}

TEST_F(RetryTest, ReadsADateAsWell) {
  clock_.Set(InstantOfMillis(784'111'777'000));  // Sun, 06 Nov 1994 08:49:37 GMT
  const Header date{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"};
  EXPECT_TRUE(Send({Status(503, {date}), Status(200)}, kYes));
  EXPECT_EQ(waits_, std::vector<Millis>{Millis(20'000)});
}

TEST_F(RetryTest, NonsenseInRetryAfterIsNoWait) {
  for (const char* const text : {"-5", "soon", "99999999999999999999", "1e9"}) {
    EXPECT_TRUE(Send({Status(429, {{"Retry-After", text}}), Status(200)}, kYes));
    ASSERT_EQ(waits_.size(), 1U) << text;
    EXPECT_LE(waits_[0], Millis(1'000)) << text;
  }
}

TEST_F(RetryTest, GivesUpAtOnceWhenTheServerAsksForMoreThanTheDeadline) {
  EXPECT_EQ(Send({Status(429, {{"Retry-After", "3600"}}), Status(200)}, kYes)->status, 429);
  EXPECT_EQ(sent_, 1U);
  EXPECT_EQ(clock_.Slept(), Millis(0));
}

TEST_F(RetryTest, TheDeadlineEndsItWithTheLastAnswer) {
  RetryPolicy policy;
  policy.deadline = Millis(10'000);
  EXPECT_EQ(Send({Status(503)}, kYes, policy)->status, 503);
  EXPECT_EQ(sent_, 4U);  // at 0, 1, 3 and 7 s
  auto result = Send({Failure(Code::kUnavailable)}, kYes, policy);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().what, "the cable is out, after 4 attempts");
}

TEST_F(RetryTest, AServerThatNeverAnsweredIsGivenUpSoon) {
  auto result = Send({Failure(Code::kUnavailable)}, kYes);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_EQ(result.error().what, "the cable is out, after 4 attempts");
  EXPECT_NE(result.error().next.find("check the address"), std::string::npos);
  EXPECT_LE(clock_.Slept(), Millis(10'000));
}

TEST_F(RetryTest, AServerThatAnsweredOnceIsWaitedForAsLongAsEver) {
  ScriptedClient client({Status(503), Failure(Code::kUnavailable)});
  const LoadedDice dice(~uint64_t{0});
  const RetryLoop loop(client, clock_, dice, {});
  auto result = loop.Send({.url = "http://h/one?secret"}, kYes, ClassifyByStatus);
  EXPECT_FALSE(result);
  EXPECT_GT(clock_.Slept(), Millis(500'000));
  const Millis before = clock_.Slept();
  result = loop.Send({.url = "http://other/one"}, kYes, ClassifyByStatus);
  EXPECT_FALSE(result);
  EXPECT_LE(clock_.Slept() - before, Millis(10'000));
}

TEST_F(RetryTest, WhatTakesOverASecondIsWorthAWord) {
  std::vector<std::string> told;
  ScriptedClient client({Status(503), Failure(Code::kOutcomeUnknown), Status(200)});
  const LoadedDice dice(0);
  const RetryLoop loop(client, clock_, dice, {}, [&](const RetryNotice& notice) {
    if (notice.IsWorthAWord()) told.push_back(FormatNotice(notice));
  });
  EXPECT_TRUE(loop.Send({.url = "https://h:1/path?secret"}, kYes, ClassifyByStatus));
  EXPECT_EQ(told, std::vector<std::string>{
                      "https://h:1: the cable is out; trying again in 1 s (attempt 3)"});
}

TEST_F(RetryTest, NoAttemptMayRunBeyondTheDeadline) {
  RetryPolicy policy;
  policy.deadline = Millis(10'000);
  EXPECT_TRUE(Send({Status(503), Status(503), Status(200)}, kYes, policy));
  ASSERT_EQ(timeouts_.size(), 3U);
  EXPECT_EQ(timeouts_[0], Millis(10'000));
  EXPECT_NEAR(static_cast<double>(timeouts_[2].count()), 7'000, 5);
}

}  // namespace
}  // namespace salvor::http
