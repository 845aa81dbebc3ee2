#include "triage/assess.h"

#include <algorithm>
#include <map>
#include <utility>

namespace salvor::triage {
namespace {

using model::Event;
using model::Finding;
using model::Health;
using model::Inventory;
using model::PartitionRecord;

constexpr int64_t kExpiryEvents = 3;

using EventsByVersion = std::map<int64_t, const Event*>;

std::optional<Event> FindEvent(const EventsByVersion& events, int64_t version) {
  const auto found = events.find(version);
  if (found == events.end()) return std::nullopt;
  Event event = *found->second;
  event.changes.clear();
  return event;
}

// Anything, at some time in the window.
bool EverHeld(const PartitionRecord& record) {
  return record.now.files > 0 || record.best.files > 0 || record.best.rows > 0 ||
         record.emptyings > 0;
}

bool HasNoRows(const model::Tally& tally) { return tally.rows == 0 && tally.uncounted == 0; }

Health HealthOf(const PartitionRecord& record) {
  // Of a file that nobody can read, nobody can say that it has no rows.
  if (record.broken.pieces > 0) return Health::kBroken;
  if (record.emptied) return Health::kMissing;
  const bool is_gone = record.replaced && HasNoRows(record.now) && record.replaced->tally.rows > 0;
  if (is_gone) return Health::kMissing;
  if (!record.replaced) return Health::kIntact;
  return record.now.rows < record.replaced->tally.rows ? Health::kPartial : Health::kChanged;
}

// Which of two snapshots is meant is no question while one of them is old news.
bool IsRecent(const Inventory& inventory, const EventsByVersion& events, int64_t event) {
  const auto& from = inventory.window.recent_from;
  const auto found = events.find(event);
  return !from || found == events.end() || found->second->at >= *from;
}

void TakeContents(const Inventory& inventory, const PartitionRecord& record,
                  const EventsByVersion& events, Finding& finding) {
  const auto first = std::find_if(record.contents.begin(), record.contents.end(),
                                  [&](const model::PastContent& content) {
                                    return IsRecent(inventory, events, content.last_version + 1);
                                  });
  finding.contents.assign(first, record.contents.end());
  if (first == record.contents.begin()) finding.older_contents = record.older_contents;
}

bool IsOld(const Inventory& inventory, const Finding& finding) {
  const auto& from = inventory.window.recent_from;
  if (!from || !finding.lost_by || finding.lost_by->at >= *from) return false;
  if (finding.health == Health::kMissing) return finding.files_gone > 0;
  return finding.health == Health::kPartial || finding.health == Health::kChanged;
}

Finding FindingOf(const Inventory& inventory, const PartitionRecord& record,
                  const EventsByVersion& events, bool expiry_seen) {
  Finding finding;
  finding.key = record.key;
  finding.health = HealthOf(record);
  finding.now = record.now;
  finding.best = record.best;
  finding.best_version = record.best_version;
  if (record.emptied) TakeContents(inventory, record, events, finding);
  finding.broken = record.broken;
  finding.doubts = record.doubts;
  const auto& before = record.emptied ? record.emptied : record.replaced;
  if (finding.health == Health::kIntact || !before) {
    finding.before = record.now;
    return finding;
  }
  finding.before = before->tally;
  finding.last_good_version = before->event - 1;
  finding.unchanged_since = before->since;
  finding.lost_by = FindEvent(events, before->event);
  finding.files_present = record.files_present;
  finding.files_gone = record.files_gone;
  finding.gone_examples = record.gone_examples;
  finding.deadline = record.deadline;
  finding.deadline_reason = record.deadline_reason;
  finding.recoverable =
      finding.health != Health::kBroken && record.files_gone == 0 && record.files_present > 0;
  finding.looks_like_expiry =
      finding.health == Health::kMissing && finding.lost_by &&
      (finding.lost_by->by_expiry || (expiry_seen && finding.lost_by->takes_oldest));
  if (finding.looks_like_expiry && finding.lost_by->by_expiry) finding.health = Health::kExpired;
  return finding;
}

void CountOld(const Finding& finding, model::OldLosses& old) {
  ++old.partitions;
  if (finding.health == Health::kMissing) ++old.gone;
  old.rows += std::max<int64_t>(0, finding.before.rows - finding.now.rows);
}

void Count(const Finding& finding, model::Assessment& assessment) {
  if (!finding.doubts.empty()) ++assessment.doubtful;
  if (finding.old) return CountOld(finding, assessment.old);
  switch (finding.health) {
    case Health::kIntact:
      ++assessment.intact;
      break;
    case Health::kMissing:
      ++assessment.missing;
      if (!finding.refusal.empty() && finding.files_gone == 0) ++assessment.missing_refused;
      if (finding.recoverable) ++assessment.missing_recoverable;
      break;
    case Health::kPartial:
      ++assessment.partial;
      break;
    case Health::kChanged:
      ++assessment.changed;
      break;
    case Health::kBroken:
      ++assessment.broken;
      break;
    case Health::kUnexpected:
      ++assessment.unexpected;
      break;
    case Health::kExpired:
      ++assessment.expired;
      break;
  }
}

}  // namespace

void Recount(const Inventory& inventory, model::Assessment& assessment) {
  model::Assessment counted;
  counted.compared =
      inventory.window.first_version < inventory.version &&
      std::any_of(inventory.partitions.begin(), inventory.partitions.end(), EverHeld);
  counted.findings = std::move(assessment.findings);
  for (Finding& finding : counted.findings) {
    finding.old = IsOld(inventory, finding);
    Count(finding, counted);
  }
  assessment = std::move(counted);
}

model::Assessment Assess(const Inventory& inventory) {
  EventsByVersion events;
  for (const Event& event : inventory.events) events[event.version] = &event;
  const bool expiry_seen =
      std::count_if(inventory.events.begin(), inventory.events.end(), [](const Event& event) {
        return event.takes_oldest && event.emptied > 0;
      }) >= kExpiryEvents;

  model::Assessment assessment;
  assessment.findings.reserve(inventory.partitions.size());
  for (const PartitionRecord& record : inventory.partitions)
    assessment.findings.push_back(FindingOf(inventory, record, events, expiry_seen));
  Recount(inventory, assessment);
  return assessment;
}

}  // namespace salvor::triage
