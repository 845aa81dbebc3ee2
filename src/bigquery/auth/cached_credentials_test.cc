#include "bigquery/auth/cached_credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bigquery/auth/scene_test.h"

namespace salvor::bigquery::auth {
namespace {

// Gives "token-1", "token-2" and so on, each for as long as it is told to.
class Mint final : public TokenSource {
 public:
  struct Books {
    std::atomic<int> fetches = 0;
    Millis life{3'600'000};
    std::atomic<bool> fails = false;
    std::function<void()> during = {};
    std::string principal = "me@example.com";
  };
  Mint(const io::Clock& clock, Books& books) : clock_(clock), books_(books) {}

  Result<Token> Fetch() override {
    const int number = ++books_.fetches;
    if (books_.during) books_.during();
    if (books_.fails) return Fail(Code::kUnavailable, "the mint is closed");
    return Token{Secret("token-" + std::to_string(number)), clock_.Now() + books_.life};
  }
  Result<std::string> Principal() override { return books_.principal; }

 private:
  const io::Clock& clock_;
  Books& books_;
};

class CachedCredentialsTest : public AuthTest {
 protected:
  CachedCredentials Make(std::string quota_project = {}) {
    return {Outside_(), std::make_unique<Mint>(clock_, books_), std::move(quota_project), "mint"};
  }
  Mint::Books books_;
};

TEST_F(CachedCredentialsTest, ATokenIsKeptUntilFiveMinutesBeforeItsEnd) {
  auto credentials = Make();
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  clock_.Advance(Millis(55 * 60'000 - 1));
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  clock_.Advance(Millis(1));
  EXPECT_EQ(Bearer(credentials), "Bearer token-2");
  EXPECT_EQ(books_.fetches, 2);
}

TEST_F(CachedCredentialsTest, AShortLivedTokenIsKeptForHalfItsLife) {
  books_.life = Millis(240'000);
  auto credentials = Make();
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  clock_.Advance(Millis(119'999));
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  clock_.Advance(Millis(1));
  EXPECT_EQ(Bearer(credentials), "Bearer token-2");
}

TEST_F(CachedCredentialsTest, AFailedRenewalGoesOnWithTheOldTokenAsLongAsItHolds) {
  auto credentials = Make();
  ASSERT_EQ(Bearer(credentials), "Bearer token-1");
  books_.fails = true;
  clock_.Advance(Millis(56 * 60'000));
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  EXPECT_EQ(books_.fetches, 2);  // not again at once
  clock_.Advance(Millis(30'000));
  EXPECT_EQ(Bearer(credentials), "Bearer token-1");
  EXPECT_EQ(books_.fetches, 3);
  clock_.Advance(Millis(4 * 60'000));
  EXPECT_EQ(Bearer(credentials), "the mint is closed");
  books_.fails = false;
  EXPECT_EQ(Bearer(credentials), "Bearer token-5");
}

TEST_F(CachedCredentialsTest, ARejectedTokenIsNotGivenOutAgain) {
  auto credentials = Make();
  const auto headers = credentials.Authorize().value();
  credentials.Reject(headers);
  EXPECT_EQ(Bearer(credentials), "Bearer token-2");
  credentials.Reject(headers);  // late, by another thread: its successor stays
  EXPECT_EQ(Bearer(credentials), "Bearer token-2");
  EXPECT_EQ(books_.fetches, 2);
}

TEST_F(CachedCredentialsTest, OneThreadFetchesForAll) {
  books_.during = [] { std::this_thread::sleep_for(Millis(50)); };
  auto credentials = Make();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (Bearer(credentials) == "Bearer token-1") ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(books_.fetches, 1);
}

TEST_F(CachedCredentialsTest, ThoseWhoWaitedShareTheFailure) {
  std::atomic<int> asking = 0;
  books_.fails = true;
  books_.during = [&] {
    while (asking < 4) std::this_thread::yield();
    std::this_thread::sleep_for(Millis(50));
  };
  auto credentials = Make();
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ++asking;
      if (Bearer(credentials) == "the mint is closed") ++failed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 4);
  EXPECT_EQ(books_.fetches, 1);
}

TEST_F(CachedCredentialsTest, NobodyWaitsForAnEarlyRenewal) {
  auto credentials = Make();
  ASSERT_EQ(Bearer(credentials), "Bearer token-1");
  clock_.Advance(Millis(57 * 60'000));
  std::string meanwhile;
  books_.during = [&] {
    if (meanwhile.empty()) std::thread([&] { meanwhile = Bearer(credentials); }).join();
  };
  EXPECT_EQ(Bearer(credentials), "Bearer token-2");
  EXPECT_EQ(meanwhile, "Bearer token-1");
}

TEST_F(CachedCredentialsTest, AQuotaProjectIsAHeaderOfItsOwn) {
  auto credentials = Make("payer");
  const auto headers = credentials.Authorize().value();
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[1].name, "X-Goog-User-Project");
  EXPECT_EQ(headers[1].value, "payer");
  EXPECT_EQ(Make().Authorize()->size(), 1U);
}

TEST_F(CachedCredentialsTest, AsksWhoseTokenItIsOnceAndNotInAnAddress) {
  server_.On("/tokeninfo", 200, {{"email", "ada@example.com"}, {"expires_in", "3599"}});
  books_.principal.clear();
  auto credentials = Make();
  EXPECT_EQ(credentials.Principal().value(), "ada@example.com");
  EXPECT_EQ(credentials.Principal().value(), "ada@example.com");
  ASSERT_EQ(server_.Count(), 1U);
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "access_token=token-1");
  EXPECT_EQ(request.target, "/tokeninfo");
}

TEST_F(CachedCredentialsTest, ATokenThatNobodyKnowsHasNoName) {
  server_.On("/tokeninfo", 400, {{"error", "invalid_token"}});
  books_.principal.clear();
  EXPECT_EQ(Make().Principal().value(), "");
}

TEST_F(CachedCredentialsTest, ANameThatCannotBeAskedForNowIsAnErrorAndAskedForAgain) {
  books_.principal.clear();
  server_.On("/tokeninfo", 503, {});
  auto credentials = Make();
  EXPECT_EQ(credentials.Principal().error().code, Code::kUnavailable);
  server_.On("/tokeninfo", 200, {{"email", "ada@example.com"}});
  EXPECT_EQ(credentials.Principal().value(), "ada@example.com");
}

class AuthorizedClientTest : public CachedCredentialsTest {
 protected:
  http::Response Send(const http::Request& request) {
    auto response = AuthorizedClient(client_, credentials_).Send(request);
    EXPECT_TRUE(response) << response.error().Message();
    return response.value_or(http::Response{});
  }
  // 401 to every token but this one.
  void TakeOnly(const std::string& token) {
    server_.On("/data", [token](const httplib::Request& request) {
      return Answer{request.get_header_value("Authorization") == "Bearer " + token ? 200 : 401};
    });
  }
  CachedCredentials credentials_ = Make("payer");
};

TEST_F(AuthorizedClientTest, AddsTheHeaders) {
  TakeOnly("token-1");
  EXPECT_EQ(
      Send({"POST", server_.Url("/data"), {{"X-A", "b"}, {"authorization", "mine"}}, "c"}).status,
      200);
  ASSERT_EQ(server_.Count(), 1U);
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.get_header_value_count("Authorization"), 1U);
  EXPECT_EQ(request.get_header_value("X-Goog-User-Project"), "payer");
  EXPECT_EQ(request.get_header_value("X-A"), "b");
  EXPECT_EQ(request.body, "c");
}

TEST_F(AuthorizedClientTest, TriesOnceMoreWithAFreshTokenAfterA401) {
  TakeOnly("token-2");
  EXPECT_EQ(Send({"POST", server_.Url("/data"), {}, "body"}).status, 200);
  ASSERT_EQ(server_.Count(), 2U);
  EXPECT_EQ(server_.Requests()[1].body, "body");
}

TEST_F(AuthorizedClientTest, TheSecond401IsTheAnswer) {
  TakeOnly("another");
  EXPECT_EQ(Send({"GET", server_.Url("/data")}).status, 401);
  EXPECT_EQ(server_.Count(), 2U);
  EXPECT_EQ(books_.fetches, 2);
}

TEST_F(AuthorizedClientTest, NoTokenMeansNothingIsSent) {
  books_.fails = true;
  auto response = AuthorizedClient(client_, credentials_).Send({"POST", server_.Url("/data")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_EQ(server_.Count(), 0U);
}

}  // namespace
}  // namespace salvor::bigquery::auth
