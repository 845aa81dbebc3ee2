// What a person can ask for in addition, where a plan leaves partitions as they are.
#pragma once

#include <string>
#include <vector>

#include "model/partition.h"

namespace salvor::model {

struct PlanOffer {
  std::string flags;             // of plan: "--event 4"; empty: naming the partitions is enough
  bool by_name = false;          // together with --partitions
  bool replaces = false;         // together with --replace, which names partitions as well
  std::string effect;            // "brings its partitions back"
  std::vector<PartitionKey> of;  // in the plan's order; the engine would carry it out for each
};

}  // namespace salvor::model
