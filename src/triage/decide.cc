#include "triage/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "triage/describe.h"
#include "triage/later_removals.h"
#include "triage/offer.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::EngineWords;
using model::Event;
using model::EventKind;
using model::Finding;
using model::Health;
using model::Inventory;
using model::Mode;
using model::PartitionChange;
using model::PartitionKey;
using model::PlannedPartition;
using model::Wanted;

// What is to become of one partition.
struct Verdict {
  Disposition disposition = Disposition::kLeave;
  std::string reason;
  std::optional<Wanted> wanted = {};
  Offers offers = {};
};

std::string DescribeLoss(const Finding& finding, const EngineWords& words) {
  if (finding.lost_by) return Describe(*finding.lost_by, words);
  return words.EventOf(finding.last_good_version + 1);
}

bool Contains(const std::optional<std::set<PartitionKey>>& keys, const PartitionKey& key) {
  return keys && keys->contains(key);
}

std::string Named(const std::vector<std::string>& examples) {
  std::string text;
  for (const std::string& example : examples) text += (text.empty() ? " (" : "; ") + example;
  return text.empty() ? text : text + ")";
}

std::string DescribeDamage(const model::Damage& damage) {
  return fmt::format("{} of what the table has now cannot be read{}", Plural(damage.pieces, "file"),
                     Named(damage.examples));
}

Verdict Restore(const Finding& finding, Mode mode, int64_t snapshot, std::string reason,
                std::optional<int64_t> event = {}) {
  Verdict verdict{Disposition::kRestore, std::move(reason),
                  Wanted{finding.key, mode, snapshot, event}};
  if (snapshot == finding.last_good_version && mode != Mode::kInvert)
    verdict.wanted->unchanged_since = finding.unchanged_since;
  return verdict;
}

bool HasChoice(const Finding& finding) {
  return finding.contents.size() > 1 || finding.older_contents > 0;
}

// A partition that still has files, all of them without rows, is replaced, not added to.
Mode ModeOf(const Finding& finding) { return finding.now.files == 0 ? Mode::kAdd : Mode::kReplace; }

// The loss is taken back by its event; where none is known, from the version before it.
Offer OfferEvent(const Finding& finding, std::string effect) {
  const int64_t snapshot = finding.last_good_version;
  Offer offer{Wanted{finding.key, ModeOf(finding), snapshot}, {}, std::move(effect)};
  if (finding.lost_by) {
    offer.wanted.event = snapshot + 1;
    offer.flags = {fmt::format("--event {}", snapshot + 1)};
  } else {
    offer.flags = {fmt::format("--version {} together with --partitions", snapshot)};
  }
  return offer;
}

// How a partition that has rows may get those of a snapshot.
std::vector<Offer> OfferBesideRows(const Finding& finding, int64_t snapshot) {
  return {{Wanted{finding.key, Mode::kReplace, snapshot},
           {"--include partial"},
           " replaces them if the old content contains them"},
          {Wanted{finding.key, Mode::kBeside, snapshot},
           {"--beside"},
           " puts it beside them if they share none"}};
}

// One event had replaced all of its rows by others, and only a person knows which were right.
Verdict LeaveToAPerson(const Finding& finding, const std::string& loss) {
  const std::string older =
      finding.older_contents > 0
          ? fmt::format(" ({} older)", Plural(finding.older_contents, "content"))
          : "";
  return {Disposition::kReview,
          fmt::format("emptied by {}; before that all of its rows were replaced by others{}, so a "
                      "person must say which were right",
                      loss, older)};
}

// A partition without rows, when nobody named an event or a version.
Verdict DecideMissing(const Finding& finding, const Choice& choice, const std::string& gone,
                      const EngineWords& words) {
  const std::string loss = DescribeLoss(finding, words);
  const bool named = Contains(choice.only, finding.key);
  if (!named && finding.looks_like_expiry && finding.lost_by->by_expiry) {
    Verdict verdict{Disposition::kLeave, loss + ": it was due by the table's own expiration"};
    verdict.offers.ways = {OfferEvent(finding, " asks for its partitions all the same")};
    return verdict;
  }
  if (!named && finding.looks_like_expiry) {
    Verdict verdict{Disposition::kLeave,
                    loss +
                        " took the oldest partitions, as at least two other events did: this "
                        "looks like expiry"};
    verdict.offers.ways = {OfferEvent(finding, " brings its partitions back")};
    return verdict;
  }
  if (!finding.lost_by || finding.lost_by->kind != EventKind::kRemoval) {
    Verdict verdict{Disposition::kReview,
                    loss + " rewrote rows, so they may live on elsewhere in the table"};
    verdict.offers.ways = {
        OfferEvent(finding, " brings them back, if a person is sure that they do not")};
    return verdict;
  }
  if (HasChoice(finding) && (!choice.latest || finding.files_gone > 0))
    return LeaveToAPerson(finding, loss);
  if (finding.files_gone > 0) {
    return {Disposition::kLost, fmt::format("emptied by {}; {} of {} {}", loss, finding.files_gone,
                                            finding.files_gone + finding.files_present, gone) +
                                    Named(finding.gone_examples)};
  }
  std::string reason = "emptied by " + loss;
  if (HasChoice(finding)) {
    reason += "; the newest of the contents that it had, as --latest says";
  } else if (finding.best.rows > finding.before.rows) {
    reason += fmt::format(
        "; it had {} before some went earlier, which stay deleted (it still had them at {})",
        Plural(finding.best.rows, "row"), words.Version(finding.best_version));
  }
  return Restore(finding, ModeOf(finding), finding.last_good_version, std::move(reason));
}

