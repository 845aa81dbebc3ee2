#include "bigquery/history/losses.h"

#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

constexpr int64_t kBegin = 1'700'000'000'000;
constexpr int64_t kEnd = kBegin + 7 * 86'400'000LL;
constexpr int64_t kMinute = 60'000;

// Rows by partition, changing at given instants; every count is billed one.
class ScriptedCounter final : public RowCounter {
 public:
  void Set(const std::string& id, int64_t from, int64_t rows) { script_[id][from] = rows; }

  Result<int64_t> Estimate(const CountRequest&) override {
    ++estimated;
    return 1;
  }
  Result<Counted> Count(const CountRequest& request, int64_t most) override {
    ++counted;
    left -= most;
    asked_of = request.ids;
    return Counted{At(*request.at), InstantOfMillis(*request.at)};
  }
  [[nodiscard]] int64_t Left() const override { return left; }
  void Say(std::string_view) override { ++said; }
  [[nodiscard]] Error TooDear(int64_t) const override { return {Code::kRefused, "too dear"}; }

  [[nodiscard]] Counts At(int64_t at) const {
    Counts counts;
    for (const auto& [id, timeline] : script_) {
      if (const int64_t rows = RowsAt(timeline, at); rows > 0) counts[id] = rows;
    }
    return counts;
  }
  [[nodiscard]] Timelines Ends() const {
    return TimelinesOf({{kBegin, At(kBegin)}, {kEnd, At(kEnd)}});
  }

  int64_t left = 1'000;
  int estimated = 0;
  int counted = 0;
  int said = 0;
  std::vector<std::string> asked_of;

 private:
  Timelines script_;
};

bool Never(const Loss&) { return false; }

class NarrowTest : public ::testing::Test {
 protected:
  void Lose(const std::string& id, int64_t at) {
    counter_.Set(id, kBegin, 10);
    counter_.Set(id, at, 0);
  }
  ScriptedCounter counter_;
};

TEST_F(NarrowTest, OneLossOfAWeekIsFoundToTheMinuteByFourteenCountsAndOneDryRun) {
  const int64_t at = kBegin + 4'711'815;
  Lose("a", at);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(counter_, Never, timelines));
  const auto losses = LossesOf(timelines);
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_LT(losses[0].begin, at);
  EXPECT_GE(losses[0].end, at);
  EXPECT_LE(losses[0].end - losses[0].begin, kMinute);
  EXPECT_LE(counter_.counted, 14);
  EXPECT_EQ(counter_.estimated, 1);
  EXPECT_EQ(counter_.said, 1);
}

TEST_F(NarrowTest, PartitionsThatWentTogetherCostNoMoreThanOne) {
  const int64_t at = kEnd - 4'711'815;
  for (int i = 0; i < 200; ++i) Lose("p" + std::to_string(i), at);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(counter_, Never, timelines));
  EXPECT_EQ(LossesOf(timelines).size(), 1U);
  EXPECT_LE(counter_.counted, 14);
}

TEST_F(NarrowTest, LossesAtManyTimesAreNarrowedAsFarAsFourteenCountsGo) {
  for (int i = 0; i < 100; ++i) Lose("p" + std::to_string(i), kBegin + (i + 1) * 6'000'000LL);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(counter_, Never, timelines));
  EXPECT_EQ(counter_.counted, 14);
  for (const Loss& loss : LossesOf(timelines)) EXPECT_LT(loss.end - loss.begin, 86'400'000);
}

TEST_F(NarrowTest, OnlyThePartitionsInQuestionAreCounted) {
  Lose("lost", kBegin + 9'000'000);
  counter_.Set("whole", kBegin, 10);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(counter_, Never, timelines));
  EXPECT_EQ(counter_.asked_of, std::vector<std::string>{"lost"});
}

TEST_F(NarrowTest, WhatIsSettledIsNotAskedAbout) {
  Lose("a", kBegin + 9'000'000);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(
      counter_, [](const Loss&) { return true; }, timelines));
  EXPECT_EQ(counter_.counted, 0);
}

TEST_F(NarrowTest, WhereTheBudgetEndsTheLossStaysBetweenItsLastCounts) {
  const int64_t at = kBegin + 9'000'000;
  Lose("a", at);
  counter_.left = 3;
  Timelines timelines = counter_.Ends();
  EXPECT_FALSE(*Narrow(counter_, Never, timelines));
  EXPECT_EQ(counter_.counted, 3);
  const auto losses = LossesOf(timelines);
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_GT(losses[0].end - losses[0].begin, kMinute);
  EXPECT_LT(losses[0].begin, at);
}

TEST_F(NarrowTest, APartitionThatLostRowsTwiceShowsBoth) {
  counter_.Set("a", kBegin, 10);
  counter_.Set("a", kBegin + 100'000'000, 6);
  counter_.Set("a", kBegin + 500'000'000, 0);
  Timelines timelines = counter_.Ends();
  EXPECT_TRUE(*Narrow(counter_, Never, timelines));
  EXPECT_EQ(LossesOf(timelines).size(), 2U);
}

TEST(CountAll, WhatIsNeededAndDoesNotFitIsRefusedBeforeAnythingIsAsked) {
  ScriptedCounter counter;
  counter.left = 1;
  const auto counted = CountAll(counter, {{kBegin, {}}, {kEnd, {}}});
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, Code::kRefused);
  EXPECT_EQ(counter.counted, 0);
}

TEST(CountAll, WhatOnlyHelpsIsLeftOutWhereItDoesNotFit) {
  ScriptedCounter counter;
  counter.left = 2;
  const auto counted = CountAll(counter, {{kBegin, {}}}, {{kEnd - 1, {}}, {kEnd, {}}});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->size(), 2U);
  EXPECT_EQ(counter.said, 1);
}

TEST(KnownCounts, OfAWholeTableEveryPartitionIsKnown) {
  KnownCounts known;
  known.Keep(7, {}, {{"a", 3}});
  EXPECT_EQ(known.Find(7, {}), (Counts{{"a", 3}}));
  EXPECT_EQ(known.Find(7, {"a", "b"}), (Counts{{"a", 3}}));
  EXPECT_FALSE(known.Find(8, {}));
}

TEST(KnownCounts, OfSomePartitionsOthersAreNotKnown) {
  KnownCounts known;
  known.Keep(7, {"a", "b"}, {{"a", 3}});
  EXPECT_EQ(known.Find(7, {"b"}), Counts{});
  EXPECT_FALSE(known.Find(7, {"c"}));
  EXPECT_FALSE(known.Find(7, {}));
}

}  // namespace
}  // namespace salvor::bigquery
