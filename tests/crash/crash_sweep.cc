#include "tests/crash/crash_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace salvor::crash {

using testing::CrashingFs;
using testing::Loss;
using testing::Moment;

void TellFigure(std::string_view what, int64_t count) { fmt::print("{}: {}\n", what, count); }

Undisturbed RunUndisturbed(const SceneFactory& make) {
  const auto scene = make();
  for (const Scene::Command& command : scene->Commands()) {
    const Status ran = command.run();
    EXPECT_TRUE(ran) << command.name << ": " << ran.error().Message();
  }
  return {scene->Fs().Operations(), scene->EndState()};
}

void RunToTheEnd(Scene& scene, const std::function<void()>& reboot) {
  constexpr int kMostTries = 50;
  for (const Scene::Command& command : scene.Commands()) {
    for (int attempt = 0;; ++attempt) {
      const Status ran = command.run();
      if (scene.Fs().Crashed()) {
        // What cannot be written any more must not be reported as done.
        EXPECT_FALSE(ran) << command.name << " succeeded over " << scene.Fs().CrashedAt();
        ASSERT_LT(attempt, kMostTries);
        reboot();
        continue;
      }
      ASSERT_TRUE(ran) << command.name << ": " << ran.error().Message();
      break;
    }
  }
}

int64_t SweepSingleCrashes(const SceneFactory& make, const SweepLimits& limits) {
  const Undisturbed whole = RunUndisturbed(make);
  int64_t stops = 0;
  for (int64_t operation = 1; operation <= whole.operations; operation += limits.stride) {
    for (const Moment moment : limits.moments) {
      for (const Loss loss : limits.losses) {
        const auto scene = make();
        CrashingFs& fs = scene->Fs();
        fs.CrashAt(operation, moment);
        std::string where = "no crash";
        RunToTheEnd(*scene, [&] {
          where = fs.CrashedAt() + ", loss " + std::to_string(static_cast<int>(loss));
          ++stops;
          fs.Reboot(loss, static_cast<uint64_t>(operation));
        });
        // What was reported as done is done, whatever happens now.
        fs.Reboot(Loss::kEverything);
        EXPECT_EQ(scene->EndState(), whole.end_state) << where;
        if (::testing::Test::HasFailure()) {
          ADD_FAILURE() << "stopped at " << where;
          return stops;
        }
      }
    }
  }
  TellFigure("stops", stops);
  return stops;
}

void SweepRandomCrashes(const SceneFactory& make, int rounds, uint64_t seed) {
  const Undisturbed whole = RunUndisturbed(make);
  std::mt19937_64 dice(seed);
  int64_t stops = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto scene = make();
    CrashingFs& fs = scene->Fs();
    std::string trail = "round " + std::to_string(round) + ", seed " + std::to_string(seed);
    int stops_left = 6;
    const auto arm = [&] {
      const auto reach = static_cast<uint64_t>(std::max<int64_t>(1, whole.operations / 3));
      if (stops_left-- > 0) {
        fs.CrashAt(static_cast<int64_t>(1 + dice() % reach), static_cast<Moment>(dice() % 3));
      }
    };
    arm();
    RunToTheEnd(*scene, [&] {
      trail += "; " + fs.CrashedAt();
      ++stops;
      fs.Reboot(static_cast<Loss>(dice() % 3), dice());
      arm();
    });
    fs.Reboot(Loss::kEverything);
    EXPECT_EQ(scene->EndState(), whole.end_state) << trail;
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "stopped at " << trail;
      return;
    }
  }
  TellFigure("stops", stops);
}

}  // namespace salvor::crash