Verdict DecidePresent(const Finding& finding, const Choice& choice, const EngineWords& words) {
  const std::string loss = DescribeLoss(finding, words);
  const int64_t snapshot = finding.last_good_version;
  const std::string counts = fmt::format("{} now, {} before {}", Plural(finding.now.rows, "row"),
                                         FormatCount(finding.before.rows), loss);
  if (finding.health == Health::kPartial) {
    if (choice.include_partial || Contains(choice.only, finding.key)) {
      return Restore(finding, Mode::kReplace, snapshot,
                     counts + "; replaced if every row it has now is in the old content");
    }
    if (!choice.include_changed) {
      Verdict verdict{Disposition::kLeave, counts + ": may be a lawful deletion"};
      verdict.offers.ways = {{Wanted{finding.key, Mode::kReplace, snapshot},
                              {"--include partial", "--partitions"},
                              " asks for it"}};
      return verdict;
    }
  }
  if (choice.include_changed) {
    return Restore(finding, Mode::kBeside, snapshot,
                   counts + "; put beside the later rows if they share none");
  }
  Verdict verdict{Disposition::kLeave, counts + ": rows were replaced"};
  verdict.offers.ways = {
      {Wanted{finding.key, Mode::kBeside, snapshot}, {"--beside"}, " asks for them"}};
  return verdict;
}

// --version and --as-of: the snapshot is given, only the way remains to be chosen.
Verdict DecideAtVersion(const Finding& finding, const Choice& choice, const EngineWords& words) {
  const std::string reason = words.Version(*choice.version) + " was asked for";
  if (finding.now.files == 0) return Restore(finding, Mode::kAdd, *choice.version, reason);
  if (choice.include_changed) return Restore(finding, Mode::kBeside, *choice.version, reason);
  const bool empty = finding.now.rows == 0 && finding.now.uncounted == 0;
  if (choice.include_partial || empty || Contains(choice.only, finding.key)) {
    return Restore(finding, Mode::kReplace, *choice.version, reason);
  }
  Verdict verdict{Disposition::kLeave,
                  fmt::format("it has {} now", Plural(finding.now.rows, "row"))};
  verdict.offers.ways = OfferBesideRows(finding, *choice.version);
  return verdict;
}

Verdict DecideForEvent(const Finding& finding, const PartitionChange& change, const Event& event,
                       const Choice& choice, const EngineWords& words) {
  const std::string reason = Describe(event, words) + " was asked for";
  const int64_t snapshot = event.version - 1;
  if (change.rows_after > 0) {
    return Restore(finding, Mode::kInvert, snapshot,
                   reason + "; what it changed itself is taken back", event.version);
  }
  if (finding.now.files == 0) return Restore(finding, Mode::kAdd, snapshot, reason, event.version);
  const bool empty = finding.now.rows == 0 && finding.now.uncounted == 0;
  if (choice.include_partial || empty) {
    return Restore(finding, Mode::kReplace, snapshot, reason, event.version);
  }
  if (choice.include_changed) {
    return Restore(finding, Mode::kBeside, snapshot, reason, event.version);
  }
  Verdict verdict{Disposition::kReview, fmt::format("{}, but the partition has {} again", reason,
                                                    Plural(finding.now.rows, "row"))};
  verdict.offers.ways = OfferBesideRows(finding, snapshot);
  return verdict;
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

Verdict DecideByHealth(const Finding& finding, const Choice& choice, const std::string& gone,
                       const EngineWords& words) {
  if (choice.version) return DecideAtVersion(finding, choice, words);
  if (finding.health == Health::kBroken)
    return {Disposition::kLost,
            DescribeDamage(finding.broken) + ": put it back from a backup, where it was"};
  if (finding.health == Health::kMissing || finding.health == Health::kExpired) {
    return DecideMissing(finding, choice, gone, words);
  }
  return DecidePresent(finding, choice, words);
}

// Each content that a person may choose, whatever else keeps the partition from coming back.
void OfferContents(const Finding& finding, Verdict& verdict) {
  if (verdict.disposition != Disposition::kReview || !HasChoice(finding)) return;
  for (const model::PastContent& content : finding.contents) {
    verdict.offers.contents.push_back(
        {Wanted{finding.key, ModeOf(finding), content.last_version}, {}, ""});
  }
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
  OfferContents(finding, verdict);
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
                      Named(examined.gone_examples);
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
  }
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
  for (const Finding& finding : assessment.findings) {
    const auto change = changes.find(finding.key);
    const bool taken = change != changes.end();
    const bool named = Contains(choice.only, finding.key);
    if (finding.health == Health::kIntact && !taken && !(choice.version && named)) {
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
    } else if (event != nullptr) {
      verdict = DecideForEvent(finding, *change->second, *event, choice, words);
    } else {
      verdict = DecideByHealth(finding, choice, inventory.gone, words);
    }
    OfferContents(finding, verdict);
    HoldWhereInDoubt(finding, choice, verdict);
    HoldWhereBroken(finding, verdict);
    draft.partitions.push_back(
        Planned(finding, verdict, taken ? std::optional<Event>(*event) : finding.lost_by));
    draft.wanted.push_back(std::move(verdict.wanted));
    draft.offers.push_back(std::move(verdict.offers));
  }
  return draft;
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
  auto later = LaterRemovals(inventory, plan, words, examination.names_later_deletions);
  std::move(later.begin(), later.end(), std::back_inserter(plan.warnings));
  return plan;
}

}  // namespace salvor::triage
