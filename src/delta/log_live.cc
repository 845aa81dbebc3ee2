#include "delta/log_live.h"

namespace salvor::delta {
namespace {

constexpr size_t kFewestSlots = 64;

}  // namespace

LiveSet::LiveSet() : slots_(kFewestSlots) {}

// The slot of the file with this key, or the free one where it would be.
size_t LiveSet::SlotOf(const FileKey& key) const {
  const size_t mask = slots_.size() - 1;
  const auto low = static_cast<uint32_t>(key.low);
  size_t at = low & mask;
  while (slots_[at].file != 0 &&
         (slots_[at].low != low || files_[slots_[at].file - 1].key != key)) {
    at = (at + 1) & mask;
  }
  return at;
}

const LiveFile* LiveSet::Find(const FileKey& key) const {
  const uint32_t file = slots_[SlotOf(key)].file;
  return file == 0 ? nullptr : &files_[file - 1];
}

void LiveSet::Put(const LiveFile& file) {
  size_t at = SlotOf(file.key);
  if (slots_[at].file != 0) {
    files_[slots_[at].file - 1] = file;
    return;
  }
  if ((size_ + 1) * 3 > slots_.size() * 2) {
    Grow(slots_.size() * 2);
    at = SlotOf(file.key);
  }
  ++size_;
  slots_[at].low = static_cast<uint32_t>(file.key.low);
  if (free_.empty()) {
    files_.push_back(file);
    slots_[at].file = static_cast<uint32_t>(files_.size());
  } else {
    slots_[at].file = free_.back();
    free_.pop_back();
    files_[slots_[at].file - 1] = file;
  }
}

bool LiveSet::Erase(const FileKey& key) {
  const size_t mask = slots_.size() - 1;
  size_t hole = SlotOf(key);
  if (slots_[hole].file == 0) return false;
  free_.push_back(slots_[hole].file);
  slots_[hole].file = 0;
  --size_;
  // Whoever was pushed past the hole moves back into it (Knuth 6.4, algorithm R).
  for (size_t at = (hole + 1) & mask; slots_[at].file != 0; at = (at + 1) & mask) {
    const size_t home = slots_[at].low & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    slots_[hole] = slots_[at];
    slots_[at].file = 0;
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
  std::vector<Slot> old(slots);
  old.swap(slots_);
  const size_t mask = slots - 1;
  for (const Slot slot : old) {
    if (slot.file == 0) continue;
    size_t at = slot.low & mask;
    while (slots_[at].file != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace salvor::delta
