// The proof for a person.
#pragma once

#include <string>

#include "model/proof.h"

namespace salvor::report {

std::string ProofText(const model::Proof& proof);

}  // namespace salvor::report
