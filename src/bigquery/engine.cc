#include "bigquery/engine.h"

#include <memory>
#include <utility>

#include "bigquery/jobs/connection.h"
#include "bigquery/reader.h"
#include "bigquery/recovery/restore.h"
#include "bigquery/recovery/staging.h"
#include "bigquery/recovery/undo.h"
#include "bigquery/rest/table_name.h"
#include "bigquery/script/bq_script.h"

namespace salvor::bigquery {
namespace {

class BigQueryEngine final : public warehouse::Engine {
 public:
  explicit BigQueryEngine(Connection connection) : connection_(std::move(connection)) {}

  std::unique_ptr<warehouse::TableReader> Reader() override {
    return std::make_unique<BigQueryReader>(connection_);
  }
  std::unique_ptr<warehouse::StagingStore> Staging() override {
    return std::make_unique<BigQueryStaging>(connection_);
  }
  std::unique_ptr<warehouse::TableWriter> Writer() override {
    return std::make_unique<BigQueryWriter>(connection_);
  }
  std::unique_ptr<warehouse::TableUndoer> Undoer() override {
    return std::make_unique<BigQueryUndoer>(connection_);
  }
  std::unique_ptr<warehouse::StagingDropper> Dropper() override {
    return std::make_unique<BigQueryStagingDropper>(connection_);
  }
  Result<std::string> ByHand(const model::Plan& plan, const std::string& plan_digest) override {
    return WriteManualScript(connection_, plan, plan_digest);
  }
  Result<std::vector<std::string>> Operations(const model::Plan& plan,
                                              const std::string& plan_digest) override {
    return ListCommands(connection_, plan, plan_digest);
  }
  // A private dataset is a person's choice: none is assumed.
  [[nodiscard]] std::string DefaultStaging() const override { return ""; }

 private:
  Connection connection_;
};

}  // namespace

Result<std::unique_ptr<warehouse::Engine>> MakeEngine(Api& api, const io::Clock& clock,
                                                      warehouse::Progress& progress,
                                                      const EngineOptions& options) {
  SALVOR_TRY(TableName table, ParseTableUri(options.table));
  Connection connection{api,
                        clock,
                        progress,
                        table,
                        options.job_project.empty() ? table.project : options.job_project,
                        options.jobs_projects,
                        options.max_bytes_billed,
                        std::make_shared<Spending>(options.max_bytes_billed),
                        options.by_name,
                        options.allow_unchecked_iam,
                        options.definition,
                        options.fingerprints};
  return std::unique_ptr<warehouse::Engine>(
      std::make_unique<BigQueryEngine>(std::move(connection)));
}

}  // namespace salvor::bigquery
