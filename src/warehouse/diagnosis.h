// Whether salvor can work on a table from here, check by check: what doctor prints.
#pragma once

#include <string>
#include <string_view>

namespace salvor::warehouse {

struct Diagnosis {
  enum class State {
    kGood,
    kNote,     // works, and a person should know
    kRefused,  // salvor refuses this table
    kMissing,  // a right or a thing is not there
  };
  std::string check;  // "location", "bigquery.tables.getData", …
  State state = State::kGood;
  std::string detail;
};

std::string_view StateName(Diagnosis::State state);

}  // namespace salvor::warehouse
