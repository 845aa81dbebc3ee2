// One checkpoint, whatever its form: classic, multi-part, or v2 with a Parquet or JSON manifest and
// sidecars (PROTOCOL.md, "Checkpoints").
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/files/table_files.h"
#include "delta/log/listing.h"
#include "delta/protocol/action.h"

namespace salvor::delta {

// One file that holds `add` actions.
struct CheckpointFile {
  std::string path;    // on this file system
  std::string quoted;  // Parquet: the same for SQL, see QuoteFiles
  bool json = false;
  std::set<std::string> columns;  // Parquet: dotted names, "add.stats_parsed.numRecords"
  int64_t rows = 0;               // Parquet: as its footer says, not to be relied on
};

// kCorrupt if it is not a Parquet file; the errors of QuoteFiles.
Result<CheckpointFile> DescribeCheckpointFile(const TableFiles& fs, Duck& duck,
                                              const std::string& path);

class CheckpointReader {
 public:
  // Reads what kind of files there are and, of a v2 checkpoint, the manifest. kCorrupt names the
  // file that is broken, kNotFound a sidecar that is gone. Borrowed arguments must outlive the
  // reader.
  static Result<CheckpointReader> Open(const TableFiles& fs, Duck& duck,
                                       const std::string& log_folder, const Checkpoint& checkpoint);

  // The files that hold adds: its parts or its manifest, then the sidecars.
  [[nodiscard]] const std::vector<CheckpointFile>& Files() const { return files_; }
  // The action's object; nothing if the checkpoint has none.
  Result<std::optional<nlohmann::json>> ProtocolAction();
  Result<std::optional<nlohmann::json>> MetadataAction();
  Result<std::optional<Txn>> FindTxn(const std::string& app_id);

 private:
  CheckpointReader(const TableFiles& fs, Duck& duck) : fs_(fs), duck_(&duck) {}
  Status AddParquet(const std::string& path);
  Status AddSidecars(const std::string& log_folder, const std::vector<std::string>& names);
  Status ReadJsonManifest(const std::string& path, std::vector<std::string>& sidecars);
  Status FindHeadRows(const CheckpointFile& file);
  Result<std::optional<nlohmann::json>> OneAction(const std::string& name);

  struct HeadRow {
    std::string quoted;  // the file
    std::string number;  // of the row, from 0
  };

  TableFiles fs_;
  Duck* duck_;
  std::vector<CheckpointFile> files_;
  size_t manifest_files_ = 0;                 // of files_, those that are not sidecars
  std::vector<nlohmann::json> json_actions_;  // of a JSON manifest, but for files
  std::map<std::string, HeadRow>
      head_rows_;          // by the action's name, as far as they were looked for
  size_t head_files_ = 0;  // of files_, those that were looked through for them
};

// A Parquet row's action without the nulls that a column for every field brings.
nlohmann::json WithoutNulls(nlohmann::json action);

}  // namespace salvor::delta
