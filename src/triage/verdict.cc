#include "triage/verdict.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "triage/describe.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::EngineWords;
using model::Event;
using model::EventKind;
using model::Finding;
using model::Health;
using model::Mode;
using model::PartitionChange;
using model::PartitionKey;
using model::Wanted;

bool Contains(const std::optional<std::set<PartitionKey>>& keys, const PartitionKey& key) {
  return keys && keys->contains(key);
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

// By the version, since there may have been other contents as well.
Offer OfferInstead(const Finding& finding, const Choice& choice, int64_t snapshot) {
  const bool named = choice.version || choice.event;
  return {Wanted{finding.key, Mode::kInstead, snapshot},
          {named ? std::string("--replace") : fmt::format("--version {} --replace", snapshot)},
          " saves the rows of now and puts the old ones in their place"};
}

// How a partition that has rows may get those of a snapshot.
std::vector<Offer> OfferBesideRows(const Finding& finding, const Choice& choice, int64_t snapshot) {
  return {{Wanted{finding.key, Mode::kReplace, snapshot},
           {"--include partial"},
           " replaces them if the old content contains them"},
          {Wanted{finding.key, Mode::kBeside, snapshot},
           {"--beside"},
           " puts it beside them if they share none"},
          OfferInstead(finding, choice, snapshot)};
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
                                    Examples(finding.gone_examples)};
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
                              " replaces it if the old content has all of that"},
                             OfferInstead(finding, choice, snapshot)};
      return verdict;
    }
  }
  if (choice.include_changed) {
    return Restore(finding, Mode::kBeside, snapshot,
                   counts + "; put beside the later rows if they share none");
  }
  Verdict verdict{Disposition::kLeave, counts + ": rows were replaced"};
  verdict.offers.ways = {{Wanted{finding.key, Mode::kBeside, snapshot},
                          {"--beside"},
                          " puts the old ones beside them if they share none"},
                         OfferInstead(finding, choice, snapshot)};
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
  verdict.offers.ways = OfferBesideRows(finding, choice, *choice.version);
  return verdict;
}

}  // namespace

std::string DescribeLoss(const Finding& finding, const EngineWords& words) {
  if (finding.lost_by) return Describe(*finding.lost_by, words);
  return words.EventOf(finding.last_good_version + 1);
}

Verdict Restore(const Finding& finding, Mode mode, int64_t snapshot, std::string reason,
                std::optional<int64_t> event) {
  Verdict verdict{Disposition::kRestore, std::move(reason),
                  Wanted{finding.key, mode, snapshot, event}};
  if (snapshot == finding.last_good_version && mode != Mode::kInvert)
    verdict.wanted->unchanged_since = finding.unchanged_since;
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
  verdict.offers.ways = OfferBesideRows(finding, choice, snapshot);
  return verdict;
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

bool IsToMakeRoom(const Finding& finding, const Choice& choice) {
  return choice.replace.contains(finding.key) &&
         (finding.now.rows > 0 || finding.now.uncounted > 0);
}

void OfferContents(const Finding& finding, const Choice& choice, Verdict& verdict) {
  if (verdict.disposition != Disposition::kReview || !HasChoice(finding)) return;
  const Mode mode = IsToMakeRoom(finding, choice) ? Mode::kInstead : ModeOf(finding);
  for (const model::PastContent& content : finding.contents) {
    verdict.offers.contents.push_back({Wanted{finding.key, mode, content.last_version}, {}, ""});
  }
}

}  // namespace salvor::triage
