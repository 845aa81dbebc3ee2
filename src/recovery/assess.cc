#include "recovery/assess.h"

#include <utility>
#include <vector>

#include "triage/assess.h"

namespace salvor::recovery {
namespace {

using model::Finding;
using model::Health;

bool MayComeBack(const Finding& finding) {
  switch (finding.health) {
    case Health::kMissing:
    case Health::kPartial:
    case Health::kChanged:
      return !finding.old && finding.last_good_version >= 0;
    case Health::kIntact:
    case Health::kExpired:
    case Health::kUnexpected:
    case Health::kBroken:
      break;
  }
  return false;
}

// Findings that the engine is asked about, with what is asked.
struct Asked {
  std::vector<Finding*> findings;
  std::vector<warehouse::Wanted> wanted;

  void Add(Finding& finding) {
    const bool empty = finding.health == Health::kMissing && finding.now.files == 0;
    warehouse::Wanted one;
    one.key = finding.key;
    one.mode = empty ? model::Mode::kAdd : model::Mode::kReplace;
    one.snapshot = finding.last_good_version;
    one.unchanged_since = finding.unchanged_since;
    findings.push_back(&finding);
    wanted.push_back(std::move(one));
  }
};

// What Look told nothing about.
Status AskForEvidence(warehouse::TableReader& reader, const Asked& asked) {
  if (asked.wanted.empty()) return Done{};
  SALVOR_TRY(warehouse::Examination examination, reader.Examine(asked.wanted));
  for (size_t i = 0; i < asked.findings.size(); ++i) {
    warehouse::Examined& examined = examination.partitions[i];
    Finding& finding = *asked.findings[i];
    finding.files_present = examined.files_present;
    finding.files_gone = examined.files_gone;
    finding.gone_examples = std::move(examined.gone_examples);
    finding.deadline = examined.deadline;
    finding.deadline_reason = std::move(examined.deadline_reason);
    finding.refusal = std::move(examined.refusal);
    finding.recoverable =
        examined.files_gone == 0 && examined.files_present > 0 && finding.refusal.empty();
  }
  return Done{};
}

// What plan would refuse, status does not promise.
Status AskForRefusals(warehouse::TableReader& reader, const Asked& asked) {
  if (asked.wanted.empty()) return Done{};
  SALVOR_TRY(std::vector<std::string> refusals, reader.Refusals(asked.wanted));
  for (size_t i = 0; i < asked.findings.size(); ++i) {
    asked.findings[i]->refusal = std::move(refusals[i]);
    if (!asked.findings[i]->refusal.empty()) asked.findings[i]->recoverable = false;
  }
  return Done{};
}

}  // namespace

Result<model::Assessment> Assess(warehouse::TableReader& reader,
                                 const model::Inventory& inventory) {
  model::Assessment assessment = triage::Assess(inventory);
  Asked unseen;
  Asked seen;
  for (Finding& finding : assessment.findings) {
    if (!MayComeBack(finding)) continue;
    const bool known = finding.files_present + finding.files_gone > 0;
    if (!known || finding.recoverable) (known ? seen : unseen).Add(finding);
  }
  for (const Status& answer : {AskForEvidence(reader, unseen), AskForRefusals(reader, seen)}) {
    // A snapshot that can no longer be rebuilt is itself the answer: nothing to recover from.
    if (!answer && answer.error().code != Code::kTooLate) return Fail(answer.error());
  }
  triage::Recount(inventory, assessment);
  return assessment;
}

}  // namespace salvor::recovery
