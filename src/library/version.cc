#include "salvor/version.h"

namespace salvor {

std::string_view Version() { return SALVOR_VERSION; }

}  // namespace salvor
