// What the script of a deleted table (bq_script.h) says and does otherwise: the table is copied
// from table@instant, made again by a statement, and filled by one job, by the ids that salvor
// would use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/script/script_writer.h"

namespace salvor::bigquery {

class DeletedTableSteps {
 public:
  // Of a plan of a deleted table; borrows it. Looks whether the private copy is there, and puts the
  // table to make and that copy into `opened`: a draft in the shape of the table, with kNotCounted
  // rows, where it is not there yet. kInvalidArgument if the plan restores nothing.
  static Result<DeletedTableSteps> Make(OpenedPlan& opened);

  // As long as the private copy is not there, its columns may be unknown.
  [[nodiscard]] bool ColumnsKnown() const { return !opened_.today.fields.empty(); }
  // False where nothing beyond step 1 can be written without the columns.
  [[nodiscard]] bool CanGoOn() const { return ColumnsKnown() || IsSimple(); }

  // Step 1: the copy, which gets its expiration and label right after.
  [[nodiscard]] std::vector<std::string> PersistCommands() const;
  void KeepPartitions(ScriptWriter& script) const;
  // How many rows must be there.
  void SayRows(ScriptWriter& script) const;

  // Step 2, behind the mark that something was begun: the table, and its rows.
  Status Apply(ScriptWriter& script) const;
  // Until the private copy is there, nobody knows which of two jobs fills the table: then the
  // costly one is listed too, behind a comment, if the plan allows it.
  [[nodiscard]] Result<std::vector<std::string>> ApplyCommands() const;

 private:
  explicit DeletedTableSteps(const OpenedPlan& opened) : opened_(opened) {}

  [[nodiscard]] bool IsSimple() const {
    return !opened_.today.partitioning.IsPartitioned() && opened_.today.clustering.empty();
  }
  [[nodiscard]] const Copy& TheCopy() const { return opened_.copies.front(); }
  [[nodiscard]] const model::Tally& Restored() const {
    return opened_.planned.partitions.front()->restore;
  }
  [[nodiscard]] JobRef FillJob(int attempt) const;
  [[nodiscard]] std::string FillByCopy() const;
  [[nodiscard]] Result<std::string> FillByQuery() const;
  [[nodiscard]] std::string Cost() const;
  Status MakeTable(ScriptWriter& script) const;
  Status FillFree(ScriptWriter& script) const;
  Status FillAtACost(ScriptWriter& script) const;

  const OpenedPlan& opened_;
  BqCommand bq_{opened_.plan.pins};
  bool copied_ = false;
  std::string why_query_;  // of a copy that is there: why only a query can fill the table
};

}  // namespace salvor::bigquery
