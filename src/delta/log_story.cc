#include "delta/log_story.h"

#include <algorithm>

namespace salvor::delta {
namespace {

// A partition that is compacted more often than this, and then restored to before, reads as
// changed.
constexpr size_t kMostSignatures = 8;

bool Holds(const std::vector<uint64_t>& signatures, uint64_t signature) {
  return std::find(signatures.begin(), signatures.end(), signature) != signatures.end();
}

// Rows that nobody could count do not tell two contents apart.
bool SameRows(const model::Tally& a, const model::Tally& b) {
  return a.rows == b.rows || a.uncounted > 0 || b.uncounted > 0;
}

}  // namespace

bool PartitionStory::IsBest(const Content& content) const {
  return SameRows(content.tally, best_) && Holds(best_signatures_, content.signature);
}

// Be it under other names.
bool PartitionStory::IsWholeAgain() const {
  return left_ && SameRows(now_.tally, left_->tally) && Holds(left_signatures_, now_.signature);
}

void PartitionStory::TakeAsBest(int64_t version, bool same_rows) {
  best_ = now_.tally;
  best_version_ = version;
  if (!same_rows) best_signatures_.clear();
  if (Holds(best_signatures_, now_.signature)) return;
  if (best_signatures_.size() == kMostSignatures) best_signatures_.erase(best_signatures_.begin());
  best_signatures_.push_back(now_.signature);
}

void PartitionStory::Begin(int64_t version, const Content& content) {
  *this = PartitionStory();
  now_ = content;
  lived_ = content.tally.files > 0;
  TakeAsBest(version, false);
}

void PartitionStory::Lose(int64_t version, const Content& before) {
  if (before.HasRows() && !now_.HasRows()) {
    ++emptyings_;
    if (last_emptying_ &&
        (!largest_earlier_ || last_emptying_->tally.rows >= largest_earlier_->tally.rows))
      largest_earlier_ = last_emptying_;
    last_emptying_ = model::Before{version, before.tally};
  }
  if (!before.HasRows()) return;
  if (IsBest(before)) {
    left_ = model::Before{version, before.tally};
    left_signatures_ = best_signatures_;
  } else if (!left_) {
    left_ = model::Before{version, before.tally};
    left_signatures_ = {before.signature};
  }
}

void PartitionStory::Advance(const StoryStep& step) {
  const Content before = now_;
  now_ = step.after;
  lived_ = lived_ || now_.tally.files > 0;
  const bool was_best = IsBest(before);
  if (was_best) {
    best_ = before.tally;
    best_version_ = step.version - 1;
  }
  const bool is_upkeep = step.removed && step.upkeep && before.HasRows() == now_.HasRows() &&
                         SameRows(before.tally, now_.tally);
  if (is_upkeep) {
    if (was_best) TakeAsBest(step.version, true);
    return;
  }
  if (step.removed) Lose(step.version, before);
  if (now_.HasRows()) {
    lost.clear();
    lost.shrink_to_fit();
    if (now_.tally.rows > best_.rows || best_signatures_.empty()) {
      TakeAsBest(step.version, false);
    } else if (IsBest(now_) || (was_best && !step.removed && now_.tally.rows == best_.rows)) {
      TakeAsBest(step.version, true);
    }
  }
  if (IsWholeAgain()) left_.reset();
}

void PartitionStory::End(int64_t latest) {
  if (IsBest(now_)) {
    best_ = now_.tally;
    best_version_ = latest;
  }
}

model::PartitionRecord PartitionStory::Record() const {
  model::PartitionRecord record;
  record.now = now_.tally;
  record.best = best_;
  record.best_version = best_version_;
  record.emptyings = emptyings_;
  if (IsEmptied()) {
    record.emptied = last_emptying_;
    if (largest_earlier_ && largest_earlier_->tally.rows > last_emptying_->tally.rows)
      record.emptied_earlier = largest_earlier_;
  } else if (left_) {
    record.replaced = left_;
  }
  record.content_differs = left_.has_value() || !IsBest(now_);
  return record;
}

}  // namespace salvor::delta
