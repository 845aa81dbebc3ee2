// Drives a route through the log into a History: the checkpoint first, then every step, in order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/disk_files.h"
#include "delta/duck.h"
#include "delta/log_checkpoint.h"
#include "delta/log_history.h"
#include "delta/log_listing.h"
#include "delta/log_pipeline.h"
#include "delta/log_places.h"
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
  // Rows of files whose log entries tell none are counted from their footers; else they stay as
  // they are told.
  bool count_footers = false;
  // The commit's time where it does not state one itself.
  std::function<Instant(int64_t version)> time_of;
  // Called after the base, if there is one, and after each step. May stop by an error.
  std::function<Status(int64_t version)> reached;
  // The files of the table's folders, to be told which of them the log names; may be null.
  DiskFiles* disk = nullptr;
};

class Replay {
 public:
  Replay(const io::FsReader& fs, Duck& duck, warehouse::Progress& progress, Spellings& spellings,
         History& history);

  Status Run(const ReplayPlan& plan);
  [[nodiscard]] const std::vector<LogSource>& Sources() const { return sources_; }
  // Files without numRecords that were counted from their footers.
  [[nodiscard]] int64_t CountedFromFooters() const { return counted_; }
  // Files that hold rows, although the log says that they hold none.
  [[nodiscard]] int64_t FalselyEmpty() const { return falsely_empty_; }
  // Where the files lie that were met; filled where ReplayPlan::disk is.
  [[nodiscard]] const LoggedPlaces& Places() const { return places_; }

 private:
  // What one commit's rare actions said, until the commit ends.
  struct Pending {
    std::optional<CommitInfo> info;
    bool by_salvor = false;
    bool protocol = false;
    bool metadata = false;
    std::string twice;  // as in ScannedLines
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
  LoggedPlaces places_;
  int64_t counted_ = 0;
  int64_t falsely_empty_ = 0;
};

}  // namespace salvor::delta
