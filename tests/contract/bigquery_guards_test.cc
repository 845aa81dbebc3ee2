// What the BigQuery engine refuses by itself, whatever whoever calls it has looked at before: each
// of these stands between a plan and a table, or a copy, that is not the plan's.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bigquery/jobs/plan_label.h"
#include "bigquery/recovery/apply_marker.h"
#include "bigquery/recovery/planned_jobs.h"
#include "bigquery/sql/select_statements.h"
#include "tests/contract/bigquery_scene.h"
#include "triage/assess.h"

namespace salvor::contract {
namespace {

using ::testing::HasSubstr;

class BigQueryGuards : public ::testing::Test {
 protected:
  BigQueryGuards() : scene_(MakeBigQueryScene({}, clock_)) {
    scene_->Insert("2024-01-01", {"a", "a", "b"});
    scene_->Insert("2024-01-02", {"stays"});
    scene_->Delete({"2024-01-01"});
    const auto reader = scene_->Engine().Reader();
    const auto inventory = reader->Look({});
    EXPECT_TRUE(inventory) << inventory.error().Message();
    auto draft = triage::Decide(*inventory, triage::Assess(*inventory), {}, reader->Words());
    const auto examination = reader->Examine(draft->Asked());
    EXPECT_TRUE(examination) << examination.error().Message();
    plan_ = triage::Compose(*inventory, std::move(*draft), *examination, scene_->StagingRoot(), {},
                            reader->Words());
    EXPECT_EQ(model::ToRestore(plan_).size(), 1U);
  }

  [[nodiscard]] std::string Digest() const { return model::PlanDigest(model::FormatPlan(plan_)); }
  [[nodiscard]] std::string Copy() const {
    return "prod.private." + bigquery::CopyNamesOf(plan_, Digest())->front().table.table;
  }
  auto Persist() { return scene_->Engine().Staging()->Persist(plan_, Digest()); }
  auto Restore() {
    const auto present = scene_->Engine().Reader()->LookAgain(plan_);
    EXPECT_TRUE(present) << present.error().Message();
    return scene_->Engine().Writer()->Restore(plan_, Digest(),
                                              {{0, present->partitions[0].present}});
  }
  void Label(const std::string& value) {
    scene_->Run(fmt::format("ALTER TABLE `{}` SET OPTIONS (labels = [('{}', '{}')])", Copy(),
                            bigquery::kPlanLabel, value));
  }
  size_t Copies() { return scene_->TablesOf("private").size(); }

  HurriedClock clock_;
  std::unique_ptr<BigQueryScene> scene_;
  model::Plan plan_;
};

TEST_F(BigQueryGuards, CopyJobThatBroughtOtherThanThePlannedRowsIsNoSuccess) {
  ASSERT_TRUE(Persist());
  scene_->Run(fmt::format("DELETE FROM `{}` WHERE x = 'b'", Copy()));
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::kCorrupt) << restored.error().Message();
  EXPECT_THAT(restored.error().what, HasSubstr("copied 2 rows"));
}

TEST_F(BigQueryGuards, TableThatSomebodyElseMadeUnderTheCopysNameIsNotTakenForIt) {
  scene_->Run(fmt::format("CREATE TABLE `{}` (day DATE, x STRING) PARTITION BY day", Copy()));
  const auto persisted = Persist();
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kConflict) << persisted.error().Message();
}

TEST_F(BigQueryGuards, CopyOfAnotherPlanIsNeitherUsedNorDropped) {
  ASSERT_TRUE(Persist());
  Label("another");
  const auto restored = Restore();
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Code::kConflict) << restored.error().Message();
  EXPECT_FALSE(Persist());
  const auto dropped = scene_->Engine().Dropper()->Drop(plan_, Digest());
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code, Code::kConflict) << dropped.error().Message();
  EXPECT_EQ(Copies(), 1U);
  EXPECT_EQ(scene_->Rows("2024-01-01"), RowSet());
}

TEST_F(BigQueryGuards, PlanOfAnotherTableIsRefused) {
  plan_.table.uri = "bigquery:prod.derived.other";
  const auto persisted = Persist();
  ASSERT_FALSE(persisted);
  EXPECT_THAT(persisted.error().what, HasSubstr("another table"));
  EXPECT_EQ(Copies(), 0U);
}

// Job ids are taken in one project: in another, nothing would stop a second copy.
TEST_F(BigQueryGuards, PlanWhoseJobsRunElsewhereIsRefused) {
  plan_.pins.job_project = "elsewhere";
  const auto persisted = Persist();
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kRefused);
  plan_.pins.job_project = "prod";
  plan_.pins.endpoint = "https://elsewhere";
  const auto again = Persist();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kRefused);
  EXPECT_EQ(Copies(), 0U);
}

// Whoever comes later asks for this one job, not for each partition's.
TEST_F(BigQueryGuards, ApplySaysThatItBeganBeforeItsFirstCopy) {
  ASSERT_TRUE(Persist());
  std::vector<std::string> sent;
  scene_->Wire().AfterEach([&](const http::Request& request) {
    if (request.method == "POST") sent.push_back(request.body);
  });
  const auto restored = Restore();
  scene_->Wire().AfterEach(nullptr);
  ASSERT_TRUE(restored) << restored.error().Message();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_THAT(sent.front(), HasSubstr(bigquery::kBeginStatement));
  EXPECT_THAT(sent.back(), HasSubstr("WRITE_EMPTY"));
}

}  // namespace
}  // namespace salvor::contract
