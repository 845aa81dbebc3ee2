#include "delta/log/partition_values.h"

#include <algorithm>

#include "delta/protocol/json.h"

namespace salvor::delta {
namespace {

constexpr size_t kMinSlots = 64;

// Length-prefixed, so that no value can look like another one's end.
std::string Encode(const PartitionValues& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += std::to_string(name.size()) + ':' + name;
    text += value ? std::to_string(value->size()) + ':' + *value : "-";
  }
  return text;
}

}  // namespace

uint32_t PartitionValuesPool::Intern(PartitionValues values) {
  std::sort(values.begin(), values.end());
  std::string text = Encode(values);
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] =
      numbers_.try_emplace(std::move(text), static_cast<uint32_t>(values_.size()));
  if (is_new) values_.push_back(std::move(values));
  return at->second;
}

PartitionValues PartitionValuesPool::Values(uint32_t number) const {
  const std::lock_guard lock(mutex_);
  return values_[number];
}

size_t PartitionValuesPool::Count() const {
  const std::lock_guard lock(mutex_);
  return values_.size();
}

PartitionValuesCache::PartitionValuesCache(PartitionValuesPool& shared)
    : shared_(shared), slots_(kMinSlots) {}

Result<uint32_t> PartitionValuesCache::OfJson(std::string_view object) {
  const FileKey key = KeyOfFile(object, {});
  Slot& slot = SlotOf(key);
  if (slot.taken) return slot.number;
  SALVOR_TRY(const nlohmann::json parsed, ParseJsonObject(object));
  PartitionValues values;
  for (const auto& [name, value] : parsed.items()) {
    if (value.is_null()) {
      values.emplace_back(name, std::nullopt);
    } else if (value.is_string()) {
      values.emplace_back(name, value.get<std::string>());
    } else if (value.is_number()) {
      values.emplace_back(name, value.dump());  // as all readers take it
    } else {
      return Fail(Code::kCorrupt, "partition value of '" + name + "' is neither a string nor null");
    }
  }
  return Remember(slot, key, shared_.Intern(std::move(values)));
}

// The key's slot, or the free one where it would be.
PartitionValuesCache::Slot& PartitionValuesCache::SlotOf(const FileKey& key) {
  const size_t mask = slots_.size() - 1;
  size_t at = key.low & mask;
  while (slots_[at].taken && slots_[at].key != key) at = (at + 1) & mask;
  return slots_[at];
}

uint32_t PartitionValuesCache::Remember(Slot& slot, const FileKey& key, uint32_t number) {
  slot = {key, number, true};
  if (++size_ * 2 <= slots_.size()) return number;
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& known : old)
    if (known.taken) SlotOf(known.key) = known;
  return number;
}

}  // namespace salvor::delta
