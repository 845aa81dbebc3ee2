// A Delta log, read. Streams: commits are read in pieces, checkpoints row group by row group; what
// is kept grows with live files (some 60 bytes each) and never with history. A commit line is
// parsed once for each look. Readable versions and their times follow facts stated in PROTOCOL.md
// and what Spark does where that is silent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/protocol/action.h"
#include "delta/protocol/table_head.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/inventory.h"
#include "model/partition.h"
#include "warehouse/progress.h"
#include "warehouse/table_reader.h"

namespace salvor::delta {

struct LiveFiles;  // reader_views.h

struct SnapshotRequest {
  int64_t version = 0;
  // Only the files of these partitions; nothing means all.
  std::optional<std::vector<model::PartitionKey>> only;
  AddDetail detail = AddDetail::kWhole;

  bool operator==(const SnapshotRequest&) const = default;
};

struct SnapshotFiles {
  TableHead head;
  std::vector<AddFile> files;             // sorted by (partition key, path)
  std::vector<model::PartitionKey> keys;  // files[i] belongs to keys[i]
  // Of the latest version: every live file of the table.
  std::shared_ptr<const LiveFiles> live;
};

// One commit, whole. For commits that a person named and for salvor's own.
struct Commit {
  int64_t version = 0;
  Instant at;
  CommitInfo info;
  std::vector<AddFile> adds;
  std::vector<RemoveFile> removes;
  std::vector<Txn> txns;
  bool has_protocol = false;
  bool has_metadata = false;
  int64_t cdc_files = 0;
};

// "version 12 (2026-11-22T15:20:58Z, DELETE by anna)"
std::string DescribeCommit(const Commit& commit);

class Log {
 public:
  // Reads the listing only. kNotFound: no folder, or no _delta_log in it, or no version in that;
  // the message says which. `table_path` is made absolute. Borrowed arguments must outlive the log.
  static Result<std::unique_ptr<Log>> Open(const io::FsReader& fs, const io::Clock& clock,
                                           Duck& duck, warehouse::Progress& progress,
                                           const std::string& table_path);
  // The same of a table in a store; `root` is its address.
  static Result<std::unique_ptr<Log>> OpenInStore(const TableFiles& files, const io::Clock& clock,
                                                  Duck& duck, warehouse::Progress& progress,
                                                  const std::string& root);
  virtual ~Log() = default;

  [[nodiscard]] virtual const std::string& Root() const = 0;  // the table's folder, absolute
  [[nodiscard]] virtual int64_t Latest() const = 0;           // as of the last listing
  // Why no commit may be written now, whatever it says; "" if one may.
  [[nodiscard]] virtual std::string WritingRefusal() const = 0;
  // The first version whose state can be rebuilt from what is there.
  virtual Result<int64_t> EarliestReadable() = 0;
  // Lists again; the new latest version.
  virtual Result<int64_t> Refresh() = 0;

  // The in-commit timestamp where the table keeps it at that version, else the commit file's mtime
  // made monotonic: if not after its predecessor's, the predecessor's plus 1 ms.
  virtual Result<Instant> CommitTime(int64_t version) = 0;
  virtual Result<int64_t> VersionAsOf(Instant instant) = 0;

  virtual Result<TableHead> HeadAt(int64_t version) = 0;
  // One pass for all requests; results in their order. kTooLate for a version that cannot be
  // rebuilt.
  virtual Result<std::vector<SnapshotFiles>> FilesAt(std::vector<SnapshotRequest> requests) = 0;
  // Of the live files, as FilesAt gave them, those that have one of these sizes, or none, in the
  // log. Without `raw`.
  virtual Result<std::vector<AddFile>> LiveOfSizes(const LiveFiles& live,
                                                   const std::unordered_set<int64_t>& sizes) = 0;
  // kNotFound if the file is gone. `detail` is that of its adds.
  virtual Result<Commit> ReadCommit(int64_t version, AddDetail detail) = 0;
  // The txn of this application at the latest version.
  virtual Result<std::optional<Txn>> FindTxn(const std::string& app_id) = 0;
  // True if a VACUUM START is in the log without its VACUUM END (in the commits that are there).
  virtual Result<bool> VacuumMayBeRunning() = 0;
  // The oldest instant of the log files that rebuilding `version` needs: they may be cleaned up
  // from then + delta.logRetentionDuration on.
  virtual Result<Instant> OldestNeeded(int64_t version) = 0;

  virtual Result<model::Inventory> Look(const warehouse::LookRequest& request) = 0;
};

}  // namespace salvor::delta
