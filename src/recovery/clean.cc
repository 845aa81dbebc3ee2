#include "recovery/clean.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

constexpr std::string_view kAbandonAdvice =
    "clean --abandon drops the private copy without a proof, for good";

Status CheckProof(const io::Fs& fs, const Step& step, const Case& incident) {
  SALVOR_TRY(auto stored, LoadProof(fs, incident));
  if (!stored) {
    return Fail(Code::kRefused, "there is no proof yet", incident.folder,
                fmt::format("Run salvor verify first; {}", kAbandonAdvice));
  }
  const journal::Line* verified = step.LastDone("verify");
  const bool known = verified != nullptr && Member(*verified, "proof") == stored->digest &&
                     stored->proof.plan_digest == incident.digest;
  if (!known) {
    return Fail(Code::kRefused, "proof.json is not the one that verify wrote for this plan",
                incident.folder, "Run salvor verify again");
  }
  if (!stored->proof.proven) {
    return Fail(Code::kRefused, "the proof failed, so the private copy may be all there is",
                incident.folder,
                fmt::format("See salvor verify for what differs; {}", kAbandonAdvice));
  }
  return Done{};
}

// Everything restored must be in the table and on the disk at this very moment.
Status LastLook(const Step& step, const Case& incident, warehouse::TableReader& reader) {
  SALVOR_TRY(auto state, reader.FindOperation(incident.plan, incident.digest, "apply"));
  if (!state) {
    const journal::Line* applied = step.LastDone("apply");
    if (applied != nullptr && Member(*applied, "version") == 0) {
      return Done{};  // every partition had identical rows already, and verify compared them
    }
    return Fail(Code::kRefused, "the table does not remember that this plan was applied",
                incident.plan.table.uri, std::string(kAbandonAdvice));
  }
  if (!state->live) {
    return Fail(
        Code::kRefused, "restored rows were taken away again: " + Join(state->lost_since, "; "),
        incident.plan.table.uri,
        fmt::format("If that was meant (a deletion that had to be run again), {}; else plan "
                    "anew while the private copy is here",
                    kAbandonAdvice));
  }
  if (state->files_gone > 0) {
    return Fail(Code::kRefused,
                fmt::format("{} of the restored files are gone from the disk",
                            FormatCount(state->files_gone)),
                incident.plan.table.uri,
                "Run salvor apply again: it puts them back from the private copy");
  }
  return Done{};
}

Result<bool> CheckAndDrop(const io::Fs& fs, const Step& step, const Case& incident, CleanWhen when,
                          warehouse::TableReader& reader, warehouse::StagingDropper& dropper) {
  if (when == CleanWhen::kProven && step.LastDone("clean") == nullptr) {
    SALVOR_OK(CheckProof(fs, step, incident));
    SALVOR_OK(LastLook(step, incident, reader));
  }
  return dropper.Drop(incident.plan, incident.digest);
}

}  // namespace

Result<bool> Clean(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                   CleanWhen when, warehouse::TableReader& reader, warehouse::StagingStore& staging,
                   warehouse::StagingDropper& dropper) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "clean", by));
  nlohmann::json intent{{"abandon", when == CleanWhen::kAbandoned}};
  if (when == CleanWhen::kAbandoned) {
    SALVOR_TRY(const custody::Finding review,
               CheckReview(fs, clock, incident, step, model::Verb::kAbandon, by, staging));
    AddReview(review, by, intent);
  }
  SALVOR_OK(step.Intend(std::move(intent)));
  auto dropped = CheckAndDrop(fs, step, incident, when, reader, dropper);
  if (!dropped) return Fail(step.Failed(std::move(dropped).error()));
  SALVOR_OK(step.Finish({{"dropped", *dropped}, {"abandoned", when == CleanWhen::kAbandoned}}));
  return dropped;
}

}  // namespace salvor::recovery
