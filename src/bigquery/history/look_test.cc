#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "bigquery/engine.h"
#include "bigquery/scripted_service_test.h"
#include "io/random.h"
#include "testing/scripted_clock.h"

namespace salvor::bigquery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

std::string DayId(int64_t number) {
  std::string day = FormatDay(18'748 + number);  // 2021-05-01
  std::erase(day, '-');
  return day;
}

int64_t Missing(const model::Inventory& inventory) {
  return std::count_if(inventory.partitions.begin(), inventory.partitions.end(),
                       [](const model::PartitionRecord& record) { return record.emptied; });
}

int64_t Partial(const model::Inventory& inventory) {
  return std::count_if(inventory.partitions.begin(), inventory.partitions.end(),
                       [](const model::PartitionRecord& record) { return record.replaced; });
}

int64_t Intact(const model::Inventory& inventory) {
  return static_cast<int64_t>(inventory.partitions.size()) - Missing(inventory) -
         Partial(inventory);
}

class LookTest : public ::testing::Test {
 protected:
  ScriptedService service_;
  salvor::testing::ScriptedClock clock_{InstantOfMillis(service_.now)};
  Api api_{service_, clock_, io::SystemRandom(), "http://service"};
  std::unique_ptr<warehouse::Engine> engine_;

  warehouse::TableReader& Reader() {
    EngineOptions options;
    options.table = "bigquery:p.d.t";
    engine_ = *MakeEngine(api_, clock_, warehouse::NoProgress(), options);
    reader_ = engine_->Reader();
    return *reader_;
  }
  Result<model::Inventory> Look() {
    warehouse::LookRequest request;
    request.event_changes = true;
    return Reader().Look(request);
  }
  // `count` days of ten rows each, long ago.
  void MakeDays(int64_t count) {
    for (int64_t i = 0; i < count; ++i) service_.Set(DayId(i), service_.created, 10);
  }
  static void ExpectWithinAMinute(const model::Event& event, int64_t at) {
    EXPECT_LE(event.version, at);
    EXPECT_GE(MillisOf(event.at), at);
    EXPECT_LE(MillisOf(event.at) - event.version, 60'000);
    EXPECT_TRUE(event.not_before);
  }
  void Lose(int64_t begin, int64_t end, int64_t at) {
    for (int64_t i = begin; i < end; ++i) service_.Set(DayId(i), at, 0);
  }

  void TearDown() override { EXPECT_EQ(service_.of_the_past, 0); }

 private:
  std::unique_ptr<warehouse::TableReader> reader_;
};

TEST_F(LookTest, AWholeTableIsIntactAndCostsFewRequests) {
  MakeDays(2'000);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Intact(*inventory), 2'000);
  EXPECT_TRUE(inventory->events.empty());
  EXPECT_LE(service_.asked, 30);
  EXPECT_EQ(inventory->window.first_version, service_.now - 168 * kHour + 60'000);
}

TEST_F(LookTest, TwoEventsOverTwoThousandDaysAreFoundByTheirJobsAndNamed) {
  MakeDays(2'000);
  const int64_t first = service_.now - 3 * kDay - 4'711;
  const int64_t second = service_.now - 7 * kHour - 815;
  Lose(100, 220, first);
  Lose(1'900, 1'980, second);
  service_.jobs = {
      {"j1", "ana@example.com", "DELETE", "t", first - 2'000, first + 300, 1'200},
      {"j2", "etl@example.com", "MERGE", "t", second - 2'000, second + 300, 800},
      {"j3", "etl@example.com", "INSERT", "t", second + 2'000, second + 2'300, 0},
  };
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 2U);
  EXPECT_EQ(inventory->events[0].version, first - 2'000);
  EXPECT_EQ(inventory->events[0].emptied, 120);
  EXPECT_EQ(inventory->events[0].rows_removed, 1'200);
  EXPECT_EQ(inventory->events[0].operation, "DELETE");
  EXPECT_EQ(inventory->events[0].who, "ana@example.com");
  EXPECT_EQ(inventory->events[0].kind, model::EventKind::kRemoval);
  EXPECT_EQ(inventory->events[1].version, second - 2'000);
  EXPECT_EQ(inventory->events[1].kind, model::EventKind::kRewrite);
  EXPECT_EQ(Missing(*inventory), 200);
  EXPECT_EQ(Intact(*inventory), 1'800);
  EXPECT_EQ(inventory->partitions[100].files_present, 1);
  EXPECT_EQ(*inventory->partitions[100].deadline, InstantOfMillis(first - 2'001 + 168 * kHour));
  EXPECT_LT(service_.asked, 31);
}

TEST_F(LookTest, ALookThatOutlastsItsMarginBeginsAnewLater) {
  for (const int64_t moved : {2 * 60'000, 20 * 60'000}) {
    MakeDays(200);
    Lose(50, 60, service_.now - 50 * kHour);
    service_.window_moves_at = 0;
    service_.window_moves_by = moved;
    auto inventory = Look();
    ASSERT_TRUE(inventory) << inventory.error().Message();
    EXPECT_EQ(inventory->events.size(), 1U);
    EXPECT_EQ(Intact(*inventory), 190);
    EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("was begun anew")));
    EXPECT_GT(inventory->window.first_version, service_.now - 168 * kHour + moved);
  }
}

TEST_F(LookTest, WithoutTheJobsViewWhoIsUnknownAndTheInstantIsFoundToTheMinute) {
  MakeDays(50);
  const int64_t at = service_.now - 3 * kDay - 4'711;
  Lose(10, 20, at);
  service_.jobs_permitted = false;
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  ExpectWithinAMinute(inventory->events[0], at);
  EXPECT_EQ(inventory->events[0].operation, "unknown");
  EXPECT_EQ(inventory->events[0].who, "");
  EXPECT_EQ(inventory->events[0].kind, model::EventKind::kRemoval);
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("cannot be read")));
}

TEST_F(LookTest, RowsThatMovedToAnotherPartitionMakeARewriteEvenIfNobodySaysSo) {
  MakeDays(50);
  const int64_t at = service_.now - 3 * kDay;
  Lose(10, 11, at);
  service_.Set(DayId(40), at, 20);
  service_.modified[DayId(40)] = at;
  service_.jobs_permitted = false;
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].kind, model::EventKind::kRewrite);
}

TEST_F(LookTest, TheOldestAndTheNewestPartitionsAreMissedToo) {
  MakeDays(300);
  const int64_t at = service_.now - 2 * kDay;
  Lose(0, 150, at);
  Lose(290, 300, at + 600'000);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 160);
  ASSERT_EQ(inventory->events.size(), 2U);
  EXPECT_TRUE(inventory->events[0].takes_oldest);
  EXPECT_FALSE(inventory->events[1].takes_oldest);
}

TEST_F(LookTest, PartitionsLostBesideAWideGapAreFoundWithoutAskingAboutAllOfIt) {
  for (const int64_t i : {0, 1, 2, 3, 9'000, 9'001, 9'002}) {
    service_.Set(DayId(i), service_.created, 10);
  }
  Lose(2, 4, service_.now - kDay);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 2);
  EXPECT_LT(service_.asked, 40);
}

TEST_F(LookTest, PartitionsLostFarFromAllOthersAreFound) {
  for (const int64_t i : {0, 5'000, 9'000}) service_.Set(DayId(i), service_.created, 10);
  Lose(5'000, 5'001, service_.now - kDay);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, ALostPartitionOfTheEpochIsFoundWithoutAskingAboutAllDaysSince) {
  MakeDays(10);
  service_.Set("19700101", service_.created, 3);
  service_.Set("19691231", service_.created, 4);
  service_.Set("19700101", service_.now - kDay, 0);
  service_.Set("19691231", service_.now - kDay, 0);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 2);
  EXPECT_LT(service_.asked, 40);
}

TEST_F(LookTest, EveryPartitionGoneIsFoundToo) {
  for (int64_t i = 0; i < 30; ++i) {
    std::string id = FormatDay(service_.now / kDay - i);
    std::erase(id, '-');
    service_.Set(id, service_.created, 10);
    service_.Set(id, service_.now - kDay, 0);
  }
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 30);
}

TEST_F(LookTest, APartitionThatLostSomeRowsUnseenByItsModificationTimeIsPartial) {
  MakeDays(50);
  service_.Set(DayId(7), service_.now - kDay, 4);  // `modified` does not tell
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Partial(*inventory), 1);
}

TEST_F(LookTest, APartitionThatCameAndWentInsideTheWindowIsMissed) {
  MakeDays(50);
  service_.Set(DayId(25), service_.created, 0);
  service_.Set(DayId(25), service_.now - 5 * kDay, 10);
  service_.Set(DayId(25), service_.now - kDay, 0);
  const int64_t written = service_.now - 5 * kDay;
  service_.jobs = {{"j", "etl@example.com", "", "t", written - 9, written, {}, {}, {}, "LOAD"}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, APartitionThatGrowsEveryDayIsIntact) {
  MakeDays(50);
  for (int64_t i = 0; i < 7; ++i) {
    service_.Set(DayId(50 + i), service_.now - (7 - i) * kDay + kHour, 10 + i);
    service_.modified[DayId(50 + i)] = service_.now - (7 - i) * kDay + kHour;
  }
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Intact(*inventory), 57);
  EXPECT_TRUE(inventory->events.empty());
}

TEST_F(LookTest, TheNullPartitionIsMissedToo) {
  MakeDays(5);
  service_.Set("__NULL__", service_.created, 3);
  service_.Set("__NULL__", service_.now - kDay, 0);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(Missing(*inventory), 1);
  EXPECT_EQ(inventory->partitions.front().key.values.front(), std::nullopt);
  EXPECT_TRUE(inventory->partitions.front().emptied);
}

TEST_F(LookTest, ExpiryLeavesNoJobAndIsLeft) {
  const int64_t today = service_.now / kDay;
  service_.table["timePartitioning"]["expirationMs"] = std::to_string(30 * kDay);
  for (int64_t day = today - 32; day <= today; ++day) {
    std::string id = FormatDay(day);
    std::erase(id, '-');
    service_.Set(id, service_.created, 10);
    const int64_t due = (day + 30) * kDay;
    if (due < service_.now) service_.Set(id, due + kHour, 0);
  }
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_FALSE(inventory->events.empty());
  EXPECT_EQ(inventory->events[0].operation, "partition expiration");
  for (const model::Event& event : inventory->events) EXPECT_TRUE(event.by_expiry);
}

TEST_F(LookTest, WhatAJobTookIsNoExpiryHoweverOldItWas) {
  const int64_t due = (service_.now / kDay - 2) * kDay;
  service_.table["timePartitioning"]["expirationMs"] = std::to_string(30 * kDay);
  std::string id = FormatDay(due / kDay - 30);
  std::erase(id, '-');
  service_.Set(id, service_.created, 10);
  service_.Set(id, due + kHour, 0);
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", due, due + kHour + 300, 10}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_FALSE(inventory->events[0].by_expiry);
  EXPECT_EQ(inventory->events[0].who, "ana@example.com");
}

TEST_F(LookTest, AJobThatRanOnLongAfterTheLossDidNotCauseIt) {
  MakeDays(5);
  const int64_t at = service_.now - kDay;
  Lose(2, 3, at);
  service_.jobs = {{"j", "etl@example.com", "LOAD", "t", at - 60'000, at + 60'000, {}}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].operation, "unknown");
  EXPECT_EQ(inventory->events[0].who, "");
  EXPECT_FALSE(inventory->events[0].by_expiry);
}

TEST_F(LookTest, ADeletionOfFewerRowsThanWentIsNotBlamedForThem) {
  MakeDays(5);
  const int64_t at = service_.now - kDay;
  Lose(2, 3, at);
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", at - 200, at + 200, 1}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  const auto lost = std::find_if(inventory->events.begin(), inventory->events.end(),
                                 [](const model::Event& event) { return event.emptied == 1; });
  ASSERT_NE(lost, inventory->events.end());
  EXPECT_EQ(lost->operation, "unknown");
  EXPECT_EQ(lost->who, "");
}

