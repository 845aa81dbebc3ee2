// The engines that stand behind warehouse::Engine, each under the same contract.
#include "tests/contract/engine_contract.h"

#include <algorithm>

#include "testing/bigquery_server/silences.h"
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
  void Overwrite(const Day& day, const RowSet& rows) override {
    auto table = fake_.Scene().live;
    table[Name(day)] = rows;
    fake_.Write(std::move(table), "WRITE");
  }
  RowSet Rows(const Day& day) override {
    const auto found = fake_.Scene().live.find(Name(day));
    return found == fake_.Scene().live.end() ? RowSet() : found->second;
  }

 private:
  static std::string Name(const Day& day) { return day.value_or(""); }

  testing::FakeEngine fake_;
};

const HurriedClock kHurried;

std::unique_ptr<EngineScene> MakeFakeScene() { return std::make_unique<FakeScene>(); }

INSTANTIATE_TEST_SUITE_P(Fake, EngineContract, ::testing::Values(MakeFakeScene));
INSTANTIATE_TEST_SUITE_P(Fake, ReplaceContract, ::testing::Values(MakeFakeScene));
INSTANTIATE_TEST_SUITE_P(Delta, ReplaceContract, ::testing::Values(MakeDeltaScene));
INSTANTIATE_TEST_SUITE_P(BigQuery, NoReplaceContract, ::testing::Values([] {
                           return std::unique_ptr<EngineScene>(MakeBigQueryScene({}, kHurried));
                         }));
INSTANTIATE_TEST_SUITE_P(Delta, EngineContract, ::testing::Values(MakeDeltaScene));
INSTANTIATE_TEST_SUITE_P(BigQuery, EngineContract, ::testing::Values([] {
                           return std::unique_ptr<EngineScene>(MakeBigQueryScene({}, kHurried));
                         }));

// Every answer that the test server can give instead of its default one, one at a time: from the
// server's own list, so that a new silence is never forgotten.
Silences OtherAnswers() {
  Silences others;
  for (const auto& silence : testing::bigquery::KnownSilences()) {
    for (size_t i = 1; i < silence.answers.size(); ++i) {
      others.emplace_back(silence.name, silence.answers[i]);
    }
  }
  return others;
}

std::vector<EngineSceneFactory> ScenesOfOtherAnswers() {
  std::vector<EngineSceneFactory> scenes;
  for (const auto& answer : OtherAnswers()) {
    scenes.emplace_back(
        [answer] { return std::unique_ptr<EngineScene>(MakeBigQueryScene({answer}, kHurried)); });
  }
  return scenes;
}

std::string NameOfOtherAnswer(const ::testing::TestParamInfo<EngineSceneFactory>& info) {
  const auto [name, answer] = OtherAnswers().at(info.index);
  std::string text = name + "_is_" + answer;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(BigQueryAnsweringOtherwise, EngineContract,
                         ::testing::ValuesIn(ScenesOfOtherAnswers()), NameOfOtherAnswer);

}  // namespace
}  // namespace salvor::contract
