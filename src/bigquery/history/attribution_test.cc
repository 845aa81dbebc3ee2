#include "bigquery/history/attribution.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kAt = 1'800'000'000'000;
const std::vector<Loss> kLost{{kAt - 1, kAt, {"20240101", "20240102"}}};

TableJob Job(const std::string& operation, int64_t started, int64_t ended) {
  TableJob job;
  job.user = "ana@example.com";
  job.operation = operation;
  job.started = InstantOfMillis(kAt + started);
  job.ended = InstantOfMillis(kAt + ended);
  return job;
}

TableJob Load(Writes writes) {
  TableJob job = Job("LOAD", -2'000, 2'000);
  job.writes = writes;
  return job;
}

TableJob Statement(const std::string& script, const std::string& operation, int64_t deleted,
                   int64_t inserted = 0) {
  TableJob job = Job(operation, -500, -300);
  job.script = script;
  job.commits_by = InstantOfMillis(kAt + 200);
  job.deleted_rows = deleted;
  job.inserted_rows = inserted;
  job.updated_rows = 0;
  return job;
}

std::vector<const TableJob*> Took(const std::vector<TableJob>& jobs, const Removed& removed) {
  return Blame(jobs, kLost).WhoTook(kLost.front(), removed);
}

TEST(Blame, AJobThatReplacedRowsIsNamed) {
  const std::vector<TableJob> jobs{Load(Writes::kReplaces)};
  EXPECT_THAT(Took(jobs, {8}), SizeIs(1));
}

TEST(Blame, AJobThatOnlyAddedRowsIsNeitherNamedNorDoubted) {
  const std::vector<TableJob> jobs{Load(Writes::kAdds)};
  EXPECT_THAT(Took(jobs, {8}), IsEmpty());
  EXPECT_FALSE(Blame(jobs, kLost).SomebodyMayHave(kLost.front()));
}

TEST(Blame, AJobOfWhichNobodySaysHowItWroteIsDoubtedAndNotNamed) {
  const std::vector<TableJob> jobs{Load(Writes::kUntold)};
  EXPECT_THAT(Took(jobs, {8}), IsEmpty());
  EXPECT_TRUE(Blame(jobs, kLost).SomebodyMayHave(kLost.front()));
}

TEST(Blame, OfAReplacingAndAnAddingJobTheReplacingOneIsNamed) {
  const std::vector<TableJob> jobs{Load(Writes::kAdds), Load(Writes::kReplaces)};
  const auto took = Took(jobs, {8});
  ASSERT_THAT(took, SizeIs(1));
  EXPECT_EQ(took.front(), &jobs[1]);
}

TEST(Blame, AJobThatEndsMinutesAfterTheLossIsNotDoubted) {
  const std::vector<TableJob> jobs{Job("MERGE", -60'000, 180'000)};
  EXPECT_FALSE(Blame(jobs, kLost).SomebodyMayHave(kLost.front()));
}

TEST(Blame, TheStatementsOfOneTransactionAreNamedTogether) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 4), Statement("s", "DELETE", 4)};
  EXPECT_THAT(Took(jobs, {8}), SizeIs(2));
}

TEST(Blame, AStatementOfAScriptLongBeforeIsNotNamedForAsManyRows) {
  TableJob old = Statement("s", "DELETE", 8);
  old.started = old.ended = InstantOfMillis(kAt - 3'600'000);
  old.commits_by = InstantOfMillis(kAt + 3'600'000);
  const std::vector<TableJob> jobs{old};
  EXPECT_THAT(Took(jobs, {8}), IsEmpty());
}

TEST(Blame, StatementsOfTwoScriptsAreNotAddedUp) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 4), Statement("t", "DELETE", 4)};
  EXPECT_THAT(Took(jobs, {8}), IsEmpty());
}

TEST(Blame, TwoScriptsThatBothAddUpAreADoubt) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 3), Statement("s", "DELETE", 5),
                                   Statement("t", "DELETE", 4), Statement("t", "DELETE", 4)};
  EXPECT_THAT(Took(jobs, {8}), IsEmpty());
}

TEST(Blame, ATransactionThatPutFewerRowsBackThanItTookIsNamedByWhatTheTableShrank) {
  const std::vector<TableJob> jobs{Statement("s", "DELETE", 10), Statement("s", "INSERT", 0, 2)};
  EXPECT_THAT(Took(jobs, {8, 8}), SizeIs(1));
  EXPECT_THAT(Took(jobs, {8, 5}), IsEmpty());
}

}  // namespace
}  // namespace salvor::bigquery
