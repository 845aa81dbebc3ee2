// Runbook step 2: the partitions go back; in one atomic change where the engine can, else each of
// them whole or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"
#include "warehouse/table_reader.h"
#include "warehouse/table_writer.h"

namespace salvor::recovery {

struct ApplyReport {
  bool already = false;              // an earlier run, perhaps on another machine, did it
  int64_t version = 0;               // the version that holds it; 0 if everything was there already
  int64_t restored = 0;              // partitions
  std::vector<std::string> skipped;  // partitions that have identical rows again, by name
  int64_t files = 0;
  int64_t linked = 0;
  int64_t copied = 0;
  int64_t mended = 0;  // files that were missing from an earlier run and were put back
  std::vector<std::string> by_hand;  // what a person must do now, a line each
  bool closed = false;               // `clean` has dropped the private copy: nothing is to follow
};

// What may happen is checked for every planned partition before anything is written; one that must
// be refused stops all. May be killed anywhere and called again: the table remembers the operation
// (or, partition by partition, what of it was done), and the end state is the same.
//
// kStale: the table moved, saying what. kRefused: review, a partition that has other rows, an
// undone plan, no private copy. kOutcomeUnknown: run it again.
Result<ApplyReport> Apply(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                          warehouse::TableReader& reader, warehouse::StagingStore& staging,
                          warehouse::TableWriter& writer);

}  // namespace salvor::recovery
