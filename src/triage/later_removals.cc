#include "triage/later_removals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "triage/describe.h"

namespace salvor::triage {
namespace {

using model::Event;
using model::EventKind;
using model::PartitionChange;
using model::PartitionKey;
using model::PlannedPartition;

// Beyond that many of one writer and operation, they are told together.
constexpr size_t kMostAlone = 10;

// What one event took out of partitions that come back from before it.
struct Taken {
  const Event* event = nullptr;
  int64_t rows = 0;
  int64_t partitions = 0;
  PartitionKey first;
};

class Teller {
 public:
  Teller(const model::Inventory& inventory, const model::Plan& plan,
         const model::EngineWords& words)
      : inventory_(inventory), words_(words) {
    for (const PlannedPartition& one : plan.partitions) {
      // Of an event that is taken back, only what it did itself comes back.
      if (one.disposition != model::Disposition::kRestore || one.mode == model::Mode::kInvert)
        continue;
      planned_.emplace(one.key, &one);
    }
  }

  std::vector<std::string> Tell(bool known_are_named) {
    for (const Event& event : inventory_.events) {
      if (event.by_salvor || event.by_expiry || event.kind == EventKind::kUpkeep) continue;
      const bool explained = IsExplained(event);
      if (explained && known_are_named) continue;
      const auto taken = TakenBy(event, explained);
      if (!taken) continue;
      if (explained) {
        known_[{event.operation, event.who}].push_back(*taken);
      } else {
        unknown_.push_back(*taken);
      }
    }
    return Lines();
  }

 private:
  [[nodiscard]] std::optional<Taken> TakenBy(const Event& event, bool explained) const {
    Taken taken{&event, 0, 0, {}};
    if (event.changes.empty() && !explained) return TakenAsAWhole(event);
    for (const PartitionChange& change : event.changes) {
      const auto found = planned_.find(change.key);
      if (found == planned_.end() || IsUndone(event, *found->second)) continue;
      if (taken.partitions++ == 0) taken.first = change.key;
      taken.rows += std::max<int64_t>(0, change.rows_before - change.rows_after);
    }
    return taken.partitions > 0 ? std::optional(taken) : std::nullopt;
  }

  // Nobody knows of which partitions.
  [[nodiscard]] std::optional<Taken> TakenAsAWhole(const Event& event) const {
    if (event.rows_removed == 0 || planned_.empty()) return std::nullopt;
    bool after_one = false;
    for (const auto& [key, planned] : planned_) {
      if (planned->snapshot.version == event.version - 1) return std::nullopt;
      after_one = after_one || planned->snapshot.version < event.version;
    }
    return after_one ? std::optional(Taken{&event, event.rows_removed, 0, {}}) : std::nullopt;
  }

  static bool IsUndone(const Event& event, const PlannedPartition& planned) {
    return event.version <= planned.snapshot.version || planned.event == event.version;
  }

  [[nodiscard]] std::string Where(const Taken& taken) const {
    if (taken.partitions > 1)
      return fmt::format("{} of these partitions", FormatCount(taken.partitions));
    return model::FormatKey(inventory_.columns, taken.first);
  }

  static std::string Advice(const Event& event) {
    return event.kind == EventKind::kRewrite
               ? "if it redacted or deleted rows that come back, run it again after apply"
               : "if that was a lawful deletion, run it again after apply";
  }

  [[nodiscard]] std::string Line(const Taken& taken) const {
    const std::string deed =
        taken.rows > 0 ? fmt::format("took {} out of {}", Plural(taken.rows, "row"), Where(taken))
                       : "replaced rows of " + Where(taken);
    return fmt::format("{} {} after the snapshot: {}", Describe(*taken.event, words_), deed,
                       Advice(*taken.event));
  }

  static std::string TogetherLine(const std::vector<Taken>& many) {
    const Event& event = *many.front().event;
    int64_t rows = 0;
    for (const Taken& taken : many) rows += taken.rows;
    return fmt::format(
        "{}{} ran {} between {} and {}, after the snapshot, and took {} out of these "
        "partitions: {}",
        event.operation, event.who.empty() ? "" : " by " + event.who,
        Plural(std::ssize(many), "time"), FormatInstant(event.at),
        FormatInstant(many.back().event->at), Plural(rows, "row"), Advice(event));
  }

  [[nodiscard]] std::vector<std::string> Lines() const {
    std::vector<std::pair<int64_t, std::string>> by_version;
    for (const auto& [writer, many] : known_) {
      if (many.size() > kMostAlone) {
        by_version.emplace_back(many.front().event->version, TogetherLine(many));
        continue;
      }
      for (const Taken& taken : many) by_version.emplace_back(taken.event->version, Line(taken));
    }
    std::sort(by_version.begin(), by_version.end());
    std::vector<std::string> lines;
    lines.reserve(by_version.size() + 1);
    for (auto& [version, line] : by_version) lines.push_back(std::move(line));
    if (unknown_.empty()) return lines;
    int64_t rows = 0;
    for (const Taken& taken : unknown_) rows += taken.rows;
    lines.push_back(fmt::format(
        "{} after the snapshot took {}, and nobody says who ({}, {}): if that was a lawful "
        "deletion, run it again after apply",
        Plural(std::ssize(unknown_), "event"), Plural(rows, "row"),
        words_.EventOf(unknown_.front().event->version),
        FormatInstant(unknown_.front().event->at)));
    return lines;
  }

  const model::Inventory& inventory_;
  const model::EngineWords& words_;
  std::map<PartitionKey, const PlannedPartition*> planned_;
  std::map<std::pair<std::string, std::string>, std::vector<Taken>> known_;
  std::vector<Taken> unknown_;
};

}  // namespace

std::vector<std::string> LaterRemovals(const model::Inventory& inventory, const model::Plan& plan,
                                       const model::EngineWords& words, bool known_are_named) {
  return Teller(inventory, plan, words).Tell(known_are_named);
}

}  // namespace salvor::triage
