// From findings to dispositions: pure, no I/O. Several steps, because what can come back must be
// asked of the engine in between:
//
//   Draft draft = Decide(inventory, assessment, choice);    which partitions, from which snapshot
//   examination = reader.Examine(draft.wanted);              what is there, and whether it is legal
//   TakeAnswers(reader.Examine(draft.Offered()), ...);       so of what a person could ask for
//   Plan plan = Compose(...);                                the plan
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/engine_words.h"
#include "model/examination.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "triage/offer.h"

namespace salvor::triage {

// What a person asked for beyond the defaults.
struct Choice {
  std::optional<int64_t> event;                       // --event
  std::optional<int64_t> version;                     // --version, or --as-of resolved
  std::optional<std::set<model::PartitionKey>> only;  // --partitions
  bool latest = false;  // --latest: where contents replaced one another, the newest
  std::set<model::PartitionKey> replace = {};  // --replace; among `only`
  bool include_partial = false;
  bool include_changed = false;
};

struct Draft {
  std::vector<model::PlannedPartition> partitions;  // every one that is not intact, in key order
  // For partitions[i] with disposition restore: wanted[i]; parallel lists with nothing elsewhere.
  std::vector<std::optional<model::Wanted>> wanted;
  std::vector<Offers> offers;  // parallel too
  std::vector<std::string> warnings;
  int64_t intact = 0;

  [[nodiscard]] std::vector<model::Wanted> Asked() const;
  [[nodiscard]] std::vector<model::Wanted> Offered() const;
  // After TakeAnswers. Nothing of what the table's own expiration was due to take.
  [[nodiscard]] std::vector<model::PlanOffer> PlanOffers() const;
};

// The defaults (design, "Rules of decision"):
//   missing  restore, from the last version before the event that emptied it; unless the event may
//   have
//            moved the rows elsewhere, or all rows had been replaced by others before that (review;
//            --latest takes the newest), the emptying looks like expiry (leave), or files are gone
//            (lost)
//   partial  leave, unless named by --partitions or --include partial: then replaced under proof
//   changed  leave, unless --beside: then put beside the later rows under proof
// What is in doubt is for review; where the doubt leaves it to a person, naming the partition, an
// event or a version overrides that.
// --replace puts the old content in the place of today's rows, whatever these are: they are saved
// first. Where the partition had several contents before them, a person says which.
// --event N takes just that event back, wherever it removed rows; --version takes that snapshot.
// kInvalidArgument for an event that removed nothing, or one that the inventory does not know.
// `inventory` needs Event::changes for the event that the choice names.
// Reasons are in the engine's own words.
Result<Draft> Decide(const model::Inventory& inventory, const model::Assessment& assessment,
                     const Choice& choice, const model::EngineWords& words);

// `answers` are to draft.Offered(), in order; `gone` as in Inventory. A flag that the engine would
// not carry out is then named by no reason.
void TakeAnswers(const std::vector<model::Examined>& answers, const std::string& gone,
                 Draft& draft);

// `examination` answers draft.Asked(), in order. What the engine refuses becomes `review` with the
// engine's reason, what is gone becomes `lost`.
model::Plan Compose(const model::Inventory& inventory, Draft draft,
                    const model::Examination& examination, std::string staging_root,
                    model::ReviewPolicy review, const model::EngineWords& words);

}  // namespace salvor::triage
