#include "delta/log_live.h"

namespace salvor::delta {
namespace {

constexpr size_t kFewestSlots = 64;

}  // namespace

LiveSet::LiveSet() : slots_(kFewestSlots, 0) {}

// The slot of the file with this key, or the free one where it would be.
size_t LiveSet::SlotOf(const FileKey& key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = key.low & mask;
  while (slots_[at] != 0 && files_[slots_[at] - 1].key != key) at = (at + 1) & mask;
  return at;
}

const LiveFile* LiveSet::Find(const FileKey& key) const {
  const uint32_t slot = slots_[SlotOf(key)];
  return slot == 0 ? nullptr : &files_[slot - 1];
}

void LiveSet::Put(const LiveFile& file) {
  size_t at = SlotOf(file.key);
  if (slots_[at] != 0) {
    files_[slots_[at] - 1] = file;
    return;
  }
  if ((size_ + 1) * 3 > slots_.size() * 2) {
    Grow(slots_.size() * 2);
    at = SlotOf(file.key);
  }
  ++size_;
  if (free_.empty()) {
    files_.push_back(file);
    slots_[at] = static_cast<uint32_t>(files_.size());
  } else {
    slots_[at] = free_.back();
    free_.pop_back();
    files_[slots_[at] - 1] = file;
  }
}

bool LiveSet::Erase(const FileKey& key) {
  const size_t mask = slots_.size() - 1;
  size_t hole = SlotOf(key);
  if (slots_[hole] == 0) return false;
  free_.push_back(slots_[hole]);
  slots_[hole] = 0;
  --size_;
  // Whoever was pushed past the hole moves back into it (Knuth 6.4, algorithm R).
  for (size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const size_t home = files_[slots_[at] - 1].key.low & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    slots_[at] = 0;
    hole = at;
  }
  return true;
}

void LiveSet::Reserve(size_t files) {
  size_t slots = slots_.size();
  while (files * 3 > slots * 2) slots *= 2;
  if (slots > slots_.size()) Grow(slots);
}

void LiveSet::Grow(size_t slots) {
  std::vector<uint32_t> old(slots, 0);
  old.swap(slots_);
  for (const uint32_t slot : old)
    if (slot != 0) slots_[SlotOf(files_[slot - 1].key)] = slot;
}

}  // namespace salvor::delta
