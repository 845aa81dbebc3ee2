#include "bigquery/rest/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>

namespace salvor::bigquery {
namespace {

TEST(InFlight, EveryIndexIsCalledOnce) {
  std::mutex mutex;
  std::multiset<size_t> seen;
  ASSERT_TRUE(ForEach(1'000, 8, [&](size_t index) -> Status {
    const std::lock_guard lock(mutex);
    seen.insert(index);
    return Done{};
  }));
  EXPECT_EQ(seen.size(), 1'000U);
  EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), 1'000U);
}

TEST(InFlight, AFailureStopsWhatHasNotBegun) {
  std::atomic<size_t> calls = 0;
  auto status = ForEach(100'000, 4, [&](size_t index) -> Status {
    ++calls;
    if (index == 3) return Fail(Code::kPermission, "no");
    return Done{};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kPermission);
  EXPECT_LT(calls, 100'000U);
}

TEST(InFlight, NothingToDoIsDone) {
  EXPECT_TRUE(ForEach(0, 8, [](size_t) -> Status { return Fail(Code::kInternal, "called"); }));
}

}  // namespace
}  // namespace salvor::bigquery
