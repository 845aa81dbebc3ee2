// salvor.yaml.
#include "config/config.h"
#include "fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const auto config = config::ParseConfig(fuzz::Input(data, size).Rest(), "/home/ann/salvor.yaml");
  if (!config) SALVOR_MUST(!config.error().what.empty());
  return 0;
}
