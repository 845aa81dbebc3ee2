#include "delta/engine.h"

#include <utility>

#include "delta/duckdb/database.h"
#include "delta/reader.h"
#include "delta/recovery/operations.h"
#include "delta/recovery/restore.h"
#include "delta/recovery/undo.h"
#include "delta/staging/replaced_rows.h"
#include "delta/staging/staging.h"
#include "delta/table/table_log.h"

namespace salvor::delta {
namespace {

// DuckDB itself writes pages of 128 MiB, of which a row group of five million files takes several
// at once; nothing is set aside.
constexpr int64_t kDuckBytes = int64_t{512} << 20U;

class DeltaEngine final : public warehouse::Engine {
 public:
  DeltaEngine(io::Fs& fs, const io::Clock& clock, warehouse::Progress& progress,
              PersistOptions options)
      : fs_(fs),
        clock_(clock),
        progress_(progress),
        options_(options),
        duck_(Duck::Options{.memory_limit_bytes = kDuckBytes}) {}

  Status Open(const std::string& table_path) {
    SALVOR_TRY(log_, Log::Open(fs_, clock_, duck_, progress_, table_path));
    return Done{};
  }

  std::unique_ptr<warehouse::TableReader> Reader() override {
    return std::make_unique<DeltaReader>(fs_, *log_, duck_, progress_);
  }
  std::unique_ptr<warehouse::StagingStore> Staging() override {
    return std::make_unique<BothCopies>(
        std::make_unique<DeltaStaging>(fs_, clock_, *log_, duck_, progress_, options_));
  }
  std::unique_ptr<warehouse::TableWriter> Writer() override {
    return std::make_unique<DeltaWriter>(fs_, clock_, *log_, progress_);
  }
  std::unique_ptr<warehouse::TableUndoer> Undoer() override {
    return std::make_unique<DeltaUndoer>(fs_, clock_, *log_, progress_);
  }
  std::unique_ptr<warehouse::StagingDropper> Dropper() override {
    return std::make_unique<BothCopiesDropper>(fs_);
  }
  // No SQL re-adds a file that a commit removed: RESTORE takes the whole table back, and INSERT
  // writes other files with other row ids.
  Result<std::string> ByHand(const model::Plan& plan, const std::string& /*plan_digest*/) override {
    return Fail(Code::kUnsupported,
                "no statement does what salvor does to a Delta table: it links the removed files "
                "under fresh names and adds them to the log in one commit, partition by partition",
                plan.table.uri,
                "salvor show CASE lists what comes back; RESTORE TABLE would take back every later "
                "change as well");
  }
  Result<std::vector<std::string>> Operations(const model::Plan& plan,
                                              const std::string& plan_digest) override {
    return ListOperations(fs_, *log_, plan, plan_digest);
  }
  // Beside the table: the same file system, so that links do, and out of the reach of its VACUUM.
  [[nodiscard]] std::string DefaultStaging() const override {
    return io::JoinPath(io::ParentPath(log_->Root()), ".salvor-staging");
  }

 private:
  io::Fs& fs_;
  const io::Clock& clock_;
  warehouse::Progress& progress_;
  PersistOptions options_;
  Duck duck_;
  std::unique_ptr<Log> log_;
};

}  // namespace

Result<std::unique_ptr<warehouse::Engine>> MakeEngine(io::Fs& fs, const io::Clock& clock,
                                                      warehouse::Progress& progress,
                                                      const std::string& table_path,
                                                      PersistOptions options) {
  auto engine = std::make_unique<DeltaEngine>(fs, clock, progress, options);
  SALVOR_OK(engine->Open(table_path));
  return std::unique_ptr<warehouse::Engine>(std::move(engine));
}

}  // namespace salvor::delta
