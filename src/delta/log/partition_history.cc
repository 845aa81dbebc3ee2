#include "delta/log/partition_history.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace salvor::delta {
namespace {

// A partition that is compacted more often than this, and then restored to before, reads as
// changed.
constexpr size_t kMaxSignatures = 8;
// Of a partition that is overwritten every night, the newest contents are kept.
constexpr size_t kMaxContents = 8;
// Spreads versions over all numbers.
constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

bool Holds(const std::vector<uint64_t>& signatures, uint64_t signature) {
  return std::find(signatures.begin(), signatures.end(), signature) != signatures.end();
}

// Rows that nobody could count do not tell two contents apart.
bool SameRows(const model::Tally& a, const model::Tally& b) {
  return a.rows == b.rows || a.uncounted > 0 || b.uncounted > 0;
}

model::PastContent ContentOf(std::optional<int64_t> from, int64_t last_version,
                             const model::Tally& tally) {
  model::PastContent content;
  content.last_version = last_version;
  content.tally = tally;
  content.written_by = from;
  return content;
}

}  // namespace

bool PartitionHistory::IsBest(const PartitionContents& content) const {
  return SameRows(content.tally, best_) && Holds(best_signatures_, content.signature);
}

// Under whatever names.
bool PartitionHistory::IsWholeAgain() const {
  return left_ && SameRows(now_.tally, left_->tally) && Holds(left_signatures_, now_.signature);
}

void PartitionHistory::TakeAsBest(int64_t version, bool same_rows) {
  best_ = now_.tally;
  best_version_ = version;
  if (!same_rows) best_signatures_.clear();
  if (Holds(best_signatures_, now_.signature)) return;
  if (best_signatures_.size() == kMaxSignatures) best_signatures_.erase(best_signatures_.begin());
  best_signatures_.push_back(now_.signature);
}

void PartitionHistory::Begin(int64_t version, const PartitionContents& content) {
  *this = PartitionHistory();
  now_ = content;
  touched_ = version;
  lived_ = content.tally.files > 0;
  TakeAsBest(version, false);
}

void PartitionHistory::Lose(int64_t version, const PartitionContents& before) {
  if (before.HasRows() && !now_.HasRows()) {
    ++emptyings_;
    last_emptying_ = model::Before{version, before.tally, touched_};
    emptied_signature_ = before.signature;
    emptied_identity_ = before.identity;
  }
  if (!before.HasRows()) return;
  if (IsBest(before)) {
    left_ = model::Before{version, before.tally, touched_};
    left_signatures_ = best_signatures_;
  } else if (!left_) {
    left_ = model::Before{version, before.tally, touched_};
    left_signatures_ = {before.signature};
  }
}

void PartitionHistory::KeepPast(Past past) {
  if (!pasts_) pasts_ = std::make_unique<Pasts>();
  pasts_->newest.push_back(std::move(past));
  if (pasts_->newest.size() < kMaxContents) return;
  pasts_->newest.erase(pasts_->newest.begin());
  ++pasts_->older;
}

// Wrong rows may have the same sizes: so only the writer's word counts, or the very same files.
bool PartitionHistory::IsBack(const PartitionChange& change) const {
  if (change.puts_back) return true;
  const auto same = [this](const Past& past) { return past.content.identity == now_.identity; };
  if (last_emptying_ && emptied_identity_ == now_.identity) return true;
  return pasts_ && std::any_of(pasts_->newest.begin(), pasts_->newest.end(), same);
}

void PartitionHistory::CountTo(uint64_t writing) {
  now_.signature += writing - writing_;
  writing_ = writing;
}

// What was put back is the content that it was, and what stood there since is no longer offered: a
// person chose.
bool PartitionHistory::TakeUpPast() {
  if (!pasts_) return false;
  std::vector<Past>& newest = pasts_->newest;
  auto same = std::find_if(newest.rbegin(), newest.rend(),
                           [&](const Past& one) { return one.content.identity == now_.identity; });
  if (same == newest.rend()) {
    same = std::find_if(newest.rbegin(), newest.rend(), [&](const Past& one) {
      return one.content.signature - one.writing == now_.signature - writing_ &&
             SameRows(one.content.tally, now_.tally);
    });
  }
  if (same == newest.rend()) return false;
  content_from_ = same->from;
  CountTo(same->writing);
  newest.erase(std::prev(same.base()), newest.end());
  if (newest.empty() && pasts_->older == 0) pasts_.reset();
  return true;
}

// True if the change began a content.
bool PartitionHistory::TakeContent(const PartitionChange& change, const PartitionContents& before) {
  const bool refilled = !before.HasRows() && last_emptying_;
  if (!now_.HasRows() || (before.HasRows() && !change.replaced_all)) return false;
  const bool is_back = IsBack(change);
  if (refilled) {
    KeepPast({content_from_,
              last_emptying_->event - 1,
              {last_emptying_->tally, emptied_signature_, emptied_identity_},
              writing_});
  } else if (before.HasRows() && !is_back) {
    KeepPast({content_from_, change.version - 1, before, writing_});
  }
  if (is_back && (TakeUpPast() || before.HasRows())) return false;
  if (!is_back) CountTo(static_cast<uint64_t>(change.version) * kGolden);
  content_from_ = change.version;
  return true;
}

bool PartitionHistory::Advance(const PartitionChange& change) {
  const PartitionContents before = std::exchange(now_, change.after);
  now_.signature += writing_;
  const bool began = Take(change, before);
  touched_ = change.version;
  return began;
}

bool PartitionHistory::Take(const PartitionChange& change, const PartitionContents& before) {
  lived_ = lived_ || now_.tally.files > 0;
  const bool was_best = IsBest(before);
  if (was_best) {
    best_ = before.tally;
    best_version_ = change.version - 1;
  }
  const bool is_upkeep = change.removed && change.upkeep && before.HasRows() == now_.HasRows() &&
                         SameRows(before.tally, now_.tally);
  if (is_upkeep) {
    if (was_best) TakeAsBest(change.version, true);
    return false;
  }
  const bool began = TakeContent(change, before);
  if (change.removed) Lose(change.version, before);
  if (now_.HasRows()) {
    lost.clear();
    lost.shrink_to_fit();
    if (now_.tally.rows > best_.rows || best_signatures_.empty()) {
      TakeAsBest(change.version, false);
    } else if (IsBest(now_) || (was_best && !change.removed && now_.tally.rows == best_.rows)) {
      TakeAsBest(change.version, true);
    }
  }
  if (IsWholeAgain()) left_.reset();
  return began;
}

void PartitionHistory::End(int64_t latest) {
  if (IsBest(now_)) {
    best_ = now_.tally;
    best_version_ = latest;
  }
}

void PartitionHistory::TellEarlier(model::PartitionRecord& record) const {
  if (!pasts_) return;
  for (const Past& past : pasts_->newest)
    record.contents.push_back(ContentOf(past.from, past.last_version, past.content.tally));
  record.older_contents = pasts_->older;
}

model::PartitionRecord PartitionHistory::Record() const {
  model::PartitionRecord record;
  record.now = now_.tally;
  record.best = best_;
  record.best_version = best_version_;
  record.emptyings = emptyings_;
  if (IsEmptied()) {
    record.emptied = last_emptying_;
    if (pasts_) {
      TellEarlier(record);
      record.contents.push_back(
          ContentOf(content_from_, last_emptying_->event - 1, last_emptying_->tally));
    }
  } else if (left_) {
    record.replaced = left_;
  }
  record.content_differs = left_.has_value() || !IsBest(now_);
  return record;
}

}  // namespace salvor::delta
