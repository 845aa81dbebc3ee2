// What is to become of one partition, before the engine is asked. See decide.h for the defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/examination.h"
#include "model/finding.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "triage/decide.h"
#include "triage/offer.h"

namespace salvor::triage {

struct Verdict {
  model::Disposition disposition = model::Disposition::kLeave;
  std::string reason;
  std::optional<model::Wanted> wanted = {};
  Offers offers = {};
};

// To be brought back from the snapshot in that way. `event`: kInvert's, which is taken back.
Verdict Restore(const model::Finding& finding, model::Mode mode, int64_t snapshot,
                std::string reason, std::optional<int64_t> event = {});
// The event that took the rows, or the version where it must have been.
std::string DescribeLoss(const model::Finding& finding, const model::EngineWords& words);

// By --version, or by what is wrong with it. `gone` as in Inventory.
Verdict DecideByHealth(const model::Finding& finding, const Choice& choice, const std::string& gone,
                       const model::EngineWords& words);
// --event: `change` is the event's part in the partition.
Verdict DecideForEvent(const model::Finding& finding, const model::PartitionChange& change,
                       const model::Event& event, const Choice& choice,
                       const model::EngineWords& words);
// --replace, of a partition that has rows now. `event` is the one that was named, if any;
// `finding.contents` are EarlierContents.
Verdict DecideInstead(const model::Finding& finding, const Choice& choice,
                      const model::Event* event, const model::EngineWords& words);

// What a partition that has rows held before them, the oldest first, as far as the look tells.
std::vector<model::PastContent> EarlierContents(const model::PartitionRecord& record,
                                                const model::Finding& finding);
// Whether --replace names it and there is something to make room.
bool IsToMakeRoom(const model::Finding& finding, const Choice& choice);

// Each content that a person may choose, whatever else keeps the partition from coming back.
void OfferContents(const model::Finding& finding, const Choice& choice, Verdict& verdict);

}  // namespace salvor::triage
