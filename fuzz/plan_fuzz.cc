// plan.json: what is accepted is what salvor itself would have written. proof.json: what is read is
// what is written again.
#include "fuzz/input.h"
#include "model/plan.h"
#include "model/proof.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const std::string_view bytes = fuzz::Input(data, size).Rest();
  if (const auto plan = model::ParsePlan(bytes)) SALVOR_MUST(model::FormatPlan(*plan) == bytes);
  if (const auto proof = model::ParseProof(bytes)) {
    const std::string again = model::FormatProof(*proof);
    const auto read = model::ParseProof(again);
    SALVOR_MUST(read && model::FormatProof(*read) == again);
  }
  return 0;
}
