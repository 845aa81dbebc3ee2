// How the columns of a snapshot fit into today's table: whether a copy job takes them, and what an
// INSERT by name can do where it does not. Pure.
#pragma once

#include <string>
#include <vector>

#include "bigquery/rest/client.h"

namespace salvor::bigquery {

struct SchemaFit {
  bool same = false;         // a copy job takes it ("Schema": every difference is refused)
  std::string by_name;       // not the same, but an INSERT by name could do it: what differs
  std::string refusal;       // neither can
  std::string next;          // what would help where it is refused
  std::string incomparable;  // why rows cannot be compared, which whatever goes by query needs
};

SchemaFit FitSchema(const std::vector<Field>& then, const std::vector<Field>& now);

}  // namespace salvor::bigquery
