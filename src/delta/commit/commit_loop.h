// Committing a change while others write: retried after a lost race only if the winners touched
// nothing that the change was decided on.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "delta/commit/commit_file.h"
#include "delta/commit/placement.h"
#include "delta/protocol/file_key.h"
#include "delta/table/table_log.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/partition.h"

namespace salvor::delta {

using FileKeys = std::unordered_set<FileKey, ByLowerHalf>;

// What the change depends on, beside the table's protocol and metaData.
struct Watched {
  std::vector<model::PartitionKey> keys;  // no file may have come into these partitions,
  FileKeys files;                         // none of these logical files may have gone,
  FileKeys returning;  // and none of these may have come, anywhere: KeyOfFileMeant
};

struct CommitResult {
  enum class Kind {
    kCommitted,
    kAlready,  // another run wrote the same operation meanwhile
    kTouched,  // a winner changed something that the change depends on: decide again
  };
  Kind kind = Kind::kCommitted;
  int64_t version = 0;
  std::string winner;  // kTouched: who did, for people
  int64_t mended = 0;  // files that a VACUUM had taken before or right after the commit
};

class CommitLoop {
 public:
  CommitLoop(io::Fs& fs, const io::Clock& clock, Log& log) : fs_(fs), clock_(clock), log_(log) {}

  // The log must be as fresh as the decision, and every file placed. kRefused where no commit may
  // be written now, whatever it says. After the commit it is read back, every file is looked at
  // again, and once more if a VACUUM may be at work. kConflict after losing many races;
  // kOutcomeUnknown if what stands there cannot be read back.
  Result<CommitResult> Commit(const Change& change, const Watched& watched, Placement& placement);

 private:
  // Why the loop ends after a lost race; kCommitted to try again.
  Result<CommitResult> LookAtWinners(int64_t after, const Change& change, const Watched& watched,
                                     Placement& placement);
  Result<int64_t> LookAfterwards(Placement& placement);

  io::Fs& fs_;
  const io::Clock& clock_;
  Log& log_;
};

}  // namespace salvor::delta
