// From the house's values to the library's.
#pragma once

#include <string>
#include <vector>

#include "model/finding.h"
#include "model/inventory.h"
#include "model/plan.h"
#include "model/proof.h"
#include "recovery/make_plan.h"
#include "salvor/inventory.h"
#include "salvor/plan.h"
#include "salvor/proof.h"

namespace salvor::library {

Inventory InventoryOf(const model::Inventory& inventory, const model::Assessment& assessment);
Plan PlanOf(const model::Plan& plan, std::vector<std::string> notes);
Proof ProofOf(const model::Proof& proof);
recovery::PlanRequest RequestOf(const PlanRequest& request);

}  // namespace salvor::library
