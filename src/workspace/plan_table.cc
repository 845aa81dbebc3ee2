#include "workspace/plan_table.h"

#include <utility>

#include "base/shell_word.h"
#include "delta/table_around.h"
#include "workspace/opened_case.h"

namespace salvor::workspace {
namespace {

constexpr size_t kDayLength = 10;  // "2026-11-30"
constexpr int kMostCasesInDay = 100;

Result<std::string> StagingRoot(Workspace& workspace, const warehouse::Engine& engine,
                                const std::string& address, const std::string& asked) {
  SALVOR_TRY(const config::Config* config, workspace.Config());
  const auto found = config::FindTable(*config, address);
  SALVOR_TRY(std::string staging, workspace.EngineOf(address).staging(
                                      workspace.Files(), {asked, found ? found->staging : ""}));
  return staging.empty() ? engine.DefaultStaging() : staging;
}

// What salvor.yaml and the person say of the table that was found.
Result<recovery::PlanTerms> TermsFor(Workspace& workspace, const warehouse::Engine& engine,
                                     const model::TableIdentity& table, bool takes_rows_out,
                                     const std::string& staging) {
  recovery::PlanTerms terms;
  SALVOR_TRY(terms.staging_root, StagingRoot(workspace, engine, table.uri, staging));
  SALVOR_TRY(custody::Rules rules, LoadRules(workspace, table, takes_rows_out));
  terms.review = std::move(rules.today);
  if (terms.review.approvals > 0) {
    SALVOR_TRY(terms.author, workspace.Identify(table.uri));
  }
  return terms;
}

}  // namespace

Result<recovery::MadePlan> PlanTable(Workspace& workspace, warehouse::Engine& engine,
                                     const std::string& table, const recovery::PlanRequest& request,
                                     const std::string& staging) {
  SALVOR_TRY(const std::string address, workspace.AddressOf(table));
  SALVOR_TRY([[maybe_unused]] const std::string root,
             StagingRoot(workspace, engine, address, staging));
  const auto reader = engine.Reader();
  SALVOR_TRY(recovery::PlanProposal proposal, recovery::ProposePlan(*reader, request));
  const model::TableIdentity found = proposal.inventory.table;
  SALVOR_TRY(recovery::PlanTerms terms,
             TermsFor(workspace, engine, found, proposal.TakesRowsOut(), staging));
  recovery::MadePlan made =
      recovery::MakePlan(std::move(proposal), std::move(terms), workspace.WordsOf(found));
  if (const auto& check = workspace.EngineOf(found.uri).check_plan; check) {
    SALVOR_OK(check(workspace, made.plan));
  }
  if (model::ToRestore(made.plan).empty()) return made;
  SALVOR_TRY(const auto refusals, engine.Staging()->WhyNotPersisted(made.plan));
  for (const std::string& why : refusals) {
    made.plan.warnings.push_back("persist would refuse as things are: " + why);
  }
  return made;
}

Result<std::string> CaseFolderFor(const io::FsReader& fs, const model::Plan& plan, Instant now) {
  std::string name;
  for (const char c : plan.table.name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '.';
    name += plain ? c : '_';
  }
  name += "-" + FormatInstant(now).substr(0, kDayLength);
  for (int number = 1; number <= kMostCasesInDay; ++number) {
    const std::string folder = number == 1 ? name : name + "-" + std::to_string(number);
    SALVOR_TRY(const auto there, fs.Lstat(folder));
    if (!there) return folder;
    const auto incident = recovery::LoadCase(fs, folder);
    if (incident && incident->plan.table == plan.table &&
        incident->digest == model::PlanDigest(model::FormatPlan(plan))) {
      return folder;
    }
  }
  return Fail(Code::kConflict, "there are too many cases of this table and day here", name,
              "Name a folder with --case");
}

Status CheckCaseFolder(const io::FsReader& fs, const std::string& folder) {
  SALVOR_TRY(const std::string table, delta::TableAround(fs, folder));
  if (table.empty()) return Done{};
  return Fail(
      Code::kRefused,
      "a case inside a table's folder is deleted by its next VACUUM, plan and journal with it",
      folder, "Choose a folder outside of " + ShellWord(table));
}

}  // namespace salvor::workspace
