// What an engine must do to stand behind warehouse::Engine: each one and the fake pass this.
//
// To add one: derive from EngineScene, and INSTANTIATE_TEST_SUITE_P(Name, EngineContract,
// Values(factory)).
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/plan.h"
#include "triage/decide.h"
#include "warehouse/engine.h"

namespace salvor::contract {

using RowSet = std::multiset<std::string>;
using Day = std::optional<std::string>;  // "2024-01-01", or NULL

// A table of one text column beside its partition column `day`, a date; and the other people who
// write to it. Each call of theirs is one change of the table, later than all before it.
class EngineScene {
 public:
  virtual ~EngineScene() = default;
  virtual warehouse::Engine& Engine() = 0;
  // From now on another process: Engine() is a new one that remembers nothing.
  virtual void Reopen() = 0;
  // The state's version is the instant of the look, so that a later plan has a later one.
  [[nodiscard]] virtual bool VersionsAreInstants() const { return false; }
  // Where staging may lie.
  virtual std::string StagingRoot() = 0;

  virtual void Insert(const Day& day, const RowSet& rows) = 0;
  virtual void Delete(const std::vector<Day>& days) = 0;  // all rows of each
  // Nothing is left of the day but these rows, some of those that it had.
  virtual void Shorten(const Day& day, const RowSet& rows) = 0;
  // All rows of the day make room for these, in one change.
  virtual void Overwrite(const Day& day, const RowSet& rows) = 0;
  // What a reader finds now, asked of something that is not salvor where there is such a thing.
  virtual RowSet Rows(const Day& day) = 0;
};

using EngineSceneFactory = std::function<std::unique_ptr<EngineScene>()>;

class EngineContract : public ::testing::TestWithParam<EngineSceneFactory> {
 protected:
  EngineContract() : scene_(GetParam()()) {}

  struct Made {
    model::Plan plan;
    std::string digest;
  };
  // As `plan` does it: looks, decides, examines, composes.
  Made MakePlan(const triage::Choice& choice = {});
  // The plan of a table that has lost two of three days, one of them with a row twice.
  Made LoseTwoDays();
  // The plan that puts the old rows of a day in the place of those that overwrote it.
  Made OverwriteADay();

  warehouse::Engine& Engine() { return scene_->Engine(); }
  Result<warehouse::Persisted> Persist(const Made& made) {
    return Engine().Staging()->Persist(made.plan, made.digest);
  }
  // The steps that apply decides on for the table as it is.
  std::vector<warehouse::RestoreStep> StepsNow(const Made& made);
  Result<warehouse::RestoreOutcome> Restore(const Made& made) {
    return Engine().Writer()->Restore(made.plan, made.digest, StepsNow(made));
  }
  Result<warehouse::RestoreOutcome> TakeBack(const Made& made) {
    return Engine().Undoer()->TakeBack(made.plan, made.digest);
  }
  std::optional<warehouse::AppliedState> Find(const Made& made, const std::string& step);

  std::unique_ptr<EngineScene> scene_;
};

// Of engines that carry out `plan --replace`.
class ReplaceContract : public EngineContract {};
// Of those that refuse it by name.
class NoReplaceContract : public EngineContract {};

}  // namespace salvor::contract
