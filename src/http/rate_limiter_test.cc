#include "http/rate_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "testing/scripted_clock.h"

namespace salvor::http {
namespace {

using ::salvor::testing::ScriptedClock;

constexpr Millis kWindow{10'000};

TEST(RateLimiter, LetsTheLimitThroughAtOnce) {
  const ScriptedClock clock;
  RateLimiter pace(50, kWindow, clock);
  for (int i = 0; i < 50; ++i) pace.Await();
  EXPECT_EQ(clock.Slept(), Millis(0));
  pace.Await();
  EXPECT_EQ(clock.Slept(), kWindow);
}

TEST(RateLimiter, NoWindowHoldsMoreThanTheLimit) {
  ScriptedClock clock;
  RateLimiter pace(5, kWindow, clock);
  std::vector<Instant> starts;
  for (int i = 0; i < 40; ++i) {
    clock.Advance(Millis(i * 37 % 900));
    pace.Await();
    starts.push_back(clock.Now());
  }
  for (size_t i = 5; i < starts.size(); ++i) {
    EXPECT_GE(starts[i] - starts[i - 5], kWindow) << i;
  }
}

TEST(RateLimiter, AStartIsFreeAgainWhenItsWindowHasPassed) {
  ScriptedClock clock;
  RateLimiter pace(2, kWindow, clock);
  pace.Await();
  clock.Advance(Millis(6'000));
  pace.Await();
  clock.Advance(Millis(1'000));
  pace.Await();  // waits for the first, not for the second
  EXPECT_EQ(clock.Slept(), Millis(3'000));
}

TEST(RateLimiter, AStartThatIsAnsweredLateIsFreeLate) {
  ScriptedClock clock;
  RateLimiter pace(2, kWindow, clock);
  {
    const RateLimiter::Start slow = pace.Await();
    clock.Advance(Millis(700));
  }
  pace.Await();
  pace.Await();  // the first may have been counted just before its answer
  EXPECT_EQ(clock.Slept(), kWindow);
  pace.Await();
  EXPECT_EQ(clock.Slept(), kWindow);
}

TEST(RateLimiter, SaysBeforehandHowLongABatchWillTake) {
  for (const int64_t count : {0, 1, 49, 50, 51, 100, 101, 200, 201}) {
    for (const int before : {0, 1, 50, 75}) {
      ScriptedClock clock;
      RateLimiter pace(50, kWindow, clock);
      for (int i = 0; i < before; ++i) pace.Await();
      clock.Advance(Millis(1'234));
      const Millis told = pace.TimeToStart(count);
      const Instant begin = clock.Now();
      for (int i = 0; i < count; ++i) pace.Await();
      EXPECT_EQ(told, clock.Now() - begin) << count << " after " << before;
    }
  }
}

TEST(RateLimiter, AClockThatIsSetBackCostsOneWindowAtMost) {
  ScriptedClock clock;
  RateLimiter pace(2, kWindow, clock);
  pace.Await();
  pace.Await();
  clock.Set(clock.Now() - Millis(3'600'000));
  pace.Await();
  EXPECT_EQ(clock.Slept(), kWindow);
}

TEST(RateLimiter, HoldsForManyThreads) {
  const io::Clock& clock = io::SystemClock();
  const Millis window(100);
  RateLimiter pace(4, window, clock);
  std::mutex mutex;
  std::vector<Instant> starts;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      pace.Await();
      const Instant now = clock.Now();
      const std::lock_guard lock(mutex);
      starts.push_back(now);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::sort(starts.begin(), starts.end());
  ASSERT_EQ(starts.size(), 12U);
  EXPECT_GE(starts[11] - starts[0], Millis(190));
  EXPECT_GE(starts[4] - starts[0], Millis(90));
}

}  // namespace
}  // namespace salvor::http
