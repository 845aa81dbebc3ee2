#include "recovery/make_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "recovery/sign.h"
#include "recovery/step.h"
#include "triage/assess.h"
#include "triage/select.h"

namespace salvor::recovery {
namespace {

Result<triage::Choice> ChoiceOf(warehouse::TableReader& reader, const PlanRequest& request) {
  triage::Choice choice;
  choice.event = request.event;
  choice.version = request.version;
  choice.latest = request.latest;
  choice.include_partial = request.include_partial;
  choice.include_changed = request.include_changed;
  if (request.as_of) {
    SALVOR_TRY(const model::SnapshotRef snapshot, reader.VersionAsOf(*request.as_of));
    choice.version = snapshot.version;
  }
  return choice;
}

// How far back the look must go, and which changes of partitions it must tell: by default every
// partition comes back from right before its last loss, and nothing was taken out of it since.
warehouse::LookRequest LookFor(const triage::Choice& choice, const PlanRequest& request) {
  warehouse::LookRequest look;
  look.since = request.since;
  look.event_changes = choice.event || choice.version || !request.partitions.empty() ||
                       !request.replace.empty() || choice.include_partial || choice.include_changed;
  look.earlier_contents = !request.replace.empty();
  if (choice.event) look.reach_version = *choice.event;
  if (choice.version) look.reach_version = *choice.version + 1;
  look.changes_from = look.reach_version.value_or(0);
  return look;
}

// What can no longer be read costs itself alone: the others are examined without it. kTooLate where
// nothing can be read.
Result<model::Examination> ExamineReadable(warehouse::TableReader& reader,
                                           const std::vector<model::Wanted>& wanted) {
  auto all = reader.Examine(wanted);
  if (all || all.error().code != Code::kTooLate) return all;
  std::vector<model::Wanted> readable;
  std::vector<std::string> problems;
  for (const model::Wanted& one : wanted) {
    const auto alone = reader.Examine({one});
    if (!alone && alone.error().code != Code::kTooLate) return Fail(alone.error());
    if (alone) readable.push_back(one);
    problems.push_back(alone ? "" : alone.error().what);
  }
  if (readable.empty()) return all;
  SALVOR_TRY(model::Examination examination, reader.Examine(readable));
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (problems[i].empty()) continue;
    model::Examined unreadable;
    unreadable.wanted = wanted[i];
    unreadable.snapshot.version = wanted[i].snapshot;
    unreadable.refusal = std::move(problems[i]);
    examination.partitions.insert(examination.partitions.begin() + static_cast<ptrdiff_t>(i),
                                  std::move(unreadable));
  }
  return examination;
}

// What is known before anybody signs must not be found only at apply.
Status CompareRows(warehouse::TableReader& reader, model::Examination& examination) {
  std::vector<model::Wanted> wanted;
  std::vector<model::Examined*> examined;
  for (model::Examined& one : examination.partitions) {
    const bool comes = one.refusal.empty() && one.files_gone == 0 && one.restore.files > 0;
    const bool meets = one.wanted.mode == model::Mode::kInvert || one.now.files > 0;
    if (one.wanted.mode == model::Mode::kAdd || !comes || !meets) continue;
    wanted.push_back(one.wanted);
    examined.push_back(&one);
  }
  if (wanted.empty()) return Done{};
  SALVOR_TRY(std::vector<model::Compared> compared, reader.Compare(wanted));
  for (size_t i = 0; i < wanted.size(); ++i) {
    examined[i]->relation = std::move(compared.at(i).relation);
    examined[i]->refusal = std::move(compared.at(i).problem);
  }
  return Done{};
}

// What a person could ask for.
Status AskOfOffers(warehouse::TableReader& reader, const std::string& gone, triage::Draft& draft) {
  const std::vector<model::Wanted> offered = draft.Offered();
  if (offered.empty()) return Done{};
  auto examination = ExamineReadable(reader, offered);
  if (!examination && examination.error().code != Code::kTooLate)
    return Fail(std::move(examination).error());
  std::vector<model::Examined> answers(offered.size());
  if (examination) {
    answers = std::move(examination->partitions);
  } else {
    for (model::Examined& answer : answers) answer.refusal = examination.error().what;
  }
  triage::TakeAnswers(answers, gone, draft);
  return Done{};
}

}  // namespace

Result<PlanProposal> ProposePlan(warehouse::TableReader& reader, const PlanRequest& request) {
  SALVOR_TRY(triage::Choice choice, ChoiceOf(reader, request));
  PlanProposal proposal;
  model::Inventory& inventory = proposal.inventory;
  SALVOR_TRY(inventory, reader.Look(LookFor(choice, request)));
  proposal.assessment = triage::Assess(inventory);
  if (!request.partitions.empty()) {
    SALVOR_TRY(auto keys, triage::SelectPartitions(inventory, request.partitions));
    choice.only.emplace(keys.begin(), keys.end());
  }
  if (!request.replace.empty()) {
    SALVOR_TRY(auto keys, triage::SelectPartitions(inventory, request.replace));
    choice.replace.insert(keys.begin(), keys.end());
    if (!choice.only) choice.only.emplace();
    choice.only->insert(keys.begin(), keys.end());
  }
  SALVOR_TRY(proposal.draft,
             triage::Decide(inventory, proposal.assessment, choice, reader.Words()));
  SALVOR_TRY(proposal.examination, ExamineReadable(reader, proposal.draft.Asked()));
  SALVOR_OK(CompareRows(reader, proposal.examination));
  SALVOR_OK(AskOfOffers(reader, inventory.gone, proposal.draft));
  proposal.by_default = !choice.only && !choice.event && !choice.version;
  return proposal;
}

bool PlanProposal::TakesRowsOut() const {
  return std::any_of(draft.wanted.begin(), draft.wanted.end(),
                     [](const auto& one) { return one && one->mode == model::Mode::kInstead; });
}

MadePlan MakePlan(PlanProposal proposal, PlanTerms terms, const model::EngineWords& words) {
  if (terms.review.approvals == 0) {
    terms.review.signers.clear();
    terms.review.people.clear();
    terms.author.reset();
  }
  MadePlan made;
  made.offers = proposal.draft.PlanOffers();
  made.plan = triage::Compose(proposal.inventory, std::move(proposal.draft), proposal.examination,
                              std::move(terms.staging_root), std::move(terms.review), words);
  made.plan.author = std::move(terms.author);
  made.notes = std::move(proposal.examination.notes);
  const int64_t old = proposal.assessment.old.partitions;
  if (proposal.by_default && old > 0) {
    made.notes.push_back(fmt::format(
        "{} lost rows before {}, and what is gone or was lost in part so long ago is in "
        "no plan unless --partitions or --include asks for it",
        Plural(old, "partition"), FormatInstant(*proposal.inventory.window.recent_from)));
  }
  return made;
}

Status NoteAuthor(io::Fs& fs, const io::Clock& clock, const Case& incident, const Actor& by,
                  const std::optional<custody::VerifiedStatement>& signature) {
  SALVOR_TRY(Step step, Step::Begin(fs, clock, incident, "plan", by));
  if (step.Past().empty()) {
    SALVOR_OK(step.Note(
        {{"who", by.identity.name}, {"identity", ToJson(by)}, {"table", incident.plan.table.uri}}));
  }
  if (!signature) return Done{};
  SALVOR_TRY([[maybe_unused]] const std::string path,
             KeepStatement(fs, incident, step, *signature));
  return Done{};
}

}  // namespace salvor::recovery
