// The variables that the process was started with. What reads them is handed an Environment, so
// that a test says what they are.
#pragma once

#include <optional>
#include <string>

namespace salvor::io {

class Environment {
 public:
  virtual ~Environment() = default;
  // Nothing where the variable is not set; "" where it is set to nothing. Thread-safe.
  [[nodiscard]] virtual std::optional<std::string> Get(const std::string& name) const = 0;
  // The value, or "" where it is not set: for variables where the two mean the same.
  [[nodiscard]] std::string ValueOf(const std::string& name) const {
    return Get(name).value_or("");
  }
};

// The process's own. Lives as long as the program.
const Environment& SystemEnvironment();

}  // namespace salvor::io
