// Runs a recovery again and again, stopping the machine at every operation in turn, and looks
// whether running the stopped command again leads to the same end.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "testing/crashing_fs.h"

namespace salvor::crash {

// One scene with its own file system; every instance starts from the same state.
class Scene {
 public:
  virtual ~Scene() = default;
  virtual testing::CrashingFs& Fs() = 0;
  // The commands of the recovery in order, each as a person gives it: it may be given again.
  struct Command {
    std::string name;
    std::function<Status()> run;
  };
  virtual std::vector<Command> Commands() = 0;
  // Everything that must be the same however often the machine stopped.
  virtual std::string EndState() = 0;
};
using SceneFactory = std::function<std::unique_ptr<Scene>()>;

struct Undisturbed {
  int64_t operations = 0;
  std::string end_state;
};
Undisturbed RunUndisturbed(const SceneFactory& make);

// Gives the commands in order, each again for as long as the machine stopped in it; `reboot` starts
// the machine anew.
void RunToTheEnd(Scene& scene, const std::function<void()>& reboot);

struct SweepLimits {
  int64_t stride = 1;  // crash at every stride-th operation
  std::vector<testing::Moment> moments = {testing::Moment::kBefore, testing::Moment::kDuring,
                                          testing::Moment::kAfter};
  std::vector<testing::Loss> losses = {testing::Loss::kNothing, testing::Loss::kEverything,
                                       testing::Loss::kSomething};
};

// A figure of docs/reliability.md, as a line of its own on stdout.
void TellFigure(std::string_view what, int64_t count);

// Crashes at each operation of an undisturbed run, at each moment, with each loss: one machine
// stop, the stopped command again and the rest, and a power failure at the very end. Returns how
// many stops there were.
int64_t SweepSingleCrashes(const SceneFactory& make, const SweepLimits& limits);

// Runs with several stops each, at moments drawn from the seed: also while recovering from a stop.
void SweepRandomCrashes(const SceneFactory& make, int rounds, uint64_t seed);

}  // namespace salvor::crash
