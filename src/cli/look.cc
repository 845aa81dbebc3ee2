#include "cli/look.h"

#include <utility>
#include <vector>

#include "triage/judge.h"

namespace salvor::cli {

Result<warehouse::LookRequest> MakeLookRequest(const std::string& since, Instant now) {
  warehouse::LookRequest request;
  if (!since.empty()) {
    SALVOR_TRY(Instant start, ParseInstant(since));
    // Clocks differ; a warehouse that knows better looks more closely.
    constexpr Millis kDay{86'400'000};
    if (start > now + kDay) {
      return Fail(Code::kInvalidArgument, "that instant is in the future", "--since " + since);
    }
    request.since = start;
  }
  return request;
}

Result<model::Assessment> Assess(warehouse::TableReader& reader,
                                 const model::Inventory& inventory) {
  model::Assessment assessment = triage::Judge(inventory);
  std::vector<warehouse::Wanted> wanted;
  std::vector<model::Finding*> findings;
  for (model::Finding& finding : assessment.findings) {
    if (finding.health == model::Health::kIntact || finding.health == model::Health::kExpired ||
        finding.health == model::Health::kBroken || finding.old || finding.last_good_version < 0) {
      continue;
    }
    if (finding.files_present + finding.files_gone > 0) continue;
    wanted.push_back({finding.key, model::Mode::kReplace, finding.last_good_version});
    findings.push_back(&finding);
  }
  if (wanted.empty()) return assessment;
  auto examination = reader.Examine(wanted);
  // A snapshot that can no longer be rebuilt is itself the answer: nothing to recover from.
  if (!examination && examination.error().code == Code::kTooLate) return assessment;
  if (!examination) return Fail(std::move(examination).error());
  for (size_t i = 0; i < findings.size(); ++i) {
    const warehouse::Examined& examined = examination->partitions[i];
    findings[i]->files_present = examined.files_present;
    findings[i]->files_gone = examined.files_gone;
    findings[i]->gone_examples = examined.gone_examples;
    findings[i]->deadline = examined.deadline;
    findings[i]->deadline_reason = examined.deadline_reason;
    findings[i]->recoverable = examined.files_gone == 0 && examined.files_present > 0;
  }
  triage::Recount(inventory, assessment);
  return assessment;
}

}  // namespace salvor::cli
