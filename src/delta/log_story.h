// What happened to one partition in the window: pure bookkeeping, a few hundred bytes whatever the
// number of commits. The words are those of model::PartitionRecord.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"

namespace salvor::delta {

// How much there is, and what: the signature is the sum of the files' signatures.
struct Content {
  model::Tally tally;
  uint64_t signature = 0;

  [[nodiscard]] bool HasRows() const { return tally.rows > 0 || tally.uncounted > 0; }
};

// A file that the last emptying removed: where its `remove` action stands.
struct LostFile {
  uint32_t source = 0;
  int64_t place = 0;
};

// One commit's part in a partition.
struct StoryStep {
  int64_t version = 0;
  Content after;
  bool removed = false;  // files of it were removed
  bool upkeep = false;   // and the writer says that no rows changed
};

class PartitionStory {
 public:
  // The state from which changes are watched.
  void Begin(int64_t version, const Content& content);
  // Must be called for every commit that touched the partition, in order.
  void Advance(const StoryStep& step);
  // The end of the window: what is at its best now has been so up to `latest`.
  void End(int64_t latest);

  [[nodiscard]] const Content& Now() const { return now_; }
  // Files or rows were there at some time in the window.
  [[nodiscard]] bool Lived() const { return lived_; }
  [[nodiscard]] bool IsEmptied() const { return last_emptying_ && !now_.HasRows(); }
  // Everything but the key and the evidence.
  [[nodiscard]] model::PartitionRecord Record() const;

  // Of the last emptying, while nothing has come back.
  std::vector<LostFile> lost;
  int64_t earliest_deletion = 0;

 private:
  [[nodiscard]] bool IsBest(const Content& content) const;
  [[nodiscard]] bool IsWholeAgain() const;
  void Lose(int64_t version, const Content& before);
  void TakeAsBest(int64_t version, bool same_rows);

  Content now_;
  model::Tally best_;
  int64_t best_version_ = 0;
  // Signatures that stand for the rows of `best`: its own, and those of its compactions.
  std::vector<uint64_t> best_signatures_;
  std::optional<model::Before> last_emptying_;
  std::optional<model::Before> largest_earlier_;
  int64_t emptyings_ = 0;
  // The event after which the rows were no longer what they had been, and what they had been.
  std::optional<model::Before> left_;
  std::vector<uint64_t> left_signatures_;
  bool lived_ = false;
};

}  // namespace salvor::delta
