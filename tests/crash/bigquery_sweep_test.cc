// A recovery on BigQuery loses one request or one reply, at every request in turn, and the machine
// that runs it stops, at every request and every durable write in turn; the same commands are run
// again. The end must be the same: each partition back once, or taken back once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/crash/bigquery_recoveries.h"

namespace salvor::crash {
namespace {

using contract::KillableClient;
using testing::Moment;
using Kind = testing::bigquery::Fault::Kind;

struct OneRecovery {
  const char* name;
  Lost lost;
  Ending ending;
  int64_t share = 0;  // of kShares, where a sweep is long
};
constexpr int64_t kShares = 4;

class BigQuerySweep : public ::testing::TestWithParam<OneRecovery> {
 protected:
  ~BigQuerySweep() override { TellFigure("faults", faults_); }
  BigQueryRecoveryFactory Factory() {
    return MakeBigQueryRecovery(GetParam().lost, GetParam().ending);
  }
  SceneFactory SceneOf() {
    return [make = Factory()] { return make(); };
  }

  struct Whole {
    std::string end_state;
    std::map<std::string, int64_t> methods;  // requests by method
    int64_t changes = 0;
  };
  Whole RunWhole() {
    const auto scene = Factory()();
    RunToTheEnd(*scene, [] {});
    const KillableClient& wire = scene->World().Wire();
    Whole whole{"", wire.Methods(), 0};
    whole.end_state = scene->EndState();
    for (const auto& [method, count] : whole.methods) whole.changes += method == "GET" ? 0 : count;
    EXPECT_GT(whole.changes, 3);
    return whole;
  }

  // One request of the recovery is spoiled; the command that met it is given again.
  void RunWithFault(const testing::bigquery::Fault& fault, const Whole& whole) {
    const auto scene = Factory()();
    scene->World().Server().AddFault(fault);
    for (const Scene::Command& command : scene->Commands()) {
      Status ran = command.run();
      for (int again = 0; !ran && again < 2; ++again) ran = command.run();
      ASSERT_TRUE(ran) << command.name << ": " << ran.error().Message();
    }
    scene->World().Server().ClearFaults();
    ASSERT_EQ(scene->EndState(), whole.end_state);
  }

  // Every request that may change something.
  void SweepChanges(Kind kind) {
    const Whole whole = RunWhole();
    for (const auto& [method, count] : whole.methods) {
      if (method != "GET") SweepMethod(kind, method, 0, count, 1, whole);
    }
  }

  void SweepMethod(Kind kind, const std::string& method, int64_t first, int64_t count,
                   int64_t stride, const Whole& whole) {
    for (int64_t at = first; at < count && !HasFailure(); at += stride) {
      SCOPED_TRACE(fmt::format("{} {} of {}", method, at, count));
      testing::bigquery::Fault fault;
      fault.kind = kind;
      fault.method = method;
      fault.skip = at;
      RunWithFault(fault, whole);
      ++faults_;
    }
  }

  // What only looks changes nothing: a stop at it is a stop right before the next change.
  void SweepKills() {
    const Whole whole = RunWhole();
    int64_t stops = 0;
    for (int64_t at = 1; at <= whole.changes; ++at) {
      for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
        const auto scene = Factory()();
        KillableClient& wire = scene->World().Wire();
        testing::CrashingFs& fs = scene->Fs();
        wire.KillAt(at, moment, [&] { fs.CrashAt(fs.Operations() + 1, Moment::kBefore); });
        RunToTheEnd(*scene, [&] {
          ++stops;
          wire.Revive();
          fs.Reboot(testing::Loss::kEverything);
        });
        ASSERT_EQ(scene->EndState(), whole.end_state) << wire.DiedAt();
        ASSERT_FALSE(HasFailure()) << wire.DiedAt();
      }
    }
    EXPECT_GT(stops, whole.changes);
    TellFigure("stops", stops);
  }

  int64_t faults_ = 0;
};

TEST_P(BigQuerySweep, AReplyLostAfterTheEffect) { SweepChanges(Kind::kLostAfter); }

TEST_P(BigQuerySweep, ARequestLostBeforeTheEffect) { SweepChanges(Kind::kLostBefore); }

TEST_P(BigQuerySweep, AStopAtAnyRequestThatChangesSomething) { SweepKills(); }

std::string NameOf(const ::testing::TestParamInfo<OneRecovery>& one) { return one.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Of, BigQuerySweep,
    ::testing::Values(OneRecovery{"WholeDays", Lost::kWholeDays, Ending::kProven},
                      OneRecovery{"WholeDaysUndone", Lost::kWholeDays, Ending::kUndone},
                      OneRecovery{"PartsOfDays", Lost::kPartsOfDays, Ending::kUndone},
                      OneRecovery{"ByName", Lost::kBeforeColumn, Ending::kProven},
                      OneRecovery{"Table", Lost::kTable, Ending::kProven},
                      OneRecovery{"TableUndone", Lost::kTable, Ending::kUndone}),
    NameOf);

// The case's own files: they are written in the same way whatever is lost.
class BigQueryCase : public BigQuerySweep {};

TEST_P(BigQueryCase, AStopAtAnyDurableWriteOfTheCase) {
  SweepLimits limits;
  limits.moments = {Moment::kBefore, Moment::kAfter};
  limits.losses = {testing::Loss::kEverything};
  EXPECT_GT(SweepSingleCrashes(SceneOf(), limits), 30);
}

INSTANTIATE_TEST_SUITE_P(
    Of, BigQueryCase,
    ::testing::Values(OneRecovery{"WholeDays", Lost::kWholeDays, Ending::kProven},
                      OneRecovery{"PartsOfDays", Lost::kPartsOfDays, Ending::kUndone},
                      OneRecovery{"Table", Lost::kTable, Ending::kProven}),
    NameOf);

// The questions of one recovery: lost, or their answers are.
class BigQueryQuestions : public BigQuerySweep {};

TEST_P(BigQueryQuestions, EachOfThemMayBeLostEitherWay) {
  const Whole whole = RunWhole();
  for (const Kind kind : {Kind::kLostBefore, Kind::kLostAfter}) {
    SweepMethod(kind, "GET", GetParam().share, whole.methods.at("GET"), kShares, whole);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Of, BigQueryQuestions,
    ::testing::Values(OneRecovery{"FirstShare", Lost::kWholeDays, Ending::kProven, 0},
                      OneRecovery{"SecondShare", Lost::kWholeDays, Ending::kProven, 1},
                      OneRecovery{"ThirdShare", Lost::kWholeDays, Ending::kProven, 2},
                      OneRecovery{"FourthShare", Lost::kWholeDays, Ending::kProven, 3}),
    NameOf);

}  // namespace
}  // namespace salvor::crash
