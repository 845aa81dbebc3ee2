#include "objects/aws/cached_keys.h"

#include <gtest/gtest.h>

#include <optional>

#include "testing/scripted_clock.h"

namespace salvor::objects::aws {
namespace {

using ::salvor::testing::ScriptedClock;

struct Counted {
  int fetches = 0;
  Millis life{3'600'000};
  std::optional<Error> failure;
};

class CountingSource final : public KeySource {
 public:
  CountingSource(Counted& counted, const io::Clock& clock) : counted_(counted), clock_(clock) {}
  Result<Keys> Fetch() override {
    ++counted_.fetches;
    if (counted_.failure) return Fail(*counted_.failure);
    Keys keys;
    keys.id = "key" + std::to_string(counted_.fetches);
    keys.secret = "secret";
    keys.expires = clock_.Now() + counted_.life;
    return keys;
  }

 private:
  Counted& counted_;
  const io::Clock& clock_;
};

class CachedKeysTest : public ::testing::Test {
 protected:
  std::string Id() {
    const auto keys = cached_.Get();
    return keys ? keys->id : "error";
  }

  ScriptedClock clock_;
  Counted counted_;
  CachedKeys cached_{clock_, std::make_unique<CountingSource>(counted_, clock_), "here"};
};

TEST_F(CachedKeysTest, AreFetchedOnceAndRenewedFiveMinutesEarly) {
  EXPECT_EQ(Id(), "key1");
  clock_.Advance(Millis(3'299'000));
  EXPECT_EQ(Id(), "key1");
  clock_.Advance(Millis(2'000));
  EXPECT_EQ(Id(), "key2");
}

TEST_F(CachedKeysTest, AreUsedOnWhereRenewingFails) {
  EXPECT_EQ(Id(), "key1");
  clock_.Advance(Millis(3'400'000));
  counted_.failure = Error{Code::kUnavailable, "down"};
  EXPECT_EQ(Id(), "key1");
  EXPECT_EQ(Id(), "key1");
  EXPECT_EQ(counted_.fetches, 2);
  clock_.Advance(Millis(195'000));
  EXPECT_EQ(Id(), "error");
}

TEST_F(CachedKeysTest, ShortOnesAreRenewedInTheirSecondHalf) {
  counted_.life = Millis(60'000);
  EXPECT_EQ(Id(), "key1");
  clock_.Advance(Millis(29'000));
  EXPECT_EQ(Id(), "key1");
  clock_.Advance(Millis(2'000));
  EXPECT_EQ(Id(), "key2");
}

TEST_F(CachedKeysTest, RejectedOnesAreNotGivenOutAgain) {
  const auto keys = cached_.Get();
  ASSERT_TRUE(keys);
  cached_.Reject(*keys);
  EXPECT_EQ(Id(), "key2");
  cached_.Reject(*keys);  // the old ones
  EXPECT_EQ(Id(), "key2");
}

}  // namespace
}  // namespace salvor::objects::aws
