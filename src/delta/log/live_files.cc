#include "delta/log/live_files.h"

namespace salvor::delta {
namespace {

constexpr size_t kMinSlots = 64;

}  // namespace

LiveSet::LiveSet() : slots_(kMinSlots) {}

// The slot of the file with this key, or the free one where it would be.
size_t LiveSet::SlotOf(const FileKey& key) const {
  const size_t mask = slots_.size() - 1;
  const auto low = static_cast<uint32_t>(key.low);
  size_t at = low & mask;
  while (slots_[at].file != 0 && (slots_[at].low != low || At(slots_[at]).key != key)) {
    at = (at + 1) & mask;
  }
  return at;
}

const LiveFile* LiveSet::Find(const FileKey& key) const {
  const Slot slot = slots_[SlotOf(key)];
  return slot.file == 0 ? nullptr : &At(slot);
}

LiveSet::Placed LiveSet::Place(const FileKey& key) {
  size_t at = SlotOf(key);
  if (slots_[at].file != 0) return {&At(slots_[at]), false};
  if ((size_ + 1) * 3 > slots_.size() * 2) {
    Grow(slots_.size() * 2);
    at = SlotOf(key);
  }
  ++size_;
  slots_[at] = {NewFile(), static_cast<uint32_t>(key.low)};
  LiveFile& file = At(slots_[at]);
  file = LiveFile();
  file.key = key;
  return {&file, true};
}

// As a slot holds it.
uint32_t LiveSet::NewFile() {
  if (!free_.empty()) {
    const uint32_t file = free_.back();
    free_.pop_back();
    return file;
  }
  if (used_ % kBlockFiles == 0) blocks_.push_back(std::make_unique<LiveFile[]>(kBlockFiles));
  return static_cast<uint32_t>(++used_);
}

bool LiveSet::Erase(const FileKey& key) {
  const size_t mask = slots_.size() - 1;
  size_t hole = SlotOf(key);
  if (slots_[hole].file == 0) return false;
  free_.push_back(slots_[hole].file);
  slots_[hole].file = 0;
  --size_;
  // A file that was pushed past the hole moves back into it (Knuth 6.4, algorithm R).
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
