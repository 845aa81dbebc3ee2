// Keys in canonical text, so that equal values are equal text: of a decimal without zeros that do
// not count ("1.1", "100"), of a floating number as Java writes it ("1.0", "1.0E10", "Infinity"),
// of zero without a sign; years outside of 0 to 9999 have a sign. What cannot be read as its type
// stays as it is spelled, and is a value by itself.
#pragma once

#include <vector>

#include "model/partition.h"

namespace salvor::model {

// Of a key as a person, or a plan of an earlier salvor, spells it.
PartitionKey CanonicalKey(const std::vector<PartitionColumn>& columns, PartitionKey key);

}  // namespace salvor::model