TEST_F(LookTest, LossesThatAJobDoesNotCountAreUnknownAndTheJobIsACandidate) {
  MakeDays(5);
  const int64_t at = service_.now - kDay;
  Lose(1, 2, at - 3'000);
  Lose(2, 3, at);
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", at - 5'000, at + 200, 10}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].who, "");
  ASSERT_EQ(inventory->events[0].candidates.size(), 1U);
  EXPECT_EQ(inventory->events[0].candidates[0].who, "ana@example.com");
  EXPECT_EQ(inventory->events[0].candidates[0].rows, 10);
  EXPECT_FALSE(inventory->events[0].candidates[0].fits);
}

TEST_F(LookTest, AServiceThatIgnoresInstantsContradictsItsJobsAndThatIsSaid) {
  MakeDays(5);
  const int64_t at = service_.now - kDay;
  Lose(2, 3, at);
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", at - 5, at, 10}};
  service_.instants_ignored = true;
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("counts and jobs disagree")));
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].who, "ana@example.com");
}

TEST_F(LookTest, AMergeThatOnlyDeletedIsARemovalAndOneThatAlsoInsertedARewrite) {
  for (const int64_t inserted : {0, 3}) {
    MakeDays(5);
    const int64_t at = service_.now - kDay;
    Lose(2, 3, at);
    service_.jobs = {{"j", "dbt@example.com", "MERGE", "t", at - 5, at, 10, inserted, 0}};
    auto inventory = Look();
    ASSERT_TRUE(inventory) << inventory.error().Message();
    ASSERT_EQ(inventory->events.size(), 1U);
    EXPECT_EQ(inventory->events[0].kind,
              inserted == 0 ? model::EventKind::kRemoval : model::EventKind::kRewrite);
  }
}

