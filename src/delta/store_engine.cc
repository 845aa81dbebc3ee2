#include "delta/store_engine.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "delta/duckdb/database.h"
#include "delta/files/store_files.h"
#include "delta/table/table_log.h"
#include "delta/words.h"

namespace salvor::delta {
namespace {

constexpr int64_t kDuckBytes = int64_t{512} << 20U;
constexpr const char* kNotYet = "salvor only looks at tables in object stores so far";
constexpr const char* kInAFolder = "Copy the table to a folder with its times, and name the folder";

tl::unexpected<Error> NotYet(const std::string& where) {
  return Fail(Code::kUnsupported, kNotYet, where, kInAFolder);
}

class StoreTableReader final : public warehouse::TableReader {
 public:
  explicit StoreTableReader(Log& log) : log_(log) {}

  [[nodiscard]] const model::EngineWords& Words() const override { return delta::Words(); }
  Result<model::Inventory> Look(const warehouse::LookRequest& request) override {
    SALVOR_OK(LookAfresh());
    SALVOR_TRY(model::Inventory inventory, log_.Look(request));
    inventory.gone = "objects are gone from the bucket, or are not what the log says";
    inventory.notes.push_back(
        std::string(kNotYet) +
        ": it restores nothing there, and does not say whether old files fit today's table. A copy "
        "of the table in a folder, with its times, can be planned for");
    return inventory;
  }
  Result<model::SnapshotRef> VersionAsOf(Instant instant) override {
    SALVOR_OK(LookAfresh());
    SALVOR_TRY(const int64_t version, log_.VersionAsOf(instant));
    SALVOR_TRY(const Instant at, log_.CommitTime(version));
    return model::SnapshotRef{version, at};
  }
  Result<warehouse::Examination> Examine(const std::vector<warehouse::Wanted>& wanted) override {
    warehouse::Examination examination;
    for (const warehouse::Wanted& one : wanted) {
      warehouse::Examined examined;
      examined.wanted = one;
      examined.refusal = kNotYet;
      examination.partitions.push_back(std::move(examined));
    }
    return examination;
  }
  // None is known: which files are there was seen, and whether they fit is not looked at.
  Result<std::vector<std::string>> Refusals(const std::vector<warehouse::Wanted>& wanted) override {
    return std::vector<std::string>(wanted.size());
  }
  Result<warehouse::Present> LookAgain(const model::Plan& /*plan*/) override {
    return NotYet(log_.Root());
  }
  Result<std::vector<warehouse::Relation>> Relate(const model::Plan& /*plan*/,
                                                  const std::string& /*plan_digest*/,
                                                  const std::vector<size_t>& /*which*/) override {
    return NotYet(log_.Root());
  }
  Result<std::optional<warehouse::AppliedState>> FindOperation(
      const model::Plan& /*plan*/, const std::string& /*plan_digest*/,
      const std::string& /*step*/) override {
    return NotYet(log_.Root());
  }
  Result<std::vector<model::PartitionProof>> Prove(const model::Plan& /*plan*/,
                                                   const std::string& /*plan_digest*/) override {
    return NotYet(log_.Root());
  }
  Result<std::vector<std::string>> ChangesSince(const model::Plan& /*plan*/,
                                                int64_t /*version*/) override {
    return NotYet(log_.Root());
  }

 private:
  // The log was listed a moment ago, when the table was opened: requests are the cost here.
  Status LookAfresh() {
    if (std::exchange(listed_, false)) return Done{};
    SALVOR_TRY([[maybe_unused]] const int64_t latest, log_.Refresh());
    return Done{};
  }

  Log& log_;
  bool listed_ = true;
};

// All that changes something.
class RefusingStaging final : public warehouse::StagingStore {
 public:
  Result<warehouse::Persisted> Persist(const model::Plan& plan,
                                       const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
  Result<std::optional<warehouse::Persisted>> Find(const model::Plan& plan,
                                                   const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
  Result<bool> MarkRejected(const model::Plan& plan, const std::string& /*digest*/,
                            const std::string& /*statement*/) override {
    return NotYet(plan.table.uri);
  }
  Result<std::vector<std::string>> Rejections(const model::Plan& plan,
                                              const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
};

class RefusingWriter final : public warehouse::TableWriter {
 public:
  Result<warehouse::RestoreOutcome> Restore(
      const model::Plan& plan, const std::string& /*digest*/,
      const std::vector<warehouse::RestoreStep>& /*steps*/) override {
    return NotYet(plan.table.uri);
  }
};

class RefusingUndoer final : public warehouse::TableUndoer {
 public:
  Result<warehouse::RestoreOutcome> TakeBack(const model::Plan& plan,
                                             const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
};

class RefusingDropper final : public warehouse::StagingDropper {
 public:
  Result<bool> Drop(const model::Plan& plan, const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
};

class StoreEngine final : public warehouse::Engine {
 public:
  explicit StoreEngine(std::shared_ptr<objects::StoreReader> store)
      : store_(std::move(store)), duck_(Duck::Options{.memory_limit_bytes = kDuckBytes}) {}

  Status Open(const objects::Address& address, const io::Clock& clock,
              warehouse::Progress& progress) {
    SALVOR_TRY(log_, Log::OpenInStore(TableFiles(MakeStoreFiles(*store_, address)), clock, duck_,
                                      progress, address.Text()));
    return Done{};
  }

  std::unique_ptr<warehouse::TableReader> Reader() override {
    return std::make_unique<StoreTableReader>(*log_);
  }
  std::unique_ptr<warehouse::StagingStore> Staging() override {
    return std::make_unique<RefusingStaging>();
  }
  std::unique_ptr<warehouse::TableWriter> Writer() override {
    return std::make_unique<RefusingWriter>();
  }
  std::unique_ptr<warehouse::TableUndoer> Undoer() override {
    return std::make_unique<RefusingUndoer>();
  }
  std::unique_ptr<warehouse::StagingDropper> Dropper() override {
    return std::make_unique<RefusingDropper>();
  }
  Result<std::string> ByHand(const model::Plan& plan, const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
  Result<std::vector<std::string>> Operations(const model::Plan& plan,
                                              const std::string& /*digest*/) override {
    return NotYet(plan.table.uri);
  }
  [[nodiscard]] std::string DefaultStaging() const override { return {}; }

 private:
  const std::shared_ptr<objects::StoreReader> store_;
  Duck duck_;
  std::unique_ptr<Log> log_;
};

}  // namespace

Result<std::unique_ptr<warehouse::Engine>> MakeStoreEngine(
    std::shared_ptr<objects::StoreReader> store, const objects::Address& address,
    const io::Clock& clock, warehouse::Progress& progress) {
  auto engine = std::make_unique<StoreEngine>(std::move(store));
  SALVOR_OK(engine->Open(address, clock, progress));
  return std::unique_ptr<warehouse::Engine>(std::move(engine));
}

}  // namespace salvor::delta
