#include "io/environment.h"

#include <cstdlib>

namespace salvor::io {
namespace {

class ProcessEnvironment final : public Environment {
 public:
  [[nodiscard]] std::optional<std::string> Get(const std::string& name) const override {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }
};

}  // namespace

const Environment& SystemEnvironment() {
  static const ProcessEnvironment environment;
  return environment;
}

}  // namespace salvor::io