TEST_F(LookTest, AQueryThatCostsTooMuchIsRefusedRatherThanNothingSeen) {
  MakeDays(20);
  Lose(4, 9, service_.now - kDay);
  service_.query_bytes = int64_t{1} << 40;
  auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kRefused);
  EXPECT_THAT(inventory.error().next, HasSubstr("--max-bytes-billed"));
}

TEST_F(LookTest, QueriesStopAtTheLimitAndKeepAGoodInstant) {
  MakeDays(20);
  const int64_t at = service_.now - 3 * kDay;
  Lose(4, 9, at);
  service_.query_bytes = int64_t{250} << 20;  // three of them fit
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 5);
  EXPECT_LE(inventory->events[0].version, at);
}

TEST_F(LookTest, ATableThatWasReplacedIsReadFromBeforeThat) {
  MakeDays(5);
  service_.replaced_since = service_.now - 9 * kHour;
  service_.created = service_.now - 2 * kHour;
  for (auto& [id, changes] : service_.rows) {
    changes = {{*service_.replaced_since, 10}};
    service_.modified[id] = service_.created;
  }
  Lose(0, 2, service_.created);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 2);
  EXPECT_EQ(inventory->window.first_version, *service_.replaced_since);
  EXPECT_THAT(inventory->window.reason, HasSubstr("replaced"));
}

