// One table in one engine: gives out the handles, each as weak as its verb allows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "warehouse/progress.h"
#include "warehouse/staging_store.h"
#include "warehouse/table_reader.h"
#include "warehouse/table_writer.h"

namespace salvor::warehouse {

class Engine {
 public:
  virtual ~Engine() = default;
  // The handles borrow the engine: they must not outlive it.
  virtual std::unique_ptr<TableReader> Reader() = 0;
  virtual std::unique_ptr<StagingStore> Staging() = 0;
  virtual std::unique_ptr<TableWriter> Writer() = 0;
  virtual std::unique_ptr<TableUndoer> Undoer() = 0;
  virtual std::unique_ptr<StagingDropper> Dropper() = 0;
  // The same recovery for a person's own hands, as text to read and to run: statements, each with
  // the runbook's step that it replaces. Changes nothing. kUnsupported, saying what happens
  // instead, where no statements can do it.
  virtual Result<std::string> ByHand(const model::Plan& plan, const std::string& plan_digest) = 0;
  // What persist and apply will do, in order, one text for each statement, command or operation on
  // files, word for word, for those who review the plan. Changes nothing. As ByHand where there is
  // no such list; kStale where the table no longer has what the plan pins.
  virtual Result<std::vector<std::string>> Operations(const model::Plan& plan,
                                                      const std::string& plan_digest) = 0;
  // Where staging goes unless a person says otherwise.
  [[nodiscard]] virtual std::string DefaultStaging() const = 0;
};

}  // namespace salvor::warehouse
