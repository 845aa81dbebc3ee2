#include "triage/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.h"
#include "triage/describe.h"
#include "triage/verdict.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::EngineWords;
using model::Event;
using model::EventKind;
using model::Finding;
using model::Health;
using model::Inventory;
using model::PartitionChange;
using model::PartitionKey;
using model::PlannedPartition;
using model::Wanted;

bool Contains(const std::optional<std::set<PartitionKey>>& keys, const PartitionKey& key) {
  return keys && keys->contains(key);
}

const Event* FindEvent(const Inventory& inventory, int64_t version) {
  const auto found = std::find_if(inventory.events.begin(), inventory.events.end(),
                                  [&](const Event& event) { return event.version == version; });
  return found == inventory.events.end() ? nullptr : &*found;
}

// What the chosen event took, by partition.
using Changes = std::map<PartitionKey, const PartitionChange*>;

Changes ChangesOf(const Event& event) {
  Changes changes;
  for (const PartitionChange& change : event.changes) changes[change.key] = &change;
  return changes;
}

// What holds it: nothing comes back, and nothing is offered.
void Hold(std::string why, Verdict& verdict) {
  if (verdict.disposition == Disposition::kRestore) verdict.disposition = Disposition::kReview;
  verdict.wanted.reset();
  verdict.offers = {};
  verdict.reason += "; " + std::move(why);
}

// Whoever names a partition, an event or a version has looked, and may go on where that is enough.
void HoldWhereInDoubt(const Finding& finding, const Choice& choice, Verdict& verdict) {
  const bool restores = verdict.disposition == Disposition::kRestore;
  if (!restores && verdict.offers.None()) return;
  const bool chosen = choice.event || choice.version || Contains(choice.only, finding.key);
  std::string open;
  for (const model::Doubt& doubt : finding.doubts) {
    if (!doubt.may_choose) {
      Hold(doubt.text, verdict);
    } else if (!chosen) {
      open += "; " + doubt.text;
    }
  }
  if (open.empty() || (!verdict.wanted && verdict.offers.None())) return;
  verdict.reason += open;
  AskByName(verdict.offers);
  if (!restores) return;
  verdict.disposition = Disposition::kReview;
  OfferContents(finding, choice, verdict);
  verdict.offers.ways = {
      {*std::exchange(verdict.wanted, {}), {"--partitions"}, " takes it all the same"}};
}

// What cannot be read can be neither compared nor replaced.
void HoldWhereBroken(const Finding& finding, Verdict& verdict) {
  if (finding.broken.pieces == 0) return;
  if (verdict.disposition != Disposition::kRestore && verdict.offers.None()) return;
  Hold(DescribeDamage(finding.broken), verdict);
}

PlannedPartition Planned(const Finding& finding, const Verdict& verdict,
                         const std::optional<Event>& event) {
  PlannedPartition planned;
  planned.key = finding.key;
  planned.health = finding.health;
  planned.disposition = verdict.disposition;
  planned.reason = verdict.reason;
  planned.now = finding.now;
  planned.deadline = finding.deadline;
  // Of what is held nothing can be chosen.
  if (verdict.disposition != Disposition::kReview || !verdict.offers.contents.empty()) {
    planned.contents = finding.contents;
    planned.older_contents = finding.older_contents;
  }
  if (event) {
    planned.event = event->version;
    planned.event_operation = event->operation;
    planned.event_who = event->who;
    planned.event_at = event->at;
  }
  return planned;
}

void WarnOfRewrite(const Event& event, const EngineWords& words,
                   std::vector<std::string>& warnings) {
  if (event.kind == EventKind::kRemoval) return;
  warnings.push_back(Describe(event, words) +
                     " rewrote rows: what is put back may be in the table a second time");
}

}  // namespace

std::vector<Wanted> Draft::Asked() const {
  std::vector<Wanted> asked;
  for (const auto& entry : wanted) {
    if (entry) asked.push_back(*entry);
  }
  return asked;
}

std::vector<Wanted> Draft::Offered() const {
  std::vector<Wanted> offered;
  for (const Offers& one : offers) {
    for (const Offer& way : one.ways) offered.push_back(way.wanted);
    for (const Offer& content : one.contents) offered.push_back(content.wanted);
  }
  return offered;
}

std::vector<model::PlanOffer> Draft::PlanOffers() const {
  std::vector<Offers> open;
  std::vector<PartitionKey> keys;
  for (size_t i = 0; i < partitions.size(); ++i) {
    if (partitions[i].health == Health::kExpired) continue;
    open.push_back(offers[i]);
    keys.push_back(partitions[i].key);
  }
  return PlanOffersOf(open, keys);
}

Result<Draft> Decide(const Inventory& inventory, const model::Assessment& assessment,
                     const Choice& choice, const EngineWords& words) {
  const Event* event = nullptr;
  Changes changes;
  Draft draft;
  if (choice.event) {
    event = FindEvent(inventory, *choice.event);
    if (event != nullptr && event->repartitions) {
      return Fail(Code::kRefused,
                  words.EventOf(*choice.event) +
                      " changed the partition columns: files of before it are of other partitions, "
                      "and cannot go back as they are",
                  inventory.table.uri,
                  "Read " + words.Version(*choice.event - 1) +
                      " by time travel, and write its rows into the table as it is now");
    }
    if (event == nullptr || event->changes.empty()) {
      return Fail(Code::kInvalidArgument,
                  words.EventOf(*choice.event) + " removed no rows that could be brought back",
                  inventory.table.uri, "salvor history lists the events");
    }
    changes = ChangesOf(*event);
    WarnOfRewrite(*event, words, draft.warnings);
  }
  for (size_t i = 0; i < assessment.findings.size(); ++i) {
    const bool to_make_room = IsToMakeRoom(assessment.findings[i], choice);
    std::optional<Finding> own;
    if (to_make_room) {
      own = assessment.findings[i];
      own->contents = EarlierContents(inventory.partitions.at(i), *own);
      own->older_contents = inventory.partitions.at(i).older_contents;
    }
    const Finding& finding = own ? *own : assessment.findings[i];
    const auto change = changes.find(finding.key);
    const bool taken = change != changes.end();
    const bool named = Contains(choice.only, finding.key);
    if (finding.health == Health::kIntact && !taken && !to_make_room &&
        !(choice.version && named)) {
      ++draft.intact;
      continue;
    }
    if (finding.old && !named && !taken && !choice.version && !choice.include_partial &&
        !choice.include_changed)
      continue;
    Verdict verdict;
    if (choice.only && !named) {
      verdict.reason = "not among the partitions asked for";
    } else if (event != nullptr && !taken) {
      verdict.reason = words.EventOf(event->version) + " took nothing from it";
    } else if (to_make_room) {
      verdict = DecideInstead(finding, choice, event, words);
    } else if (event != nullptr) {
      verdict = DecideForEvent(finding, *change->second, *event, choice, words);
    } else {
      verdict = DecideByHealth(finding, choice, inventory.gone, words);
    }
    OfferContents(finding, choice, verdict);
    HoldWhereInDoubt(finding, choice, verdict);
    HoldWhereBroken(finding, verdict);
    draft.partitions.push_back(
        Planned(finding, verdict, taken ? std::optional<Event>(*event) : finding.lost_by));
    draft.wanted.push_back(std::move(verdict.wanted));
    draft.offers.push_back(std::move(verdict.offers));
  }
  return draft;
}

}  // namespace salvor::triage
