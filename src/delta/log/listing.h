// What is in a table's _delta_log folder, by name alone, and which of it a version is rebuilt
// from: the newest checkpoint at or below it and the commits after that, as all readers do it.
// `_last_checkpoint` decides nothing: it is a hint that may be stale, broken or lying, and the
// listing says the same for certain. Compacted commits are only compared with the commits: Spark
// alone reads them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "delta/files/table_files.h"

namespace salvor::delta {

inline constexpr const char* kLogFolder = "_delta_log";

// A file of the log; `name` is relative to the log's folder.
struct LogFile {
  std::string name;
  int64_t size = 0;
  Instant modified;
};

struct Checkpoint {
  int64_t version = 0;
  bool json = false;           // a v2 checkpoint whose manifest is JSON; else Parquet
  std::vector<LogFile> parts;  // one, or every part of a multi-part checkpoint in order
};

// A commit to apply; or a checkpoint to compare the state with, from which the replay goes on where
// commits are lost.
struct LogFileToApply {
  int64_t version = 0;  // that the table has after it
  LogFile file;
  std::optional<Checkpoint> checkpoint;
  // Of a checkpoint behind lost commits: which they are; 0 if none are lost.
  int64_t first_lost = 0;
  int64_t last_lost = 0;
};

struct LogSegment {
  std::optional<Checkpoint> base;  // without one, start with an empty table
  std::vector<LogFileToApply> to_apply;

  [[nodiscard]] int64_t Bytes() const;  // to read
};

// Commits first..last in one file.
struct Compacted {
  int64_t first = 0;
  int64_t last = 0;
  LogFile file;
};

// A commit that is there and that no reader reads.
struct DiscardedCommit {
  LogFile file;
  std::string why;
};

struct Listing {
  std::map<int64_t, LogFile> commits;
  std::map<int64_t, Instant> monotonic_times;      // of commits: mtime, but after its predecessor's
  std::multimap<int64_t, Checkpoint> checkpoints;  // complete ones
  std::vector<Compacted> compacted;                // in order of their names
  std::map<int64_t, std::string> incomplete;       // version -> "part 2 of 3 is missing"
  std::map<int64_t, DiscardedCommit> discarded;    // not among `commits`
  int64_t latest = -1;                             // -1: there is no version
  std::vector<std::string> notes;  // what some reader stumbles over, and what to do about it
  std::string writing_refusal;     // why no commit may be written; "" if one may

  // How to rebuild a version. kNotFound beyond the latest version; kCorrupt (the latest) or
  // kTooLate (an older one), naming the first version that is missing.
  [[nodiscard]] Result<LogSegment> SegmentTo(int64_t version) const;
  // The same, and on to the latest version by every commit that is there; where some are lost, by
  // the next checkpoint after them.
  [[nodiscard]] Result<LogSegment> HistoryFrom(int64_t version) const;
  // From the state of version `from` on; kTooLate where that cannot be.
  [[nodiscard]] Result<LogSegment> SegmentOn(int64_t from, int64_t version) const;
  // The first version that can be rebuilt; kCorrupt if none can.
  [[nodiscard]] Result<int64_t> Earliest() const;
  // A checkpoint that cannot be read does not count.
  void Discard(const Checkpoint& checkpoint, const std::string& why);
};

// kNotFound if the folder is absent.
Result<Listing> ListLog(const TableFiles& fs, const std::string& log_folder);

// "00000000000000000012"
std::string VersionDigits(int64_t version);

}  // namespace salvor::delta
