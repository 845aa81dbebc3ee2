// What a person may ask for where a plan restores nothing by itself. The words that name a flag are
// printed only of what the engine would carry out.
#pragma once

#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/examination.h"
#include "model/plan.h"
#include "model/plan_offer.h"

namespace salvor::triage {

// One way to ask, in addition to the flags that were given.
struct Offer {
  model::Wanted wanted;            // what would come of it
  std::vector<std::string> flags;  // any one of them asks for it
  std::string effect;              // " brings it back", after the flags
  std::string refusal = {};        // why the engine would not; "" if it would
};

// The offers of one partition.
struct Offers {
  std::vector<Offer> ways;
  // One for each of PlannedPartition::contents, where a person must choose among them.
  std::vector<Offer> contents;
  bool by_name = false;  // only a person who names the partition may go on

  [[nodiscard]] bool None() const { return ways.empty() && contents.empty(); }
};

// Where a person may go on in spite of a doubt, but must name the partition for that.
void AskByName(Offers& offers);

// What the engine says to an offer: why it would not be carried out, "" if it would. `gone` as in
// Inventory.
std::string RefusalOf(const model::Examined& examined, const std::string& gone);

// The same as whole commands take it, of all partitions: one for each way to ask, in order. Only
// what the engine would carry out; contents to choose from are not among them (they are told with
// their rows). `keys` are of the partitions, in the order of `offers`.
std::vector<model::PlanOffer> PlanOffersOf(const std::vector<Offers>& offers,
                                           const std::vector<model::PartitionKey>& keys);

// " --event 4 brings it back", or why nothing does; "" where nothing was offered.
std::string WaysText(const std::vector<Offer>& ways);

// Leaves the contents of the partition that can be taken; the text for its reason.
std::string SettleContents(const Offers& offers, const model::EngineWords& words,
                           model::PlannedPartition& planned);

}  // namespace salvor::triage
