// A table that is looked at and planned for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "salvor/inventory.h"
#include "salvor/plan.h"
#include "salvor/progress.h"
#include "salvor/result.h"

#pragma GCC visibility push(default)
namespace salvor {

/// What holds for a table or a case that is opened. The environment says the rest, as for the
/// program: credentials, proxies, BIGQUERY_EMULATOR_HOST.
struct OpenOptions {
  /// salvor.yaml, which says among other things who must approve a plan; empty: the one of the
  /// working folder or of one above it.
  std::string config = {};
  /// Borrowed, and must outlive what is opened. Null: nobody is told.
  Progress* progress = nullptr;
  /// BigQuery alone: where jobs run and are paid for (else the table's project), where else to look
  /// for who did it, and what the queries of one call may cost together ("500M", "2G"; else 1G).
  std::string project = {};
  std::vector<std::string> jobs_projects = {};
  std::string max_bytes_billed = {};
};

class Case;

/// One thread at a time; different tables may be used by different threads. Nothing here writes to
/// the table or to its private copy, and every call may be repeated and looks afresh.
///
/// No function of the library's changes how the process takes signals: ignore SIGPIPE and SIGXFSZ
/// where a broken connection or a file limit must be an Error.
class Table {
 public:
  /// A Delta table's folder, "bigquery:project.dataset.table", or "warehouse:dataset.table" of
  /// salvor.yaml. Codes: kInvalidArgument, kNotFound, kPermission, kUnavailable, kRefused (a
  /// salvor.yaml that everybody may write).
  static Result<Table> Open(const std::string& table, const OpenOptions& options = {});

  Table(Table&&) noexcept;
  Table& operator=(Table&&) noexcept;
  ~Table();

  /// Codes: kNotFound (no such table), kUnsupported (a table feature, named), kCorrupt (with file
  /// and line), kTooLate (nothing of the past can be read), kPermission, kUnavailable.
  Result<Inventory> ReadInventory(const StatusRequest& request = {});

  /// Decides for each partition; writes nothing. A plan that restores nothing says why. Codes as
  /// ReadInventory's, and kInvalidArgument.
  Result<Plan> MakePlan(const PlanRequest& request = {});

  /// The same, written into a folder that is made if need be: plan.json and the first line of its
  /// journal, durable on return. kRefused where there is nothing to restore, or inside of a Delta
  /// table's folder; kConflict if the folder holds another plan, the same plan again is success.
  Result<Case> MakeCase(const PlanRequest& request, const std::string& folder);

 private:
  struct Opened;
  explicit Table(std::unique_ptr<Opened> opened);

  std::unique_ptr<Opened> opened_;
};

}  // namespace salvor
#pragma GCC visibility pop
