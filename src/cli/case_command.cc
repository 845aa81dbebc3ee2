#include "cli/case_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "config/load.h"
#include "custody/people.h"

namespace salvor::cli {

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

Result<custody::Rules> LoadRules(Session& session, const model::TableIdentity& table) {
  SALVOR_TRY(const config::Config* config, session.Config());
  custody::Rules rules;
  rules.shared = session.EngineOf(table.uri).shared;
  rules.today = config::PolicyFor(*config, table.uri, rules.shared);
  rules.today.people = config->people;
  rules.signers_path = config->allowed_signers;
  SALVOR_TRY(rules.ssh_keygen, SshKeygenOf(session.Files(), *config));
  if (!rules.signers_path.empty()) {
    SALVOR_TRY(rules.signers.allowed, ReadTrusted(session.Files(), rules.signers_path));
    for (const std::string& line : custody::SignerLines(rules.signers.allowed)) {
      rules.today.signers.push_back(Sha256Hex(line));
    }
    std::sort(rules.today.signers.begin(), rules.today.signers.end());
  }
  if (!config->revoked.empty()) {
    SALVOR_TRY(rules.signers.revoked, ReadTrusted(session.Files(), config->revoked));
  }
  return rules;
}

Result<OpenCase> OpenCaseAt(Session& session, const CaseOptions& options) {
  SALVOR_TRY(recovery::Case incident, recovery::LoadCase(session.Files(), options.folder));
  const model::TableIdentity& table = incident.plan.table;
  recovery::Operator by;
  SALVOR_TRY(by.rules, LoadRules(session, table));
  by.rules.allow_other_signers = options.allow_other_signers;
  by.processes = &session.Processes();
  TableWishes wishes;
  wishes.pinned = incident.plan.pins;
  wishes.fingerprints = options.fingerprints;
  wishes.copy = options.copy;
  wishes.deep = options.deep;
  SALVOR_TRY(auto engine, session.OpenTable(table.uri, wishes));
  SALVOR_TRY(by.identity, session.Identify(table.uri));
  by.person =
      custody::People(incident.plan.review.people, by.rules.today.people, /*today_counts=*/true)
          .PersonOf(by.identity);
  return OpenCase{std::move(incident), std::move(engine), std::move(by)};
}

void WarnOfOverrides(const Session& session, const model::Plan& plan,
                     const recovery::Operator& by) {
  const auto policy = custody::Stricter(plan.review, by.rules.today);
  if (policy.waived) session.Warn("REVIEW TURNED OFF: salvor.yaml says approvals: 0");
  if (plan.pins.allow_unchecked_iam) {
    session.Warn("OVERRIDE: --allow-unchecked-iam took a private copy whose readers are not known");
  }
  if (by.rules.allow_other_signers) {
    session.Warn(
        "OVERRIDE: --allow-other-signers counts people who were not in allowed_signers "
        "when the plan was made");
  }
}

CLI::App* AddCaseCommand(CLI::App& app, const std::string& name, const std::string& help,
                         const std::shared_ptr<CaseOptions>& options) {
  auto* command = app.add_subcommand(name, help);
  command->add_option("CASE", options->folder, "The folder that plan made")->required();
  return command;
}

void AddYes(CLI::App* command, const std::shared_ptr<CaseOptions>& options) {
  command->add_flag("--yes", options->yes,
                    "Do not ask for the table's name (replaces no approval)");
  command->add_flag("--allow-other-signers", options->allow_other_signers,
                    "In an emergency: count approvals by people whom allowed_signers got after the "
                    "plan was made; journaled, and shown in red");
}

}  // namespace salvor::cli
