#include "workspace/opened_case.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "config/load.h"
#include "custody/people.h"

namespace salvor::workspace {

namespace {

constexpr int64_t kLargestSigners = int64_t{4} << 20U;  // bytes

Result<std::string> ReadTrusted(const io::FsReader& fs, const std::string& path) {
  SALVOR_OK(config::CheckNotOpenToAll(fs, path));
  return fs.ReadFile(path, kLargestSigners);
}

}  // namespace

Result<std::string> SshKeygenOf(const io::FsReader& fs, const config::Config& config) {
  if (config.ssh_keygen.empty()) return std::string(custody::kSshKeygen);
  SALVOR_OK(config::CheckRootsAlone(fs, config.ssh_keygen));
  return config.ssh_keygen;
}

Result<custody::Rules> LoadRules(Workspace& workspace, const model::Plan& plan) {
  return LoadRules(workspace, plan.table, model::TakesRowsOut(plan));
}

Result<custody::Rules> LoadRules(Workspace& workspace, const model::TableIdentity& table,
                                 bool takes_rows_out) {
  SALVOR_TRY(const config::Config* config, workspace.Config());
  custody::Rules rules;
  rules.shared = workspace.EngineOf(table.uri).shared;
  rules.today = config::PolicyFor(*config, table.uri, rules.shared, takes_rows_out);
  rules.today.people = config->people;
  rules.signers_path = config->allowed_signers;
  SALVOR_TRY(rules.ssh_keygen, SshKeygenOf(workspace.Files(), *config));
  if (!rules.signers_path.empty()) {
    SALVOR_TRY(rules.signers.allowed, ReadTrusted(workspace.Files(), rules.signers_path));
    for (const std::string& line : custody::SignerLines(rules.signers.allowed)) {
      rules.today.signers.push_back(Sha256Hex(line));
    }
    std::sort(rules.today.signers.begin(), rules.today.signers.end());
  }
  if (!config->revoked.empty()) {
    SALVOR_TRY(rules.signers.revoked, ReadTrusted(workspace.Files(), config->revoked));
  }
  return rules;
}

Result<OpenedCase> OpenCase(Workspace& workspace, const std::string& folder, EngineFlags flags,
                            bool allow_other_signers) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(workspace.Files(), folder));
  const model::TableIdentity& table = incident.plan.table;
  recovery::Actor by;
  SALVOR_TRY(by.rules, LoadRules(workspace, incident.plan));
  by.rules.allow_other_signers = allow_other_signers;
  by.processes = &workspace.Processes();
  flags.pinned = incident.plan.pins;
  SALVOR_TRY(auto engine, workspace.OpenTable(table.uri, flags));
  SALVOR_TRY(by.identity, workspace.Identify(table.uri));
  by.person =
      custody::People(incident.plan.review.people, by.rules.today.people, /*today_counts=*/true)
          .PersonOf(by.identity);
  return OpenedCase{std::move(incident), std::move(engine), std::move(by)};
}

Result<recovery::CaseState> StateOf(Workspace& workspace, const recovery::Case& incident) {
  recovery::Actor by;
  SALVOR_TRY(by.rules, LoadRules(workspace, incident.plan));
  by.processes = &workspace.Processes();
  return recovery::StateOf(workspace.Files(), workspace.Clock(), incident, by,
                           workspace.WordsOf(incident.plan.table));
}

}  // namespace salvor::workspace
