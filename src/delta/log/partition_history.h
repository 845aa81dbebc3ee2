// What happened to one partition in the window: pure bookkeeping, a few hundred bytes whatever the
// number of commits. The terms are those of model::PartitionRecord.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "delta/protocol/file_key.h"
#include "model/inventory.h"

namespace salvor::delta {

// How much there is, and what: sums over the files. Equal signatures say that the files have the
// same sizes, equal identities that they are the same files.
struct PartitionContents {
  model::Tally tally;
  uint64_t signature = 0;
  uint64_t identity = 0;

  [[nodiscard]] bool HasRows() const { return tally.rows > 0 || tally.uncounted > 0; }
};

// A file that the last emptying removed: where its `remove` action stands (or, if there is none,
// its number among those that Replay::Dropped names), and what it was.
inline constexpr uint32_t kDroppedSource = UINT32_MAX;
struct RemovedFile {
  uint32_t source = 0;
  int64_t place = 0;
  FileKey key;
  int64_t size = 0;  // as the log says; 0 where it says none
};

// One commit's part in a partition.
struct PartitionChange {
  int64_t version = 0;
  PartitionContents after;
  bool removed = false;  // files of it were removed
  bool upkeep = false;   // and the writer says that no rows changed
  // All its files were removed, by a writer that puts other rows in the place of the old ones.
  bool replaced_all = false;
  bool puts_back = false;  // the writer puts back what once was there
};

class PartitionHistory {
 public:
  // The state from which changes are watched.
  void Begin(int64_t version, const PartitionContents& content);
  // Must be called for every commit that touched the partition, in order. True if it began a
  // content.
  bool Advance(const PartitionChange& change);
  // The end of the window: what is at its best now has been so up to `latest`.
  void End(int64_t latest);

  [[nodiscard]] const PartitionContents& Now() const { return now_; }
  // Files or rows were there at some time in the window.
  [[nodiscard]] bool Lived() const { return lived_; }
  [[nodiscard]] bool IsEmptied() const { return last_emptying_ && !now_.HasRows(); }
  // Everything but the key, what is left of the removed files, and what the writers of `contents`
  // said.
  [[nodiscard]] model::PartitionRecord Record() const;
  // Of a partition that is not empty: `contents`, what was replaced as a whole before what is
  // there.
  void TellEarlier(model::PartitionRecord& record) const;

  // Of the last emptying, while nothing has come back.
  std::vector<RemovedFile> lost;
  int64_t earliest_deletion = 0;

 private:
  // A content that was replaced as a whole.
  struct Past {
    std::optional<int64_t> from;
    int64_t last_version = 0;
    PartitionContents content;
    uint64_t writing = 0;
  };
  // Only where there is one: most partitions were never replaced.
  struct Pasts {
    std::vector<Past> newest;  // by version
    int64_t older = 0;
  };

  bool Take(const PartitionChange& change, const PartitionContents& before);
  bool TakeContent(const PartitionChange& change, const PartitionContents& before);
  void KeepPast(Past past);
  [[nodiscard]] bool IsBack(const PartitionChange& change) const;
  bool TakeUpPast();
  void CountTo(uint64_t writing);
  [[nodiscard]] bool IsBest(const PartitionContents& content) const;
  [[nodiscard]] bool IsWholeAgain() const;
  void Lose(int64_t version, const PartitionContents& before);
  void TakeAsBest(int64_t version, bool same_rows);

  PartitionContents now_;
  model::Tally best_;
  int64_t best_version_ = 0;
  // Signatures that stand for the rows of `best`: its own, and those of its compactions.
  std::vector<uint64_t> best_signatures_;
  std::optional<model::Before> last_emptying_;
  int64_t emptyings_ = 0;
  // The event after which the rows were no longer what they had been, and what they had been.
  std::optional<model::Before> left_;
  std::vector<uint64_t> left_signatures_;
  std::optional<int64_t> content_from_;  // the version that began what is, or was last, there
  uint64_t emptied_signature_ = 0;       // of what the last emptying took
  uint64_t emptied_identity_ = 0;
  // Part of every signature kept here: what other writers put in the place of all rows is something
  // else, of whatever sizes.
  uint64_t writing_ = 0;
  std::unique_ptr<Pasts> pasts_;
  int64_t touched_ = 0;  // the last version that touched it
  bool lived_ = false;
};

}  // namespace salvor::delta