TEST_F(LookTest, ATableOfTheSameNameThatWasDroppedIsNamed) {
  service_.created = service_.now - 2 * kHour;
  MakeDays(5);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("no job of the window tells")));
  EXPECT_EQ(Missing(*inventory), 0);
  service_.jobs = {{"j1", "ana@example.com", "DROP_TABLE", "t", service_.created - 9'000,
                    service_.created - 8'000, 0}};
  inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_THAT(inventory->notes,
              ::testing::Contains(
                  AllOf(HasSubstr("was dropped by ana@example.com"), HasSubstr("bq cp p:d.t@"))));
  EXPECT_EQ(Missing(*inventory), 1);
  EXPECT_EQ(inventory->partitions.back().files_gone, 0);
  service_.jobs[0].started = service_.jobs[0].ended = service_.now - 7 * kDay - 1;
  inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_THAT(inventory->notes, ::testing::Contains(HasSubstr("copies it no longer: it is gone")));
  EXPECT_EQ(inventory->partitions.back().files_gone, 1);
}

TEST_F(LookTest, WithoutTheJobsViewAPartitionThatWasThereForADayIsMissed) {
  MakeDays(50);
  service_.jobs_permitted = false;
  service_.Set(DayId(60), service_.now - 30 * kHour, 10);
  service_.Set(DayId(60), service_.now - 2 * kHour, 0);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, ALossInATableThatIsHoursOldIsMissed) {
  service_.created = service_.now - 5 * kHour;
  MakeDays(10);
  service_.jobs_permitted = false;
  for (const int64_t i : {0, 1}) {
    service_.rows[DayId(i)] = {{service_.created, 10}, {service_.now - kHour, 0}};
  }
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 2);
}

