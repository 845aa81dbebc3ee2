// An engine in memory behind the warehouse seam, for the tests of what stands above it. Rows are
// strings, partitions are days; a plan is made by hand. Stricter than a real one: a handle that is
// used against its contract is a failed assertion.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "warehouse/engine.h"

namespace salvor::testing {

class FakeEngine final : public warehouse::Engine {
 public:
  using RowSet = std::multiset<std::string>;
  using Table = std::map<std::string, RowSet>;  // by day; a day without rows is absent

  // The table now, its private copies by plan digest, and what it remembers.
  struct State {
    Table live;
    std::map<std::string, Table> staging;
    std::map<std::string, std::set<std::string>> rejections;  // by plan digest
    std::map<std::string, Table> replaced;  // likewise: today's rows that make room
    struct Operation {
      int64_t version = 0;
      Table added;
      Table replaced = {};  // what the same days had before
    };
    std::map<std::string, Operation> operations;  // by operation key
    // Of an apply that was stopped, by an engine that writes partition by partition.
    std::vector<size_t> written;
    int64_t version = 10;
    std::string uri = "/lake/t";
    std::string id = "the-id";
    std::string schema = "schema";
    std::string layout = "layout";
    std::string constraints = "constraints";
    std::string protocol = "protocol";
    int64_t files_gone = 0;  // of what was restored, absent from the disk
    std::string staging_place = "/staging";
    std::map<std::string, std::string> refusals;  // by day: why the table may not take it today
    int64_t looks = 0;                            // how often Look was called
    int64_t oldest_readable = 0;                  // of older versions the pieces are gone
    std::optional<Error> examine_error;           // instead of any examination
    std::string copy_problem;  // why the private copy is not what was verified; "" if it is

    // The table after each change that somebody wrote, or salvor: what a look walks through.
    struct Change {
      int64_t version = 0;
      std::string operation;
      Table table;
    };
    std::vector<Change> history;
  };

  State& Scene() { return state_; }
  // Another writer's change: the table as it is afterwards.
  void Write(Table table, std::string operation);

  // Called right before each write, once: another writer slipping in, or a lost reply.
  void BeforeWrite(std::function<void(State&)> act) { before_write_ = std::move(act); }
  // The next write happens, and then reports this instead.
  void LoseReply(Error error) { lost_reply_ = std::move(error); }

  // A plan that restores these days from what `past` held.
  [[nodiscard]] model::Plan PlanFor(const std::vector<std::string>& days,
                                    model::Mode mode = model::Mode::kAdd) const;
  // What the snapshots hold: the source of Persist, but for those that the history has.
  Table& Past() { return past_; }

  std::unique_ptr<warehouse::TableReader> Reader() override;
  std::unique_ptr<warehouse::StagingStore> Staging() override;
  std::unique_ptr<warehouse::TableWriter> Writer() override;
  std::unique_ptr<warehouse::TableUndoer> Undoer() override;
  std::unique_ptr<warehouse::StagingDropper> Dropper() override;
  Result<std::string> ByHand(const model::Plan& /*plan*/,
                             const std::string& /*plan_digest*/) override {
    return std::string("by hand");
  }
  Result<std::vector<std::string>> Operations(const model::Plan& /*plan*/,
                                              const std::string& /*plan_digest*/) override {
    return std::vector<std::string>{"an operation"};
  }
  [[nodiscard]] std::string DefaultStaging() const override { return "/staging"; }

 private:
  class FakeReader;
  class FakeStaging;
  class FakeWriter;
  class FakeUndoer;
  class FakeDropper;

  State state_;
  Table past_;
  std::function<void(State&)> before_write_;
  std::optional<Error> lost_reply_;
};

}  // namespace salvor::testing
