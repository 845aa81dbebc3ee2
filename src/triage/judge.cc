#include "triage/judge.h"

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

bool HasNoRows(const model::Tally& tally) { return tally.rows == 0 && tally.uncounted == 0; }

Health HealthOf(const PartitionRecord& record) {
  if (record.emptied) return Health::kMissing;
  if (!record.replaced) return Health::kIntact;
  if (HasNoRows(record.now) && record.replaced->tally.rows > 0) return Health::kMissing;
  return record.now.rows < record.replaced->tally.rows ? Health::kPartial : Health::kChanged;
}

Finding FindingOf(const PartitionRecord& record, const EventsByVersion& events, bool expiry_seen) {
  Finding finding;
  finding.key = record.key;
  finding.health = HealthOf(record);
  finding.now = record.now;
  finding.best = record.best;
  finding.best_version = record.best_version;
  finding.emptied_earlier = record.emptied_earlier;
  finding.doubts = record.doubts;
  const auto& before = record.emptied ? record.emptied : record.replaced;
  if (finding.health == Health::kIntact || !before) {
    finding.before = record.now;
    return finding;
  }
  finding.before = before->tally;
  finding.last_good_version = before->event - 1;
  finding.lost_by = FindEvent(events, before->event);
  finding.files_present = record.files_present;
  finding.files_gone = record.files_gone;
  finding.deadline = record.deadline;
  finding.deadline_reason = record.deadline_reason;
  finding.recoverable = record.files_gone == 0 && record.files_present > 0;
  finding.looks_like_expiry =
      finding.health == Health::kMissing && finding.lost_by &&
      (finding.lost_by->by_expiry || (expiry_seen && finding.lost_by->takes_oldest));
  if (finding.looks_like_expiry && finding.lost_by->by_expiry) finding.health = Health::kExpired;
  return finding;
}

void Count(const Finding& finding, model::Assessment& assessment) {
  if (!finding.doubts.empty()) ++assessment.doubtful;
  switch (finding.health) {
    case Health::kIntact:
      ++assessment.intact;
      break;
    case Health::kMissing:
      ++assessment.missing;
      if (finding.recoverable) ++assessment.missing_recoverable;
      break;
    case Health::kPartial:
      ++assessment.partial;
      break;
    case Health::kChanged:
      ++assessment.changed;
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

model::Assessment Judge(const Inventory& inventory) {
  EventsByVersion events;
  for (const Event& event : inventory.events) events[event.version] = &event;
  const bool expiry_seen =
      std::count_if(inventory.events.begin(), inventory.events.end(), [](const Event& event) {
        return event.takes_oldest && event.emptied > 0;
      }) >= kExpiryEvents;

  model::Assessment assessment;
  assessment.findings.reserve(inventory.partitions.size());
  for (const PartitionRecord& record : inventory.partitions) {
    assessment.findings.push_back(FindingOf(record, events, expiry_seen));
    Count(assessment.findings.back(), assessment);
  }
  return assessment;
}

}  // namespace salvor::triage
