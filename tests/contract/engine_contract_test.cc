// The engines that stand behind warehouse::Engine, each under the same contract.
#include "tests/contract/engine_contract.h"
#include "testing/fake_engine.h"
#include "tests/contract/bigquery_scene.h"
#include "tests/contract/delta_scene.h"

namespace salvor::contract {
namespace {

class FakeScene final : public EngineScene {
 public:
  FakeScene() { fake_.Write({}, "CREATE TABLE"); }
  warehouse::Engine& Engine() override { return fake_; }
  void Reopen() override {}
  std::string StagingRoot() override { return "/staging"; }
  void Insert(const Day& day, const RowSet& rows) override {
    auto table = fake_.Scene().live;
    table[Name(day)].insert(rows.begin(), rows.end());
    fake_.Write(std::move(table), "WRITE");
  }
  void Delete(const std::vector<Day>& days) override {
    auto table = fake_.Scene().live;
    for (const Day& day : days) table.erase(Name(day));
    fake_.Write(std::move(table), "DELETE");
  }
  void Shorten(const Day& day, const RowSet& rows) override {
    auto table = fake_.Scene().live;
    table[Name(day)] = rows;
    fake_.Write(std::move(table), "DELETE");
  }
  RowSet Rows(const Day& day) override {
    const auto found = fake_.Scene().live.find(Name(day));
    return found == fake_.Scene().live.end() ? RowSet() : found->second;
  }

 private:
  static std::string Name(const Day& day) { return day.value_or(""); }

  testing::FakeEngine fake_;
};

INSTANTIATE_TEST_SUITE_P(Fake, EngineContract, ::testing::Values([] {
                           return std::unique_ptr<EngineScene>(std::make_unique<FakeScene>());
                         }));
INSTANTIATE_TEST_SUITE_P(Delta, EngineContract, ::testing::Values(MakeDeltaScene));
INSTANTIATE_TEST_SUITE_P(BigQuery, EngineContract, ::testing::Values([] {
                           return std::unique_ptr<EngineScene>(MakeBigQueryScene({}));
                         }));

}  // namespace
}  // namespace salvor::contract
