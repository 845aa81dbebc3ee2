#include "salvor/table.h"

#include <utility>

#include "library/opened.h"
#include "library/values.h"
#include "recovery/assess.h"
#include "recovery/case_folder.h"
#include "recovery/make_plan.h"
#include "salvor/case.h"
#include "workspace/plan_table.h"

namespace salvor {

struct Table::Opened : library::Opened {
  Opened(std::string table, const OpenOptions& asked)
      : library::Opened(asked), name(std::move(table)), options(asked) {}

  // Its flags are those of the request: an engine is opened for each.
  Result<recovery::MadePlan> MakePlan(const PlanRequest& request) {
    workspace::EngineFlags flags;
    flags.by_name = request.by_name;
    flags.allow_unchecked_iam = request.allow_unchecked_iam;
    flags.definition = request.definition;
    SALVOR_TRY(const auto planned, workspace.OpenTable(name, flags));
    return workspace::PlanTable(workspace, *planned, name, library::RequestOf(request),
                                request.staging);
  }

  const std::string name;
  const OpenOptions options;
  std::unique_ptr<warehouse::Engine> engine;
};

Table::Table(std::unique_ptr<Opened> opened) : opened_(std::move(opened)) {}
Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

Result<Table> Table::Open(const std::string& table, const OpenOptions& options) {
  auto opened = std::make_unique<Opened>(table, options);
  SALVOR_TRY(opened->engine, opened->workspace.OpenTable(table));
  return Table(std::move(opened));
}

Result<Inventory> Table::ReadInventory(const StatusRequest& request) {
  const auto reader = opened_->engine->Reader();
  warehouse::LookRequest look;
  look.since = request.since;
  look.pieces = request.files;
  SALVOR_TRY(const model::Inventory inventory, reader->Look(look));
  SALVOR_TRY(const model::Assessment assessment, recovery::Assess(*reader, inventory));
  return library::InventoryOf(inventory, assessment);
}

Result<Plan> Table::MakePlan(const PlanRequest& request) {
  SALVOR_TRY(recovery::MadePlan made, opened_->MakePlan(request));
  return library::PlanOf(made.plan, std::move(made.notes));
}

Result<Case> Table::MakeCase(const PlanRequest& request, const std::string& folder) {
  SALVOR_OK(workspace::CheckCaseFolder(opened_->fs, folder));
  SALVOR_TRY(const recovery::MadePlan made, opened_->MakePlan(request));
  const model::TableIdentity& table = made.plan.table;
  if (model::ToRestore(made.plan).empty()) {
    return Fail(Code::kRefused, "nothing to bring back; no case was written", table.uri,
                "MakePlan says why, partition by partition");
  }
  SALVOR_TRY(const recovery::Case incident, recovery::CreateCase(opened_->fs, folder, made.plan));
  recovery::Actor by;
  SALVOR_TRY(by.identity, opened_->workspace.Identify(table.uri));
  SALVOR_OK(recovery::NoteAuthor(opened_->fs, io::SystemClock(), incident, by, {}));
  return Case::Open(folder, opened_->options);
}

}  // namespace salvor
