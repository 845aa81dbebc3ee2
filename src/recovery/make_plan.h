// From a table to a plan. Two steps, because what the plan carries beside the engine's answers
// (where the private copy goes, who must approve) follows from which table was found:
//
//   proposal = ProposePlan(reader, request);    all that the engine is asked
//   made = MakePlan(std::move(proposal), terms); pure
//   incident = CreateCase(fs, folder, made.plan); NoteAuthor(...);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "custody/review.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "model/review.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "triage/decide.h"
#include "warehouse/table_reader.h"

namespace salvor::recovery {

// What a person asks for. By default every partition that is missing comes back, from right before
// its last loss.
struct PlanRequest {
  std::optional<Instant> since = {};  // start of the window; else the engine's own
  std::optional<int64_t> event = {};  // only what this event took, at most one of these three
  std::optional<int64_t> version = {};
  std::optional<Instant> as_of = {};         // the version of that instant
  bool latest = false;                       // where contents replaced one another, the newest
  std::vector<std::string> partitions = {};  // only these, as triage::SelectPartitions reads them
  // Likewise: what stands in these makes room for what stood in them before. Also named so.
  std::vector<std::string> replace = {};
  bool include_partial = false;
  bool include_changed = false;
};

// What a plan is made of, as the engine told it.
struct PlanProposal {
  model::Inventory inventory;
  model::Assessment assessment;
  triage::Draft draft;
  model::Examination examination;  // answers draft.Asked()
  bool by_default = true;          // nobody named partitions, an event or a version

  // Whether rows of today's are to make room (--replace).
  [[nodiscard]] bool TakesRowsOut() const;
};

// Looks at the table, decides for each partition, and has the engine examine what would be brought
// back, and what a person could ask for. What can no longer be read costs itself alone. Writes
// nothing, and may be called again. Errors as the reader's and triage's; kTooLate only where
// nothing can be read.
Result<PlanProposal> ProposePlan(warehouse::TableReader& reader, const PlanRequest& request);

// What a plan carries that no engine knows.
struct PlanTerms {
  std::string staging_root;                    // where the private copy goes
  model::ReviewPolicy review = {};             // today's; who may sign is kept where somebody must
  std::optional<model::Identity> author = {};  // who makes the plan; kept likewise
};

struct MadePlan {
  model::Plan plan;
  std::vector<std::string> notes;  // what is said of the making of it, for people: no part of it
  std::vector<model::PlanOffer> offers;  // what else could be asked for; no part of it either
};

// `words` are the engine's. The same proposal and terms make the same bytes. A plan may have
// nothing to restore (model::ToRestore): it then says why, and is no case.
MadePlan MakePlan(PlanProposal proposal, PlanTerms terms, const model::EngineWords& words);

// Who made the plan, for those whose review comes later: the first lines of a new case's journal,
// written once, and the author's signature, if there is one. Durable on return; errors as
// Step::Begin's.
Status NoteAuthor(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                  const std::optional<custody::VerifiedStatement>& signature);

}  // namespace salvor::recovery
