// What a person must choose from, where all rows of partitions were replaced by others.
#pragma once

#include <string>
#include <vector>

#include "model/engine_words.h"
#include "model/plan.h"
#include "model/plan_offer.h"

namespace salvor::report {

// For the partitions of the plan that are left to a person for that: each content with the command
// that takes it. "" if there are none.
std::string ChoicesText(const model::Plan& plan, const model::EngineWords& words);

// The offer as a command to paste, DIR being a new case.
std::string OfferCommand(const model::Plan& plan, const model::PlanOffer& offer);
// Each of them with what it would do and to what. "" if there are none.
std::string OffersText(const model::Plan& plan, const std::vector<model::PlanOffer>& offers);

}  // namespace salvor::report
