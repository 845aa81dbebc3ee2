#include "recovery/verify.h"
#include "base/shell_word.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/case_command.h"
#include "cli/tracker_wiring.h"
#include "report/proof_report.h"

namespace salvor::cli {
namespace {

Result<Exit> Run(Session& session, const CaseOptions& options) {
  SALVOR_TRY(auto open, OpenCaseAt(session, options));
  WarnOfOverrides(session, open.incident.plan, open.by);
  const model::EngineWords& words = session.WordsOf(open.incident.plan.table);
  if (options.fingerprints && words.ComparesEveryRow()) {
    Session::Tell(
        "A proof of this table compares all rows in any case: --fingerprints adds nothing");
  }
  const auto reader = open.engine->Reader();
  const auto staging = open.engine->Staging();
  SALVOR_TRY(model::Proof proof, recovery::Verify(session.Files(), session.Clock(), open.incident,
                                                  open.by, *reader, *staging));
  std::string text = report::ProofText(proof, words);
  if (proof.proven)
    text += fmt::format("Next:\n  salvor clean {}\n", Printable(ShellWord(options.folder)));
  session.Say(text, nlohmann::json::parse(model::FormatProof(proof), nullptr, false));
  return proof.proven ? Exit::kDone : Exit::kFailed;
}

}  // namespace

void AddVerify(CLI::App& app, Action& action) {
  auto options = std::make_shared<CaseOptions>();
  auto* command =
      AddCaseCommand(app, "verify", "Runbook step 3: the proof, partition by partition", options);
  command
      ->add_flag("--fingerprints", options->fingerprints,
                 "Compare the rows of whole copied partitions too, in queries that cost: what they "
                 "may cost is said first, and stays below --max-bytes-billed")
      ->group("BigQuery");
  command->callback([options, &action] {
    action = [options](Session& session) {
      return TellingTicket(session, options->folder, Run(session, *options));
    };
  });
}

}  // namespace salvor::cli
