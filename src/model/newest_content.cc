#include "model/newest_content.h"

namespace salvor::model {

bool NewestCanBeChosen(const PlannedPartition& partition) {
  return partition.event && !partition.contents.empty() &&
         partition.contents.back().last_version == *partition.event - 1;
}

}  // namespace salvor::model
