// What an operation of salvor's did to a table, found again from the table alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/commit/placement.h"
#include "delta/commit/table_files.h"
#include "delta/protocol/action.h"
#include "delta/staging/manifest.h"
#include "delta/staging/staging.h"
#include "delta/table/table_log.h"

namespace salvor::delta {

// The version that a step of the plan wrote, if the table remembers it; at the log's latest
// version.
Result<std::optional<int64_t>> FindVersion(Log& log, const std::string& operation_key);

// Those of `files` that were placed under the key.
std::vector<AddFile> FreshAmong(const std::vector<AddFile>& files,
                                const std::string& operation_key);
std::vector<AddFile> FreshAmong(std::vector<AddFile>&& files, const std::string& operation_key);

// Where a piece of the copy goes in the table, and what its log entry says then.
AddFile FreshAdd(const Manifest& manifest, size_t piece, const std::string& operation_key);
// That entry, and the piece is left without its own: of many files one of both is held.
std::string TakeFreshEntry(Manifest& manifest, size_t piece, const std::string& operation_key);

// What must be on the disk for fresh entries of a table: data files and vectors, by local path.
Result<std::vector<std::string>> FilesOnDisk(SourceFiles& files, const std::vector<AddFile>& adds);

// Adds to `placement` the data file and the vector of these pieces, from the private copy.
Status PlanPlacing(const Manifest& manifest, const std::vector<size_t>& pieces,
                   const std::string& operation_key, SourceFiles& files, Placement& placement);
// Where what PlanPlacing added comes from. Borrows all.
Placement::OriginOf OriginsIn(const StagingPlace& place, const Manifest& manifest,
                              SourceFiles& files);

// What became of restored files since the version that apply wrote.
struct Fate {
  bool live = false;
  std::vector<std::string> lost;       // events, for people
  std::vector<std::string> rewritten;  // upkeep, after which the rows are in other files
};
// Follows files through rewrites that change no rows, so that a later OPTIMIZE takes nothing away.
Result<Fate> FollowFiles(Log& log, int64_t version, const std::vector<AddFile>& files);

}  // namespace salvor::delta
