// A recovery on BigQuery loses one request or one reply, at every request in turn; the same
// commands are run again. Each partition must be back once, whatever was lost.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "recovery/apply.h"
#include "recovery/case_folder.h"
#include "recovery/persist.h"
#include "testing/mem_fs.h"
#include "tests/contract/bigquery_scene.h"
#include "triage/judge.h"

namespace salvor::contract {
namespace {

using Kind = testing::bigquery::Fault::Kind;

// Waits that are meant for a real network are cut short.
class HurriedClock final : public io::Clock {
 public:
  [[nodiscard]] Instant Now() const override { return io::SystemClock().Now(); }
  void Sleep(Millis span) const override { io::SystemClock().Sleep(std::min(span, Millis(2))); }
};

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
    auto draft = triage::Decide(*inventory, triage::Judge(*inventory), {});
    const auto examination = reader->Examine(draft->Asked());
    EXPECT_TRUE(examination) << examination.error().Message();
    const model::Plan plan =
        triage::Compose(*inventory, std::move(*draft), *examination, scene_->StagingRoot(), {});
    EXPECT_EQ(model::ToRestore(plan).size(), 3U);
    const auto made = recovery::CreateCase(fs_, "/case", plan);
    EXPECT_TRUE(made) << made.error().Message();
    incident_ = *made;
    scene_->Server().ResetMeters();
  }

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
  recovery::Operator by_{{model::IdentityKind::kPrincipal, "somebody@example.com"}};
};

int64_t RequestsOf(testing::bigquery::Server& server) {
  int64_t requests = 0;
  for (const auto& [id, count] : server.Spent().requests) {
    if (!id.starts_with("test.")) requests += count;
  }
  return requests;
}

int64_t RequestsOfAWholeRecovery() {
  Recovery recovery;
  const Status done = recovery.Run();
  EXPECT_TRUE(done) << done.error().Message();
  const int64_t requests = RequestsOf(recovery.Server());
  recovery.ExpectRestoredOnce("nothing was lost");
  return requests;
}

void SweepFault(Kind kind, const char* name) {
  const int64_t requests = RequestsOfAWholeRecovery();
  ASSERT_GT(requests, 10);
  for (int64_t at = 0; at < requests; ++at) {
    const std::string when = fmt::format("{} at request {} of {}", name, at, requests);
    Recovery recovery;
    testing::bigquery::Fault fault;
    fault.kind = kind;
    fault.skip = at;
    recovery.Server().AddFault(fault);
    const Status first = recovery.Run();
    recovery.Server().ClearFaults();
    const Status second = recovery.Run();
    ASSERT_TRUE(second) << when << ": " << second.error().Message();
    recovery.ExpectRestoredOnce(when + (first ? "" : ": " + first.error().Message()));
  }
}

TEST(BigQueryLosses, AReplyLostAfterTheEffect) { SweepFault(Kind::kLostAfter, "lost reply"); }

TEST(BigQueryLosses, ARequestLostBeforeTheEffect) { SweepFault(Kind::kLostBefore, "lost request"); }

}  // namespace
}  // namespace salvor::contract
