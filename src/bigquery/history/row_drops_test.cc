#include "bigquery/history/row_drops.h"
#include "bigquery/table/row_counts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

namespace salvor::bigquery {
namespace {

constexpr int64_t kBegin = 1'700'000'000'000;
constexpr int64_t kEnd = kBegin + 7 * 86'400'000LL;

// Rows by partition, changing at given instants.
class ScriptedPast final : public Past {
 public:
  void Set(const std::string& id, int64_t from, int64_t rows) { script_[id][from] = rows; }

  Result<model::Tally> At(const std::string& id, int64_t at) override {
    if (++asked_ > most_) return Fail(Code::kRefused, "enough");
    if (id.empty()) {
      int64_t sum = 0;
      for (const auto& [each, changes] : script_) sum += At(each, at)->rows;
      asked_ -= static_cast<int64_t>(script_.size());
      return TallyOf(sum, 0);
    }
    const auto& changes = script_.at(id);
    const auto after = changes.upper_bound(at);
    return TallyOf(after == changes.begin() ? 0 : std::prev(after)->second, 0);
  }

  [[nodiscard]] int64_t Asked() const override { return asked_; }

  Timelines Ends() {
    Timelines ends;
    for (const auto& [id, changes] : script_) {
      for (const int64_t at : {kBegin, kEnd}) ends[id][at] = *At(id, at);
    }
    asked_ = 0;
    return ends;
  }

  std::atomic<int64_t> asked_ = 0;
  int64_t most_ = INT64_MAX;

 private:
  std::map<std::string, std::map<int64_t, int64_t>> script_;
};

TEST(Drops, ALossIsFoundToTheMillisecond) {
  ScriptedPast past;
  past.Set("20260101", 0, 10);
  past.Set("20260101", kBegin + 123'456'789, 0);
  Timelines timelines = past.Ends();
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 1U);
  EXPECT_EQ(drops->front().end, kBegin + 123'456'789);
  EXPECT_EQ(drops->front().begin, drops->front().end - 1);
  EXPECT_EQ(timelines["20260101"][drops->front().begin].rows, 10);
}

TEST(Drops, PartitionsLostTogetherCostOneQuestionEachAtMost) {
  ScriptedPast past;
  for (int i = 0; i < 200; ++i) {
    const std::string id = fmt::format("{:08}", i);
    past.Set(id, 0, 10 + i);
    past.Set(id, i < 120 ? kBegin + 5'000 : kBegin + 80'000'000, 0);
  }
  Timelines timelines = past.Ends();
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 200U);
  EXPECT_EQ(drops->front().end, kBegin + 5'000);
  EXPECT_EQ((*drops)[119].end, kBegin + 5'000);
  EXPECT_EQ(drops->back().end, kBegin + 80'000'000);
  EXPECT_LT(past.asked_, 200 + 100);
}

TEST(Drops, PartitionsLostTogetherAndWrittenOneByOneSinceCostFewQuestionsEach) {
  ScriptedPast past;
  for (int i = 0; i < 100; ++i) {
    const std::string id = fmt::format("{:08}", i);
    past.Set(id, 0, 10);
    past.Set(id, i < 60 ? kBegin + 5'000 : kBegin + 80'000'000, 0);
    past.Set(id, kBegin + 90'000'000 + i * 1'000, 10);
  }
  Timelines timelines = past.Ends();
  int64_t i = 0;
  for (auto& [id, timeline] : timelines) timeline[kBegin + 90'000'000 + i++ * 1'000 - 1] = {};
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 100U);
  EXPECT_EQ((*drops)[59].end, kBegin + 5'000);
  EXPECT_EQ((*drops)[60].end, kBegin + 80'000'000);
  EXPECT_LT(past.asked_, 100 * 4 + 60);
}

TEST(Drops, RowsLostTwiceAreTwoDrops) {
  ScriptedPast past;
  past.Set("a", 0, 10);
  past.Set("a", kBegin + 1'000, 7);
  past.Set("a", kBegin + 9'000, 3);
  Timelines timelines = past.Ends();
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 2U);
  EXPECT_EQ((*drops)[0].end, kBegin + 1'000);
  EXPECT_EQ((*drops)[1].end, kBegin + 9'000);
}

TEST(Drops, RowsAddedBeforeTheLossDoNotHideIt) {
  ScriptedPast past;
  past.Set("a", 0, 10);
  past.Set("a", kBegin + 1'000, 25);
  past.Set("a", kBegin + 9'000, 0);
  Timelines timelines = past.Ends();
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 1U);
  EXPECT_EQ(timelines["a"][drops->front().begin].rows, 25);
}

TEST(Drops, WhatMayNotBeAskedLeavesAGoodAndABadInstant) {
  ScriptedPast past;
  past.Set("a", 0, 10);
  past.Set("a", kBegin + 9'000, 0);
  Timelines timelines = past.Ends();
  past.most_ = 3;
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  ASSERT_EQ(drops->size(), 1U);
  EXPECT_LE(drops->front().begin, kBegin + 8'999);
  EXPECT_GE(drops->front().end, kBegin + 9'000);
}

TEST(Drops, GrowthIsNoDrop) {
  ScriptedPast past;
  past.Set("a", 0, 10);
  past.Set("a", kBegin + 9'000, 11);
  Timelines timelines = past.Ends();
  auto drops = PinDown(past, timelines, warehouse::NoProgress());
  ASSERT_TRUE(drops);
  EXPECT_TRUE(drops->empty());
}

}  // namespace
}  // namespace salvor::bigquery
