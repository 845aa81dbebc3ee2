// From a draft and the engine's answers to the plan.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "triage/decide.h"
#include "triage/describe.h"
#include "triage/later_removals.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::EngineWords;
using model::Inventory;
using model::Mode;
using model::PlannedPartition;

// Why apply would not carry it out, by the rows on both sides; "" if it would.
std::string WhyNotByRows(const model::Relation& relation, Mode mode) {
  const int64_t only_now = relation.present_rows - relation.common_rows;
  const char* const instead =
      "; --replace saves the rows of now and puts the old ones in their place";
  switch (mode) {
    case Mode::kAdd:
    case Mode::kInstead:
      break;
    case Mode::kReplace:
      if (relation.Contains()) break;
      return fmt::format("{} of the {} that it has now are not in the old content{}",
                         FormatCount(only_now), Plural(relation.present_rows, "row"), instead);
    case Mode::kInvert:
      if (relation.Contains()) break;
      return fmt::format(
          "{} of the {} that the event put there are not in what it took, and would be lost{}",
          FormatCount(only_now), Plural(relation.present_rows, "row"), instead);
    case Mode::kBeside:
      if (relation.Disjoint()) break;
      return fmt::format("{} of the old content are there now, and would be there twice{}",
                         Plural(relation.common_rows, "row"), instead);
  }
  return "";
}

void SettleRows(const model::Relation& relation, PlannedPartition& planned) {
  if (relation.Identical()) {
    planned.disposition = Disposition::kLeave;
    planned.reason += "; it has these very rows now";
    return;
  }
  if (const std::string why = WhyNotByRows(relation, planned.mode); !why.empty()) {
    planned.disposition = Disposition::kReview;
    planned.reason += "; " + why;
  }
  if (planned.mode == Mode::kInstead) planned.common = relation.common_rows;
}

// What the engine found decides last.
void Settle(const model::Examined& examined, const std::string& gone, const EngineWords& words,
            PlannedPartition& planned) {
  const bool unread = !examined.refusal.empty() && !examined.deadline &&
                      examined.restore.files == 0 && examined.now.files == 0;
  if (!unread) {
    planned.now = examined.now;
    planned.deadline = examined.deadline;
  }
  if (!examined.refusal.empty()) {
    planned.disposition = Disposition::kReview;
    planned.reason += "; cannot be put back as the table is today: " + examined.refusal;
    planned.contents.clear();
    planned.older_contents = 0;
  } else if (examined.files_gone > 0) {
    planned.disposition = Disposition::kLost;
    planned.reason += fmt::format("; {} of {} {}", examined.files_gone,
                                  examined.files_gone + examined.files_present, gone) +
                      Examples(examined.gone_examples);
  } else if (examined.restore.files == 0) {
    planned.disposition = Disposition::kLeave;
    planned.reason +=
        "; " + words.Version(examined.snapshot.version) + " has nothing that is not there now";
  } else {
    planned.mode = examined.wanted.mode;
    planned.snapshot = examined.snapshot;
    planned.restore = examined.restore;
    planned.content = examined.content;
    planned.present = examined.present;
    if (examined.relation) SettleRows(*examined.relation, planned);
  }
}

void WarnOfWhatGoes(model::Plan& plan) {
  int64_t partitions = 0;
  int64_t rows = 0;
  int64_t uncounted = 0;
  for (const PlannedPartition* one : ToRestore(plan)) {
    if (one->mode != Mode::kInstead) continue;
    ++partitions;
    rows += model::RowsTakenOut(*one);
    uncounted += one->now.uncounted;
  }
  if (partitions == 0) return;
  plan.warnings.push_back(fmt::format(
      "{}{} of today's leave {} and are in nothing that comes back: they are saved in the private "
      "copy first, from where undo brings them back until clean drops it",
      uncounted > 0 ? "at least " : "", Plural(rows, "row"), Plural(partitions, "partition")));
}

}  // namespace

void TakeAnswers(const std::vector<model::Examined>& answers, const std::string& gone,
                 Draft& draft) {
  size_t next = 0;
  const auto take = [&](std::vector<Offer>& offers) {
    for (Offer& offer : offers) offer.refusal = RefusalOf(answers.at(next++), gone);
  };
  for (Offers& one : draft.offers) {
    take(one.ways);
    take(one.contents);
  }
}

model::Plan Compose(const Inventory& inventory, Draft draft, const model::Examination& examination,
                    std::string staging_root, model::ReviewPolicy review,
                    const EngineWords& words) {
  model::Plan plan;
  plan.table = inventory.table;
  plan.state = examination.state;
  plan.pins = examination.pins;
  plan.columns = inventory.columns;
  plan.intact = draft.intact;
  plan.staging_root = std::move(staging_root);
  plan.review = std::move(review);
  plan.warnings = std::move(draft.warnings);
  plan.warnings.insert(plan.warnings.end(), examination.warnings.begin(),
                       examination.warnings.end());
  size_t next = 0;
  for (size_t i = 0; i < draft.partitions.size(); ++i) {
    PlannedPartition planned = std::move(draft.partitions[i]);
    if (draft.wanted[i]) Settle(examination.partitions.at(next++), inventory.gone, words, planned);
    for (const std::string& text :
         {WaysText(draft.offers[i].ways), SettleContents(draft.offers[i], words, planned)}) {
      if (!text.empty()) planned.reason += "; " + text;
    }
    plan.partitions.push_back(std::move(planned));
  }
  if (ToRestore(plan).empty()) plan.warnings.clear();  // they are of what comes back
  WarnOfWhatGoes(plan);
  auto later = LaterRemovals(inventory, plan, words, examination.names_later_deletions);
  std::move(later.begin(), later.end(), std::back_inserter(plan.warnings));
  return plan;
}

}  // namespace salvor::triage
