// The partition values of files, as the log spells them, each distinct set kept once and known by a
// number. What they mean is decided later, under a head: see KeyOf.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "delta/protocol/file_key.h"
#include "delta/protocol/partition_value.h"

namespace salvor::delta {

// Thread-safe. Numbers are dense, from 0.
class PartitionValuesPool {
 public:
  uint32_t Intern(PartitionValues values);
  [[nodiscard]] PartitionValues Values(uint32_t number) const;
  [[nodiscard]] size_t Count() const;

 private:
  mutable std::mutex mutex_;
  std::vector<PartitionValues> values_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

// One thread's memory of the texts that it has met, so that it asks the shared one only once for
// each. Texts are known by their keys, with the odds of file_key.h.
class PartitionValuesCache {
 public:
  explicit PartitionValuesCache(PartitionValuesPool& shared);

  // The text of a JSON object. kCorrupt if it maps names to lists or objects: readers take a number
  // for its text.
  Result<uint32_t> OfJson(std::string_view object);
  // Any other encoding of the same, by a key that no JSON text has; `values` is called for one that
  // is new.
  template <typename MakeValues>
  uint32_t Of(const FileKey& key, MakeValues values) {
    Slot& slot = SlotOf(key);
    if (slot.taken) return slot.number;
    return Remember(slot, key, shared_.Intern(values()));
  }

 private:
  struct Slot {
    FileKey key;
    uint32_t number = 0;
    bool taken = false;
  };
  Slot& SlotOf(const FileKey& key);
  uint32_t Remember(Slot& slot, const FileKey& key, uint32_t number);

  PartitionValuesPool& shared_;
  std::vector<Slot> slots_;  // open addressing, linear; at most half full
  size_t size_ = 0;
};

}  // namespace salvor::delta
