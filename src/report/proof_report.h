// The proof for a person.
#pragma once

#include <string>

#include "model/engine_words.h"
#include "model/proof.h"

namespace salvor::report {

std::string ProofText(const model::Proof& proof, const model::EngineWords& words);

}  // namespace salvor::report
