// What lies in a table's _delta_log folder, by name alone, and which of it a version is rebuilt
// from.
// `_last_checkpoint` is not consulted: it is a hint that may be stale, broken or lying, and the
// listing says the same for certain.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "io/fs.h"

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

// PROTOCOL.md, "Log Compaction Files": what the commits first..last come to, taken together.
struct Compaction {
  int64_t first = 0;
  int64_t last = 0;
  LogFile file;
};

// A JSON file to apply, and the version that the table has after it.
struct Step {
  int64_t first = 0;
  int64_t version = 0;  // first == version for a commit
  LogFile file;
};

struct Route {
  std::optional<Checkpoint> base;  // nothing: start with an empty table
  std::vector<Step> steps;

  [[nodiscard]] int64_t Bytes() const;  // to read
};

struct Listing {
  std::map<int64_t, LogFile> commits;
  std::map<int64_t, Instant> monotonic_times;      // of commits: mtime, but after its predecessor's
  std::multimap<int64_t, Checkpoint> checkpoints;  // complete ones
  std::map<int64_t, std::string> incomplete;       // version -> "part 2 of 3 is missing"
  std::vector<Compaction> compactions;             // by (first, last)
  int64_t latest = -1;                             // -1: there is no version

  // How to rebuild a version with as little reading as there can be. kNotFound beyond the latest
  // version; kCorrupt (the latest) or kTooLate (an older one), naming the first version that is
  // missing.
  [[nodiscard]] Result<Route> RouteTo(int64_t version) const;
  // From the state of version `from` on; kTooLate where that cannot be.
  [[nodiscard]] Result<Route> RouteOn(int64_t from, int64_t version) const;
  // The first version that can be rebuilt; kCorrupt if none can.
  [[nodiscard]] Result<int64_t> Earliest() const;
  // The first version from which on every commit is there as its own file.
  [[nodiscard]] int64_t UnbrokenFrom() const;
};

// kNotFound if the folder is absent.
Result<Listing> ListLog(const io::FsReader& fs, const std::string& log_folder);

// "00000000000000000012"
std::string VersionDigits(int64_t version);

}  // namespace salvor::delta
