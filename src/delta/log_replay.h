// Drives a route through the log into a History: the checkpoint first, then every step, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duck.h"
#include "delta/log_checkpoint.h"
#include "delta/log_history.h"
#include "delta/log_listing.h"
#include "delta/log_pipeline.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// A file of the log that places are in.
struct LogSource {
  std::string path;
  bool parquet = false;
};

struct ReplayPlan {
  std::string log_folder;
  std::string table_root;
  Route route;
  // Rows of files without numRecords are counted from their footers; else they stay uncounted.
  bool count_footers = false;
  // The commit's time where it does not state one itself.
  std::function<Instant(int64_t version)> time_of;
  // Called after the base, if there is one, and after each step. May stop by an error.
  std::function<Status(int64_t version)> reached;
};

class Replay {
 public:
  Replay(const io::FsReader& fs, Duck& duck, warehouse::Progress& progress, Spellings& spellings,
         History& history);

  Status Run(const ReplayPlan& plan);
  [[nodiscard]] const std::vector<LogSource>& Sources() const { return sources_; }
  // Files that were counted from their footers, and those of them that were gone.
  [[nodiscard]] int64_t CountedFromFooters() const { return counted_; }

 private:
  // What one commit's rare actions said, until the commit ends.
  struct Pending {
    std::optional<CommitInfo> info;
    bool by_salvor = false;
    bool new_head = false;
  };

  Status RunBase(const ReplayPlan& plan);
  Status RunParquet(const ReplayPlan& plan, const CheckpointFile& file, uint32_t source);
  Status RunManifest(const ReplayPlan& plan, const std::string& path);
  Status RunSteps(const ReplayPlan& plan);
  Status TakeLines(const ReplayPlan& plan, ScannedLines& lines, uint32_t source);
  Status CountFooters(const ReplayPlan& plan, ScannedLines& lines);
  Status EndCommit(const ReplayPlan& plan, int64_t version);

  const io::FsReader& fs_;
  Duck& duck_;
  warehouse::Progress& progress_;
  Spellings& spellings_;
  History& history_;
  std::vector<LogSource> sources_;
  std::optional<nlohmann::json> protocol_;
  std::optional<nlohmann::json> metadata_;
  Pending pending_;
  int64_t counted_ = 0;
};

}  // namespace salvor::delta
