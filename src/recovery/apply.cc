#include "recovery/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "recovery/copy_record.h"
#include "recovery/staleness.h"
#include "recovery/step.h"

namespace salvor::recovery {
namespace {

using model::Mode;
using model::PlannedPartition;
using warehouse::Relation;
using warehouse::RestoreOutcome;
using warehouse::RestoreStep;

// A race can be lost again and again to a busy writer, but only to one that touches our partitions.
constexpr int kMostRounds = 20;

// What is to be written, decided for the table as it was seen.
struct Decision {
  std::vector<RestoreStep> steps;
  std::vector<std::string> skipped;
};

class Applier {
 public:
  Applier(const Case& incident, const io::Clock& clock, warehouse::TableReader& reader,
          warehouse::TableWriter& writer)
      : incident_(incident),
        clock_(clock),
        planned_(model::ToRestore(incident.plan)),
        reader_(reader),
        writer_(writer) {}

  // What every planned partition needs to be, for the table as it is now; `done` are those that an
  // earlier run of this very plan wrote.
  Result<Decision> Decide(const std::vector<size_t>& done) {
    done_.assign(planned_.size(), false);
    for (const size_t index : done) done_.at(index) = true;
    SALVOR_TRY(warehouse::Present present, reader_.LookAgain(incident_.plan));
    now_ = present.at.value_or(clock_.Now());
    SALVOR_OK(CheckUnmoved(incident_.plan, present, now_, reader_.Words()));
    std::vector<size_t> compare;
    for (size_t i = 0; i < planned_.size(); ++i) {
      if (!done_[i] && NeedsRows(*planned_[i], present.partitions[i])) compare.push_back(i);
    }
    std::vector<Relation> relations;
    if (!compare.empty()) {
      SALVOR_TRY(relations, reader_.Relate(incident_.plan, incident_.digest, compare));
    }
    Decision decision;
    size_t next = 0;
    for (size_t i = 0; i < planned_.size(); ++i) {
      if (done_[i]) continue;
      const Relation* relation = nullptr;
      if (next < compare.size() && compare[next] == i) relation = &relations[next++];
      SALVOR_OK(DecideOne(i, present.partitions[i], relation, decision));
    }
    return decision;
  }

  Result<RestoreOutcome> Write(const Decision& decision) {
    return writer_.Restore(incident_.plan, incident_.digest, decision.steps);
  }

 private:
  [[nodiscard]] std::string Name(size_t index) const {
    return model::FormatKey(incident_.plan.columns, planned_[index]->key);
  }

  // An empty partition that is to be filled needs no look at rows, nor does one whose rows of when
  // the plan was made are saved; every other case does.
  static bool NeedsRows(const PlannedPartition& planned,
                        const warehouse::PresentPartition& present) {
    if (planned.mode == Mode::kInstead) return present.present != planned.present;
    return planned.mode != Mode::kAdd || !present.present.empty();
  }

  // Where the engine writes partition by partition, some may be back already.
  [[nodiscard]] std::string WhatWasWritten() const {
    const int64_t done = std::count(done_.begin(), done_.end(), true);
    return done == 0 ? "Nothing was written"
                     : fmt::format("{} restored earlier; nothing else was written",
                                   Plural(done, "partition was", "partitions were"));
  }

  Status DecideOne(size_t index, const warehouse::PresentPartition& present,
                   const Relation* relation, Decision& decision) {
    const PlannedPartition& planned = *planned_[index];
    const bool moved = present.present != planned.present;
    if (relation == nullptr) {
      decision.steps.push_back({index, present.present});
      return Done{};
    }
    if (relation->Identical()) {
      decision.skipped.push_back(Name(index));
      return Done{};
    }
    const std::string counts =
        fmt::format("{} rows in the table, {} in the private copy, {} in common",
                    FormatCount(relation->present_rows), FormatCount(relation->staged_rows),
                    FormatCount(relation->common_rows));
    if (moved) {
      return Fail(Code::kRefused,
                  fmt::format("partition {} has other rows than when the plan was made ({})",
                              Name(index), counts),
                  incident_.plan.table.uri,
                  WhatWasWritten() + ". " +
                      (planned.mode == Mode::kInstead
                           ? "They are in no private copy: plan anew, which saves them too"
                           : PlanAnew(incident_.plan, now_, reader_.Words())));
    }
    const bool proven = planned.mode == Mode::kBeside ? relation->Disjoint() : relation->Contains();
    if (planned.mode == Mode::kAdd || !proven) {
      return Fail(
          Code::kRefused,
          fmt::format("partition {} cannot be restored without losing or doubling rows ({})",
                      Name(index), counts),
          incident_.plan.table.uri,
          WhatWasWritten() + (planned.mode == Mode::kBeside
                                  ? ". Rows that both sides have would be there twice"
                                  : ". Some rows that it has now are not in the old content"));
    }
    decision.steps.push_back({index, present.present});
    return Done{};
  }

