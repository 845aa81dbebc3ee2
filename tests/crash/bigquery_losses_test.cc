// What a recovery on BigQuery asks about its jobs, and what it believes of them. Every request is
// lost in turn in bigquery_sweep_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bigquery/jobs/job_id.h"
#include "bigquery/recovery/planned_jobs.h"
#include "bigquery/rest/client.h"
#include "http/curl_client.h"
#include "io/random.h"
#include "recovery/apply.h"
#include "recovery/case_folder.h"
#include "recovery/persist.h"
#include "testing/mem_fs.h"
#include "tests/contract/bigquery_scene.h"
#include "triage/assess.h"

namespace salvor::contract {
namespace {

using Kind = testing::bigquery::Fault::Kind;

class Recovery {
 public:
  Recovery() : scene_(MakeBigQueryScene({}, clock_)), fs_(clock_) {
    scene_->Insert("2024-01-01", {"a", "a", "b"});
    scene_->Insert("2024-01-02", {"c"});
    scene_->Insert(std::nullopt, {"n"});
    scene_->Insert("2024-01-03", {"stays"});
    scene_->Delete({"2024-01-01", "2024-01-02", std::nullopt});
    const auto reader = scene_->Engine().Reader();
    const auto inventory = reader->Look({});
    EXPECT_TRUE(inventory) << inventory.error().Message();
    auto draft = triage::Decide(*inventory, triage::Assess(*inventory), {}, reader->Words());
    const auto examination = reader->Examine(draft->Asked());
    EXPECT_TRUE(examination) << examination.error().Message();
    const model::Plan plan = triage::Compose(*inventory, std::move(*draft), *examination,
                                             scene_->StagingRoot(), {}, reader->Words());
    EXPECT_EQ(model::ToRestore(plan).size(), 3U);
    const auto made = recovery::CreateCase(fs_, "/case", plan);
    EXPECT_TRUE(made) << made.error().Message();
    incident_ = *made;
    scene_->Server().ResetMeters();
  }

  Status Persist() {
    const auto staging = scene_->Engine().Staging();
    SALVOR_TRY([[maybe_unused]] const auto persisted,
               recovery::Persist(fs_, clock_, incident_, by_, *staging));
    return Done{};
  }

  // Under the id that apply would use, by none of apply's code.
  void CopyByHand(const std::string& partition) {
    const auto copies = bigquery::CopyNamesOf(incident_.plan, incident_.digest);
    ASSERT_TRUE(copies && copies->size() == 1);
    const auto reference = [&](const std::string& dataset, const std::string& table) {
      return nlohmann::json{
          {"projectId", "prod"}, {"datasetId", dataset}, {"tableId", table + "$" + partition}};
    };
    http::CurlClient client{http::CurlOptions{}};
    bigquery::Api api(client, clock_, io::SystemRandom(), scene_->Server().Url());
    const auto inserted =
        api.InsertJob({"prod", "EU", bigquery::JobIdOf(incident_.digest, "apply", partition, 1)},
                      {{"copy",
                        {{"sourceTable", reference("private", copies->front().table.table)},
                         {"destinationTable", reference("derived", "t")},
                         {"writeDisposition", "WRITE_EMPTY"}}}});
    ASSERT_TRUE(inserted) << inserted.error().Message();
    ASSERT_FALSE(inserted->already);
  }
  void Lose(const std::string& day) { scene_->Delete({day}); }
  RowSet Rows(const std::string& day) { return scene_->Rows(day); }

  // persist and apply, by a process of its own.
  Status Run() {
    scene_->Reopen();
    warehouse::Engine& engine = scene_->Engine();
    const auto reader = engine.Reader();
    const auto staging = engine.Staging();
    const auto writer = engine.Writer();
    SALVOR_TRY([[maybe_unused]] const auto persisted,
               recovery::Persist(fs_, clock_, incident_, by_, *staging));
    SALVOR_TRY([[maybe_unused]] const auto applied,
               recovery::Apply(fs_, clock_, incident_, by_, *reader, *staging, *writer));
    return Done{};
  }

  void ExpectRestoredOnce(const std::string& when) {
    EXPECT_EQ(scene_->Rows("2024-01-01"), (RowSet{"a", "a", "b"})) << when;
    EXPECT_EQ(scene_->Rows("2024-01-02"), RowSet{"c"}) << when;
    EXPECT_EQ(scene_->Rows(std::nullopt), RowSet{"n"}) << when;
    EXPECT_EQ(scene_->Rows("2024-01-03"), RowSet{"stays"}) << when;
  }
  testing::bigquery::Server& Server() { return scene_->Server(); }

 private:
  HurriedClock clock_;
  std::unique_ptr<BigQueryScene> scene_;
  testing::MemFs fs_;
  recovery::Case incident_;
  recovery::Actor by_{{model::IdentityKind::kPrincipal, "somebody@example.com"}};
};

TEST(BigQueryLosses, AnAnswerAboutJobsThatIsSpoiltIsAskedForAgain) {
  for (const Kind kind : {Kind::kLostBefore, Kind::kInternal}) {
    for (const int64_t at : {0, 2, 4}) {
      const std::string when = fmt::format("question {}, fault {}", at, static_cast<int>(kind));
      Recovery recovery;
      recovery.Server().SetDurations({.copy_ms = 60});
      testing::bigquery::Fault fault;
      fault.kind = kind;
      fault.method = "GET";
      fault.path = "/jobs";
      fault.skip = at;
      recovery.Server().AddFault(fault);
      const Status first = recovery.Run();
      ASSERT_TRUE(first) << when << ": " << first.error().Message();
      recovery.ExpectRestoredOnce(when);
      EXPECT_GT(recovery.Server().Spent().requests["jobs.list"], 0) << when;
    }
  }
}

// Another version of salvor, or somebody's hand, made the copy under the very id, and nothing says
// that a run had begun.
TEST(BigQueryLosses, ACopyThatNobodyKnewOfIsNotTakenForWhatIsThere) {
  Recovery recovery;
  const Status persisted = recovery.Persist();
  ASSERT_TRUE(persisted) << persisted.error().Message();
  recovery.CopyByHand("20240102");
  ASSERT_EQ(recovery.Rows("2024-01-02"), RowSet{"c"});
  recovery.Lose("2024-01-02");
  const Status applied = recovery.Run();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, Code::kRefused) << applied.error().Message();
  EXPECT_NE(applied.error().what.find("taken away again"), std::string::npos);
  EXPECT_EQ(recovery.Rows("2024-01-02"), RowSet());
}

TEST(BigQueryLosses, ARecoveryThatNobodyBeganAsksForNoJobByItsId) {
  Recovery recovery;
  const Status done = recovery.Run();
  ASSERT_TRUE(done) << done.error().Message();
  auto requests = recovery.Server().Spent().requests;
  EXPECT_LE(requests["jobs.get"], 7);
  const int64_t before = requests["jobs.get"];
  const Status again = recovery.Run();
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_GT(recovery.Server().Spent().requests["jobs.get"], before);
}

}  // namespace
}  // namespace salvor::contract
