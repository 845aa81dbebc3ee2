// The live files of a table at one version, by identity: 56 bytes and a table slot each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "delta/log/line_scanner.h"
#include "delta/protocol/file_key.h"

namespace salvor::delta {

// A file of the log that places are in.
struct LogSource {
  std::string path;
  bool parquet = false;
};

struct LiveFile {
  FileKey key;
  int64_t size = 0;
  int64_t records = kUnknownRecords;
  int64_t cardinality = 0;
  int64_t place = 0;    // as in FileAction
  uint32_t source = 0;  // the log's file that `place` is in: an index its owner keeps
  uint32_t values_id = 0;

  [[nodiscard]] int64_t Rows() const { return records < 0 ? 0 : records - cardinality; }
  // Path-free: files that were added again under other names compare equal. Without the row count,
  // which one action may tell and another of the same file not; it is compared in sum.
  [[nodiscard]] uint64_t Signature() const {
    return MixNumbers(static_cast<uint64_t>(size), static_cast<uint64_t>(cardinality), 0);
  }
  // Of the very file.
  [[nodiscard]] uint64_t Identity() const { return MixNumbers(key.low, key.high, 1); }
};

class LiveSet {
 public:
  LiveSet();

  // The file if it is live; valid until the next change.
  [[nodiscard]] const LiveFile* Find(const FileKey& key) const;
  // The file with this key, and whether it is new: of a new one only the key is set yet. Valid
  // until the next change.
  struct Placed {
    LiveFile* file;
    bool is_new;
  };
  Placed Place(const FileKey& key);
  // False if it was not live.
  bool Erase(const FileKey& key);
  [[nodiscard]] size_t Size() const { return size_; }
  void Reserve(size_t files);
  // Brings the key's slot nearer: called some keys ahead, it hides most of a look-up's wait for
  // memory.
  void Prefetch(const FileKey& key) const {
    __builtin_prefetch(&slots_[key.low & (slots_.size() - 1)]);
  }

  template <typename Take>
  void Each(Take take) const {
    for (const Slot slot : slots_)
      if (slot.file != 0) take(At(slot));
  }

 private:
  // `low` is the lower half of the key's: enough to find the slot again in a table of up to 2^32,
  // and to tell nearly every other key apart without a look at its file.
  struct Slot {
    uint32_t file = 0;  // 0 is free, else 1 + the index of the file
    uint32_t low = 0;
  };

  static constexpr size_t kBlockFiles = 1024;

  [[nodiscard]] LiveFile& At(const Slot& slot) const {
    const size_t index = slot.file - size_t{1};
    return blocks_[index / kBlockFiles][index % kBlockFiles];
  }
  [[nodiscard]] size_t SlotOf(const FileKey& key) const;
  uint32_t NewFile();
  void Grow(size_t slots);

  // Open addressing, linear. Files in blocks: growing moves none of them.
  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<LiveFile[]>> blocks_;
  size_t used_ = 0;  // files that blocks_ have given out, free ones among them
  std::vector<uint32_t> free_;
  size_t size_ = 0;
};

}  // namespace salvor::delta