  const Case& incident_;
  const io::Clock& clock_;
  Instant now_;  // by the engine's clock, when the table was looked at
  std::vector<const PlannedPartition*> planned_;
  warehouse::TableReader& reader_;
  warehouse::TableWriter& writer_;
  std::vector<bool> done_;
};

Status CheckNotSpent(const Step& step, const Case& incident) {
  if (step.LastDone("undo") != nullptr) {
    return Fail(Code::kRefused, "this plan was undone", incident.folder,
                "Plan anew with another --case folder");
  }
  return Done{};
}

// What an earlier apply, perhaps from another machine, left in the table.
Status CheckStillThere(const warehouse::AppliedState& state, const Case& incident,
                       const model::EngineWords& words) {
  if (state.live) return Done{};
  return Fail(Code::kRefused,
              fmt::format("the plan was applied {}, and its rows were taken away again: {}",
                          words.InVersion(state.applied.version), Join(state.lost_since, "; ")),
              incident.plan.table.uri, "Plan anew with another --case folder");
}

nlohmann::json OutcomeData(const ApplyReport& report) {
  return {{"version", report.version}, {"already", report.already}, {"restored", report.restored},
          {"skipped", report.skipped}, {"files", report.files},     {"linked", report.linked},
          {"copied", report.copied},   {"mended", report.mended}};
}

ApplyReport ReportOf(const RestoreOutcome& outcome, const Decision& decision) {
  ApplyReport report;
  report.already = outcome.kind == RestoreOutcome::Kind::kAlready;
  report.version = outcome.version;
  report.restored = static_cast<int64_t>(decision.steps.size());
  report.skipped = decision.skipped;
  report.files = outcome.files;
  report.linked = outcome.linked;
  report.copied = outcome.copied;
  report.mended = outcome.mended;
  report.by_hand = outcome.by_hand;
  return report;
}

using Remembered = std::optional<warehouse::AppliedState>;

// Decide and write, anew whenever somebody else moved one of our partitions in between. `before` is
// what the engine remembers of earlier runs.
Result<ApplyReport> Act(Applier& applier, const io::Clock& clock, const Case& incident,
                        warehouse::TableReader& reader, Remembered before) {
  for (int round = 0; round < kMostRounds; ++round) {
    if (round > 0) {
      clock.Sleep(Millis(50 * round));
      SALVOR_TRY(before, reader.FindOperation(incident.plan, incident.digest, "apply"));
      if (before) SALVOR_OK(CheckStillThere(*before, incident, reader.Words()));
    }
    const std::vector<size_t> done =
        before && !before->complete ? before->done : std::vector<size_t>();
    SALVOR_TRY(Decision decision, applier.Decide(done));
    if (decision.steps.empty()) {
      ApplyReport report = ReportOf({}, decision);
      if (before) report.version = before->applied.version;
      return report;
    }
    SALVOR_TRY(RestoreOutcome outcome, applier.Write(decision));
    if (outcome.kind != RestoreOutcome::Kind::kMoved) return ReportOf(outcome, decision);
  }
  return Fail(Code::kConflict, "another writer keeps changing the planned partitions",
              incident.plan.table.uri, "Pause it and run apply again");
}

Result<ApplyReport> ApplyOnce(const io::Clock& clock, const Case& incident, Step& step,
                              warehouse::TableReader& reader, warehouse::StagingStore& staging,
                              warehouse::TableWriter& writer) {
  Applier applier(incident, clock, reader, writer);
  SALVOR_TRY(Remembered before, reader.FindOperation(incident.plan, incident.digest, "apply"));
  if (before) SALVOR_OK(CheckStillThere(*before, incident, reader.Words()));
  if (before && before->complete) {
    // The table remembers: writing again only mends what is absent from the disk.
    SALVOR_TRY(RestoreOutcome outcome, applier.Write({}));
    ApplyReport report = ReportOf(outcome, {});
    report.already = true;
    report.version = before->applied.version;
    return report;
  }
  SALVOR_TRY(auto persisted, staging.Find(incident.plan, incident.digest));
  if (!persisted) {
    return Fail(Code::kRefused, "there is no private copy yet", incident.plan.staging_root,
                "Run salvor persist first");
  }
  SALVOR_OK(CheckCopyUnchanged(step, incident, staging));
  return Act(applier, clock, incident, reader, std::move(before));
}

}  // namespace

Result<ApplyReport> Apply(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                          warehouse::TableReader& reader, warehouse::StagingStore& staging,
                          warehouse::TableWriter& writer) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "apply", by));
  SALVOR_OK(CheckNotSpent(step, incident));
  SALVOR_TRY(const custody::Finding review,
             CheckReview(fs, clock, incident, step, model::Verb::kApply, by, staging));
  nlohmann::json intent{{"operation", model::OperationKey(incident.digest, "apply")}};
  AddReview(review, by, intent);
  SALVOR_OK(step.Intend(std::move(intent)));
  auto report = ApplyOnce(clock, incident, step, reader, staging, writer);
  if (!report) return Fail(step.Failed(std::move(report).error()));
  SALVOR_OK(step.Finish(OutcomeData(*report)));
  report->closed = step.LastDone("clean") != nullptr;
  return report;
}

}  // namespace salvor::recovery
