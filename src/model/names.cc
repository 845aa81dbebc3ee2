#include "model/names.h"

namespace salvor::model {

std::string_view HealthName(Health health) { return NameOf(kHealthNames, health); }
Result<Health> ParseHealth(std::string_view name) { return ValueOf(kHealthNames, name); }
std::string_view DispositionName(Disposition disposition) {
  return NameOf(kDispositionNames, disposition);
}
std::string_view ModeName(Mode mode) { return NameOf(kModeNames, mode); }
std::string_view EventKindName(EventKind kind) { return NameOf(kEventKindNames, kind); }

}  // namespace salvor::model
