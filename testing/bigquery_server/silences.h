// What the documentation leaves open. Each silence is a named switch with its possible answers; the
// first one is the default, and the strictest. docs/bigquery-server.md lists them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::testing::bigquery {

struct Silence {
  std::string_view name;
  std::vector<std::string_view> answers;
  std::string_view question;
};

const std::vector<Silence>& KnownSilences();

class Silences {
 public:
  Silences();
  // kInvalidArgument for a name or an answer that is not in KnownSilences().
  Status Set(std::string_view name, std::string_view answer);
  // The name must be a known one.
  [[nodiscard]] bool Is(std::string_view name, std::string_view answer) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& All() const {
    return answers_;
  }

 private:
  std::map<std::string, std::string, std::less<>> answers_;
};

}  // namespace salvor::testing::bigquery
