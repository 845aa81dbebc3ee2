// Variables that a test sets.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "io/environment.h"

namespace salvor::testing {

// Has the variables that it was given, and no others. Not to be changed while threads read it.
class ScriptedEnvironment final : public io::Environment {
 public:
  ScriptedEnvironment() = default;
  ScriptedEnvironment(std::initializer_list<std::pair<const std::string, std::string>> variables)
      : variables_(variables) {}

  [[nodiscard]] std::optional<std::string> Get(const std::string& name) const override {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
  }
  void Set(const std::string& name, std::string value) { variables_[name] = std::move(value); }

 private:
  std::map<std::string, std::string> variables_;
};

}  // namespace salvor::testing
