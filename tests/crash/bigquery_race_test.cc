// Two transactions that only insert do not stop each other on BigQuery: each sees the table as it
// was when it began. What the other one wrote shows right after the commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/crash/bigquery_recoveries.h"

namespace salvor::crash {
namespace {

using ::testing::HasSubstr;

// Somebody else's commit, in the moment in which salvor's transaction has committed its own.
void InsertBesideTheTransaction(contract::BigQueryScene& world) {
  world.Wire().AfterEach([&world, done = false](const http::Request& request) mutable {
    const bool inserts = request.body.find("INSERT INTO") != std::string::npos;
    if (done || request.method != "POST" || !inserts) return;
    done = true;
    world.Insert(std::nullopt, {"n"});
  });
}

TEST(BigQueryRace, RowsThatAnotherPlanInsertsInTheSameMomentAreToldAtOnce) {
  const auto scene = MakeBigQueryRecovery(Lost::kWholeDays, Ending::kProven)();
  InsertBesideTheTransaction(scene->World());
  const auto commands = scene->Commands();
  ASSERT_TRUE(commands[0].run());
  const Status applied = commands[1].run();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kConflict);
  EXPECT_THAT(applied.error().Message(), HasSubstr("in the same moment"));
  EXPECT_THAT(scene->EndState(), HasSubstr("NULL: n n"));
}

TEST(BigQueryRace, ApplyEndsWhatTheRaceLeftOpenAndVerifySaysThatRowsAreTwice) {
  const auto scene = MakeBigQueryRecovery(Lost::kWholeDays, Ending::kProven)();
  InsertBesideTheTransaction(scene->World());
  const auto commands = scene->Commands();
  ASSERT_TRUE(commands[0].run());
  ASSERT_FALSE(commands[1].run());
  ASSERT_TRUE(commands[1].run());
  EXPECT_THAT(scene->EndState(), HasSubstr("2024-01-01: a a b"));
  EXPECT_FALSE(commands[2].run());
  scene->World().Run("DELETE FROM `prod.derived.t` WHERE day IS NULL");
  scene->World().Insert(std::nullopt, {"n"});
  const Status proven = commands[2].run();
  EXPECT_TRUE(proven) << proven.error().Message();
}

// Somebody else's transaction won, so many times.
void AbortTransactions(contract::BigQueryScene& world, int64_t times) {
  testing::bigquery::Fault fault;
  fault.kind = testing::bigquery::Fault::Kind::kAborted;
  fault.method = "POST";
  fault.body = "BEGIN TRANSACTION";
  fault.count = times;
  world.Server().AddFault(fault);
}

TEST(BigQueryRace, TransactionThatAnotherWriterAbortedIsTriedAgain) {
  const auto scene = MakeBigQueryRecovery(Lost::kWholeDays, Ending::kProven)();
  AbortTransactions(scene->World(), 1);
  const auto commands = scene->Commands();
  ASSERT_TRUE(commands[0].run());
  const Status applied = commands[1].run();
  ASSERT_TRUE(applied) << applied.error().Message();
  EXPECT_TRUE(commands[2].run());
  EXPECT_THAT(scene->EndState(), HasSubstr("2024-01-01: a a b"));
}

TEST(BigQueryRace, ApplyThatIsAbortedAgainAndAgainSaysSoAndTheNextOneEndsIt) {
  const auto scene = MakeBigQueryRecovery(Lost::kWholeDays, Ending::kProven)();
  AbortTransactions(scene->World(), 100);
  const auto commands = scene->Commands();
  ASSERT_TRUE(commands[0].run());
  const Status applied = commands[1].run();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kUnavailable);
  EXPECT_THAT(applied.error().Message(), HasSubstr("attempts"));
  scene->World().Server().ClearFaults();
  const Status again = commands[1].run();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_TRUE(commands[2].run());
  EXPECT_THAT(scene->EndState(), HasSubstr("2024-01-01: a a b"));
}

}  // namespace
}  // namespace salvor::crash