TEST_F(LookTest, ManyJobsDoNotHideTheOneThatRemovedRows) {
  MakeDays(50);
  const int64_t at = service_.now - 30'000;
  service_.Set(DayId(60), at - 25'000, 10);
  service_.Set(DayId(60), at, 0);
  service_.jobs = {{"gone", "ana@example.com", "DELETE", "t", at - 100, at + 100, 10}};
  for (int64_t i = 0; i < 200; ++i) {
    service_.jobs.push_back({"j" + std::to_string(i), "etl@example.com", "UPDATE", "t",
                             at + 1'000 + i * 10, at + 1'005 + i * 10, 0});
  }
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, RowsThatCameAreNoExcuseForAsManyThatWent) {
  MakeDays(50);
  service_.jobs_permitted = false;
  const int64_t away = service_.now - 3 * kDay - 5 * kHour;
  const int64_t back = service_.now - kDay - 5 * kHour;
  service_.Set(DayId(60), away, 10);
  service_.Set(DayId(60), back, 0);
  Lose(7, 8, away);
  service_.Set(DayId(7), back, 10);
  service_.modified[DayId(7)] = back;
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, InstantsInTheFutureAreRefused) {
  MakeDays(5);
  warehouse::LookRequest request;
  request.since = InstantOfMillis(service_.now + 60'000);
  EXPECT_EQ(Reader().Look(request).error().code, Code::kInvalidArgument);
  request.since.reset();
  request.reach_version = service_.now + 60'000;
  EXPECT_EQ(Reader().Look(request).error().code, Code::kInvalidArgument);
}

TEST_F(LookTest, ATableMadeInsideTheWindowIsReadFromItsCreation) {
  service_.created = service_.now - 2 * kDay;
  MakeDays(5);
  Lose(2, 3, service_.now - kDay);
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_TRUE(inventory->window.whole_history);
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, ATableWithoutPartitionsIsOnePartition) {
  service_.table.erase("timePartitioning");
  service_.Set("", service_.created, 0);
  service_.rows = {{"x", {{service_.created, 70}, {service_.now - kDay, 0}}}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  EXPECT_TRUE(inventory->columns.empty());
  ASSERT_EQ(inventory->partitions.size(), 1U);
  EXPECT_EQ(inventory->partitions[0].emptied->tally.rows, 70);
  EXPECT_LE(inventory->partitions[0].emptied->event, service_.now - kDay);
}

TEST_F(LookTest, KindsThatHoldNoRowsOfTheirOwnAreRefusedByName) {
  for (const char* type : {"VIEW", "MATERIALIZED_VIEW", "EXTERNAL", "SNAPSHOT"}) {
    service_.table["type"] = type;
    auto inventory = Look();
    ASSERT_FALSE(inventory) << type;
    EXPECT_EQ(inventory.error().code, Code::kUnsupported) << type;
  }
}

TEST_F(LookTest, ADeletedTableIsNamedByItsJob) {
  MakeDays(5);
  service_.deleted = true;
  const int64_t at = service_.now - kDay;
  service_.jobs = {{"j", "ana@example.com", "DROP_TABLE", "t", at, at + 500, {}}};
  auto inventory = Look();
  ASSERT_TRUE(inventory) << inventory.error().Message();
  ASSERT_EQ(inventory->events.size(), 1U);
  EXPECT_EQ(inventory->events[0].version, at);
  EXPECT_EQ(inventory->events[0].who, "ana@example.com");
  EXPECT_EQ(Missing(*inventory), 1);
}

TEST_F(LookTest, ATableThatNobodyKnowsIsNotFound) {
  service_.deleted = true;
  auto inventory = Look();
  ASSERT_FALSE(inventory);
  EXPECT_EQ(inventory.error().code, Code::kNotFound);
}

TEST_F(LookTest, TheTablesOwnKeyIsSetForTheAnswersOfQueries) {
  MakeDays(5);
  service_.table["encryptionConfiguration"] = {{"kmsKeyName", "projects/k/key"}};
  ASSERT_TRUE(Look());
  EXPECT_GT(service_.queries_with_a_key, 3);
  EXPECT_EQ(service_.queries_without_a_key, 0);
}

// How many requests a look takes, besides pages of answers and polls, whatever there is.
class RequestsTest : public LookTest {
 protected:
  void ExpectFew() {
    auto inventory = Look();
    ASSERT_TRUE(inventory) << inventory.error().Message();
    EXPECT_LE(service_.asked, 30);
    EXPECT_EQ(service_.of_the_past, 0);
    inventory_ = *std::move(inventory);
  }
  model::Inventory inventory_;
};

TEST_F(RequestsTest, OfTablesWithAnyNumberOfPartitions) {
  for (const int64_t days : {60, 2'000, 10'000}) {
    MakeDays(days);
    service_.asked = 0;
    ExpectFew();
    EXPECT_EQ(Intact(inventory_), days);
  }
}

TEST_F(RequestsTest, OfOneDeletedRow) {
  MakeDays(2'000);
  service_.Set(DayId(7), service_.now - 2 * kDay, 9);
  ExpectFew();
  EXPECT_EQ(Partial(inventory_), 1);
}

TEST_F(RequestsTest, OfOneRowDeletedInEachOfSixtyPartitions) {
  MakeDays(60);
  const int64_t at = service_.now - 2 * kDay;
  for (int64_t day = 0; day < 60; ++day) service_.Set(DayId(day), at, 9);
  service_.jobs = {{"j", "shredder@example.com", "DELETE", "t", at - 9, at, 60}};
  ExpectFew();
  EXPECT_EQ(Partial(inventory_), 60);
}

TEST_F(RequestsTest, OfOneDayThatNoJobSaysWasDeleted) {
  MakeDays(2'000);
  Lose(1'000, 1'001, service_.now - 3 * kDay - 4'711);
  ExpectFew();
  ExpectWithinAMinute(inventory_.events.at(0), service_.now - 3 * kDay - 4'711);
}

TEST_F(RequestsTest, OfTwoHundredDaysInTwoEvents) {
  MakeDays(2'000);
  for (const int64_t days_ago : {4, 2}) {
    const int64_t at = service_.now - days_ago * kDay;
    Lose(100 * days_ago, 100 * days_ago + 100, at);
    service_.jobs.push_back(
        {"j" + std::to_string(days_ago), "ana@example.com", "DELETE", "t", at - 9, at, 1'000});
  }
  for (int64_t day = 1; day < 7; ++day) {
    const int64_t at = service_.now - day * kDay + kHour;
    service_.jobs.push_back(
        {"load" + std::to_string(day), "etl@example.com", "", "t", at, at + 9, {}, {}, {}, "LOAD"});
  }
  ExpectFew();
  EXPECT_EQ(Missing(inventory_), 200);
  EXPECT_EQ(inventory_.events.size(), 2U);
}

TEST_F(RequestsTest, OfFourHundredDaysThatAnExpirationTookWhichIsLiftedAgain) {
  MakeDays(1'000);
  for (int64_t day = 0; day < 400; ++day) {
    Lose(day, day + 1, service_.now - 2 * kDay + day * 60'000);
  }
  ExpectFew();
  EXPECT_EQ(Missing(inventory_), 400);
}

TEST_F(RequestsTest, OfHoursWithWideGaps) {
  service_.table["timePartitioning"]["type"] = "HOUR";
  service_.table["schema"]["fields"][0]["type"] = "TIMESTAMP";
  for (const char* id : {"2021050103", "2024022917", "2026010100", "2026010101"}) {
    service_.Set(id, service_.created, 10);
  }
  service_.Set("2024022917", service_.now - kDay, 0);
  ExpectFew();
  EXPECT_EQ(Missing(inventory_), 1);
}

TEST_F(RequestsTest, OfTwentyThousandJobs) {
  MakeDays(100);
  const int64_t at = service_.now - 3 * kDay;
  Lose(7, 8, at);
  for (int64_t i = 0; i < 20'000; ++i) {
    const int64_t ended = service_.now - 7 * kDay + kHour + i * 29'000;
    service_.jobs.push_back({"load" + std::to_string(i),
                             "etl@example.com",
                             "",
                             "t",
                             ended - 9,
                             ended,
                             {},
                             {},
                             {},
                             "LOAD"});
  }
  service_.jobs.push_back({"gone", "ana@example.com", "DELETE", "t", at - 9, at, 10});
  ExpectFew();
  EXPECT_EQ(Missing(inventory_), 1);
  EXPECT_EQ(inventory_.events.at(0).who, "ana@example.com");
}

// Examine, of the first lost day.
class ExamineTest : public LookTest {
 protected:
  const int64_t lost_at_ = service_.now - kDay;

  void SetUp() override {
    MakeDays(20);
    Lose(4, 9, lost_at_);
  }
  static warehouse::Wanted Want(int64_t day, int64_t snapshot,
                                model::Mode mode = model::Mode::kAdd) {
    return {{{FormatDay(18'748 + day)}}, mode, snapshot, {}};
  }
  std::string Refusal() {
    auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
    if (!examination) return examination.error().Message();
    return examination->partitions[0].refusal;
  }
};

TEST_F(ExamineTest, WhatIsThereMayComeBackAndItsPlaceIsPinned) {
  auto examination = Reader().Examine({Want(4, lost_at_ - 1), Want(10, lost_at_ - 1)});
  ASSERT_TRUE(examination) << examination.error().Message();
  const auto& lost = examination->partitions[0];
  EXPECT_EQ(lost.refusal, "");
  EXPECT_EQ(lost.restore.rows, 10);
  EXPECT_EQ(lost.files_present, 1);
  EXPECT_EQ(lost.present, "");
  EXPECT_EQ(lost.content.size(), 64U);
  EXPECT_EQ(*lost.deadline, InstantOfMillis(lost_at_ - 1 + 168 * kHour));
  EXPECT_NE(examination->partitions[1].present, "");
  EXPECT_EQ(examination->pins.location, "EU");
  EXPECT_EQ(examination->pins.job_project, "p");
  EXPECT_EQ(examination->pins.endpoint, "http://service");
  EXPECT_EQ(examination->state.schema.size(), 64U);
}

TEST_F(ExamineTest, ASnapshotThatTimeTravelNoLongerReachesIsGone) {
  auto examination = Reader().Examine({Want(4, service_.now - 169 * kHour)});
  ASSERT_TRUE(examination) << examination.error().Message();
  EXPECT_EQ(examination->partitions[0].files_gone, 1);
}

TEST_F(ExamineTest, DaysThatWereLostOneByOneNeedOneCopyIfNothingWasWrittenBetween) {
  std::vector<warehouse::Wanted> wanted;
  for (int64_t i = 0; i < 5; ++i) {
    const int64_t at = lost_at_ + i * kHour;
    service_.Set(DayId(10 + i), at, 0);
    service_.jobs.push_back(
        {"j" + std::to_string(i), "ana@example.com", "DELETE", "t", at, at, 10});
    warehouse::Wanted one = Want(10 + i, at - 1);
    one.unchanged_since = lost_at_ - kDay;
    wanted.push_back(one);
  }
  Reader();
  auto reader = engine_->Reader();
  ASSERT_TRUE(reader->Look({}));
  auto examination = reader->Examine(wanted);
  ASSERT_TRUE(examination) << examination.error().Message();
  for (const auto& one : examination->partitions) {
    EXPECT_EQ(one.snapshot.version, lost_at_ - 1);
    EXPECT_EQ(one.restore.rows, 10);
  }
}

TEST_F(ExamineTest, RowsThatStreamedInSinceAnEarlierInstantSplitTheCopies) {
  const int64_t later = lost_at_ + kHour;
  service_.Set(DayId(12), lost_at_ + 5, 12);
  service_.Set(DayId(12), later, 0);
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", later, later, 12}};
  warehouse::Wanted first = Want(4, lost_at_ - 1);
  warehouse::Wanted second = Want(12, later - 1);
  second.unchanged_since = lost_at_ - kDay;  // no job says that rows came
  Reader();
  auto reader = engine_->Reader();
  ASSERT_TRUE(reader->Look({}));
  auto examination = reader->Examine({first, second});
  ASSERT_TRUE(examination) << examination.error().Message();
  EXPECT_EQ(examination->partitions[1].snapshot.version, later - 1);
  EXPECT_EQ(examination->partitions[1].restore.rows, 12);
}

TEST_F(ExamineTest, ALawfulChangeBetweenTwoLossesSplitsTheCopies) {
  warehouse::Wanted first = Want(4, lost_at_ - 1);
  first.unchanged_since = lost_at_ - kDay;
  warehouse::Wanted second = Want(12, lost_at_ + kHour);
  second.unchanged_since = lost_at_ + 5;
  auto examination = Reader().Examine({first, second});
  ASSERT_TRUE(examination) << examination.error().Message();
  EXPECT_EQ(examination->partitions[0].snapshot.version, lost_at_ - 1);
  EXPECT_EQ(examination->partitions[1].snapshot.version, lost_at_ + kHour);
}

TEST_F(ExamineTest, RowAccessPoliciesAreRefused) {
  service_.row_policies = {{{"rowAccessPolicyReference", {{"policyId", "only_de"}}}}};
  EXPECT_THAT(Refusal(), HasSubstr("only_de"));
}

TEST_F(ExamineTest, PolicyTagsAndDataPoliciesAreRefused) {
  service_.table["schema"]["fields"][1]["policyTags"] = {{"names", {"projects/x/taxonomies/1"}}};
  EXPECT_THAT(Refusal(), HasSubstr("clicks"));
  service_.table["schema"]["fields"][1].erase("policyTags");
  service_.table["schema"]["fields"][1]["dataPolicies"] = {{{"name", "projects/x/dataPolicies/1"}}};
  EXPECT_THAT(Refusal(), HasSubstr("clicks"));
}

TEST_F(ExamineTest, ExpirationThatWouldSwallowWhatComesBackIsRefused) {
  service_.table["timePartitioning"]["expirationMs"] = std::to_string(30 * kDay);
  EXPECT_THAT(Refusal(), HasSubstr("partition expiration"));
}

TEST_F(ExamineTest, AColumnAddedSinceNeedsAPersonsChoice) {
  service_.then = service_.table;
  service_.table["schema"]["fields"].push_back({{"name", "added"}, {"type", "STRING"}});
  EXPECT_THAT(Refusal(), HasSubstr("--by-name"));
}

TEST_F(ExamineTest, AColumnDroppedSinceIsRefused) {
  service_.then = service_.table;
  service_.then["schema"]["fields"].push_back({{"name", "old"}, {"type", "STRING"}});
  EXPECT_THAT(Refusal(), HasSubstr("column old"));
}

TEST_F(ExamineTest, RowsInTheStreamingBufferOfAPlannedPartitionAreRefused) {
  service_.table["streamingBuffer"] = {{"estimatedRows", "2"}};
  EXPECT_EQ(Refusal(), "");  // they are another partition's
  service_.buffered[DayId(4)] = 2;
  EXPECT_THAT(Refusal(), HasSubstr("streaming buffer"));
}

TEST_F(ExamineTest, OneEventInsideAPartitionThatLivedOnIsRefused) {
  auto examination = Reader().Examine({Want(4, lost_at_ - 1, model::Mode::kInvert)});
  ASSERT_TRUE(examination);
  EXPECT_THAT(examination->partitions[0].refusal, HasSubstr("--include partial"));
}

TEST_F(ExamineTest, LaterDeletionsAndWritersAreNamed) {
  service_.jobs = {
      {"j", "privacy@example.com", "DELETE", "t", lost_at_ + kHour, lost_at_ + kHour + 10, 7}};
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  EXPECT_THAT(examination->warnings,
              ::testing::Contains(AllOf(HasSubstr("privacy@example.com"), HasSubstr("7 rows"))));
}

TEST_F(ExamineTest, JobsAreReadOnceForLookAndPlanUnlessSomebodyWroteInBetween) {
  auto& reader = Reader();
  ASSERT_TRUE(reader.Look({}));
  ASSERT_TRUE(reader.Examine({Want(4, lost_at_ - 1)}));
  EXPECT_EQ(service_.readings_of_jobs, 1);
  service_.last_write = service_.now + 60'000;
  ASSERT_TRUE(reader.Examine({Want(4, lost_at_ - 1)}));
  EXPECT_EQ(service_.readings_of_jobs, 2);
}

TEST_F(ExamineTest, ADeletionThatFoundNothingMoreIsNamedTooAndSoAreChangesAndATruncation) {
  const int64_t later = lost_at_ + kHour;
  service_.jobs = {
      {"j1", "privacy@example.com", "DELETE", "t", later, later + 10, 0},
      {"j2", "dpo@example.com", "UPDATE", "t", later, later + 20, {}},
      {"j3", "etl@example.com", "TRUNCATE_TABLE", "t", later, later + 30, {}},
      {"j4", "etl@example.com", "INSERT", "t", later, later + 40, 0},
  };
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  const auto& warnings = examination->warnings;
  EXPECT_THAT(warnings, ::testing::Contains(AllOf(HasSubstr("DELETE by privacy@example.com"),
                                                  HasSubstr("found no rows"),
                                                  HasSubstr("run it again after apply"))));
  EXPECT_THAT(warnings, ::testing::Contains(AllOf(HasSubstr("UPDATE by dpo@example.com"),
                                                  HasSubstr("may have changed rows"))));
  EXPECT_THAT(warnings, ::testing::Contains(HasSubstr("TRUNCATE_TABLE by etl@example.com")));
  EXPECT_THAT(warnings, Not(::testing::Contains(HasSubstr("INSERT by"))));
}

TEST_F(ExamineTest, WithoutTheJobsViewThePlanSaysThatDeletionsCannotBeListed) {
  service_.jobs_permitted = false;
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  EXPECT_THAT(examination->warnings,
              ::testing::Contains(HasSubstr("later deletions cannot be listed")));
}

TEST_F(ExamineTest, TheLossItselfIsNoLaterDeletion) {
  service_.jobs = {{"j", "ana@example.com", "DELETE", "t", lost_at_ - 5, lost_at_ + 5, 50}};
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  EXPECT_THAT(examination->warnings, Not(::testing::Contains(HasSubstr("lawful"))));
}

TEST_F(ExamineTest, MissingRightsAreNamed) {
  service_.permissions = {"bigquery.tables.get", "bigquery.tables.getData"};
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  EXPECT_THAT(examination->warnings, ::testing::Contains(HasSubstr("updateData")));
}

TEST_F(ExamineTest, LookingAgainSeesTheSameDigestsUntilSomethingMoves) {
  auto examination = Reader().Examine({Want(4, lost_at_ - 1)});
  ASSERT_TRUE(examination);
  model::Plan plan;
  auto& planned = plan.partitions.emplace_back();
  planned.key = Want(4, 0).key;
  planned.disposition = model::Disposition::kRestore;
  auto present = Reader().LookAgain(plan);
  ASSERT_TRUE(present) << present.error().Message();
  EXPECT_EQ(present->state.schema, examination->state.schema);
  EXPECT_EQ(present->partitions[0].present, examination->partitions[0].present);
  service_.Set(DayId(4), service_.now - 5, 3);
  service_.table["clustering"] = {{"fields", {"clicks"}}};
  present = Reader().LookAgain(plan);
  EXPECT_NE(present->partitions[0].present, examination->partitions[0].present);
  EXPECT_EQ(present->state.schema, examination->state.schema);
  EXPECT_NE(present->state.layout, examination->state.layout);
}

TEST_F(ExamineTest, NewPartitionsAreNoReasonForAPlanToGoStale) {
  auto before = Reader().Examine({Want(4, lost_at_ - 1)});
  service_.Set(DayId(20), service_.now - 5, 3);
  auto after = Reader().Examine({Want(4, lost_at_ - 1)});
  before->state.version = after->state.version;
  EXPECT_EQ(before->state, after->state);
}

}  // namespace
}  // namespace salvor::bigquery
