// Which files a set of rows takes, each logical file once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/rows/row_reader.h"
#include "io/fs.h"
#include "model/partition.h"

namespace salvor::delta {

// One data file with its vector. Two paths of one inode with one vector are one
// reading.
struct Reading {
  std::string path;  // local
  std::string root;  // of the table whose log names it
  const AddFile* file = nullptr;
};

struct ReadingUse {
  size_t reading = 0;
  model::PartitionKey key;  // as the using set's log says
};

struct RowReadings {
  std::vector<Reading> all;
  std::vector<std::vector<ReadingUse>> of_set;  // a file that a set has twice is there twice
};

// Looks at every file. kNotFound for one that is gone, with its path.
Result<RowReadings> CollectReadings(const io::FsReader& fs, const TableHead& head,
                                    const std::vector<RowSet>& sets);

}  // namespace salvor::delta
