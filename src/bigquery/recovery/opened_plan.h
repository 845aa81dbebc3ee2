// A plan, opened on the service: what persist, apply, verify, undo and a person's script all need
// to know before they ask or write anything. Changes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/planned_jobs.h"
#include "model/plan.h"

namespace salvor::bigquery {

struct Copy {
  CopyName name;
  Table table;
};
// The rows of a copy that is not there yet, for texts about it (bq_script.h).
inline constexpr int64_t kNotCounted = -1;

// Borrows the connection and the plan, which must outlive it: `planned` points into the plan. Owns
// the rest, as the service showed it once; nothing is asked for again. Whoever opened a plan may
// put in what is known later: copies that were looked for only then, a table that was made again.
// Everybody else takes it const, and may do so from several threads.
struct OpenedPlan {
  const Connection& connection;
  const model::Plan& plan;
  std::string digest;  // the plan's, which names its copies and jobs
  Table today;
  Planned planned;
  std::vector<Copy> copies = {};  // all of them, or none as long as they were not needed
};

enum class Need {
  // The table as it is; of a deleted one that is not there again what the plan holds of it, which
  // may have no fields: then they are those of the private copy.
  kTable,
  // The same, but a deleted table as the plan defines it, whatever somebody made under its name.
  kDefinition,
  // As kTable, and the private copies, as NeedCopies finds them.
  kCopies,
};
// Errors in this order: those of CheckPins; kNotFound if there is no such table; those of ReadPlan;
// those of NeedCopies.
Result<OpenedPlan> OpenPlan(const Connection& connection, const model::Plan& plan,
                            const std::string& plan_digest, Need need);

// Every copy, each checked: made by this plan (label), of this table at that instant (what the
// service says that it was cloned from), with the table's partitions and clusters, and without an
// expiry of partitions. Nothing if one of them is not there. kConflict if a name is taken by
// something else, kCorrupt if a copy is not what it must be. Both ask anew, whatever
// `opened.copies` has.
Result<std::optional<std::vector<Copy>>> FindCopies(const OpenedPlan& opened);
// The copies, or kRefused: run persist first.
Result<std::vector<Copy>> NeedCopies(const OpenedPlan& opened);
const Copy& CopyAt(const std::vector<Copy>& copies, const TableName& name);

}  // namespace salvor::bigquery
