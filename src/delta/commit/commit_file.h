// Writing one version of a Delta log. Source: PROTOCOL.md, "Delta Log Entries", "Commit Provenance
// Information", "In-Commit Timestamps" and "Transaction Identifiers".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/protocol/action.h"
#include "io/fs.h"

namespace salvor::delta {

// What a commit of salvor's says, before it has a version and a time.
struct Change {
  std::string operation;                          // for people and for the table's history
  std::map<std::string, std::string> parameters;  // likewise
  std::string operation_key;      // the table refuses nothing by itself: we look for it
  std::vector<std::string> adds;  // as AddFile::raw
  std::vector<AddFile> removes;   // files that are live now, with `raw`
};

// The application id of the transaction identifier that goes with an operation key.
std::string TxnAppId(std::string_view operation_key);

// The previous version's state, as far as the commit depends on it.
struct Previous {
  int64_t version = 0;
  Instant at;
  bool in_commit_timestamps = false;
};

// The file's bytes. With in-commit timestamps the time is max(now, the previous one + 1 ms).
// kCorrupt if an action holds text that is no UTF-8.
Result<std::string> FormatCommit(const Change& change, const Previous& previous, Instant now);

// "<log folder>/00000000000000000012.json"
std::string CommitPath(std::string_view table_root, int64_t version);

// Creates the version, never overwriting: `false` if somebody else has it. With the mode of the
// version before it, so that the table's readers can read it. Durable on return; kOutcomeUnknown if
// the file is there but may not be durable.
Result<bool> WriteCommit(io::Fs& fs, std::string_view table_root, int64_t version,
                         std::string_view bytes);

// Takes away what killed runs of a plan left in the log's folder (io::Fs::NameTemporaries, under
// the plan's digest), and nothing of anybody else's.
void RemoveUnfinishedCommits(io::Fs& fs, std::string_view table_root,
                             const std::string& plan_digest);

}  // namespace salvor::delta
