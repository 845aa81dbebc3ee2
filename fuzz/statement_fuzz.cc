// approvals/*.json: what is accepted is what salvor itself would have written.
#include "fuzz/input.h"
#include "model/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const std::string_view bytes = fuzz::Input(data, size).Rest();
  const auto statement = model::ParseStatement(bytes);
  if (statement) SALVOR_MUST(model::FormatStatement(*statement) == bytes);
  return 0;
}
