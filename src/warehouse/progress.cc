#include "warehouse/progress.h"

namespace salvor::warehouse {
namespace {

class Silent final : public Progress {
 public:
  void Tell(std::string_view /*step*/, int64_t /*done*/, int64_t /*total*/) override {}
  void Note(std::string_view /*line*/) override {}
};

}  // namespace

Progress& NoProgress() {
  static Silent silent;
  return silent;
}

}  // namespace salvor::warehouse
