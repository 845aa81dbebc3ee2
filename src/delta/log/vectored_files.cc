#include "delta/log/vectored_files.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"

namespace salvor::delta {

void VectoredFiles::Take(const FileAction& file, const FileKey& whole) {
  File& known = files_[whole];
  std::erase_if(known.entries, [&](const Entry& entry) { return entry.key == file.key; });
  if (file.is_add) known.entries.push_back({file.key, file.values_id});
  touched_.push_back(whole);
}

void VectoredFiles::EndCommit(int64_t version, const LiveSet& live, Doubts* doubts) {
  for (const FileKey& whole : touched_) {
    const auto at = files_.find(whole);
    if (at == files_.end()) continue;
    // A checkpoint may have dropped some.
    std::erase_if(at->second.entries,
                  [&](const Entry& entry) { return live.Find(entry.key) == nullptr; });
    if (doubts != nullptr) Tell(whole, at->second, version, live, *doubts);
    if (at->second.entries.empty()) files_.erase(at);
  }
  touched_.clear();
}

void VectoredFiles::TellAll(int64_t version, const LiveSet& live, Doubts& doubts) {
  touched_.clear();
  for (const auto& [whole, file] : files_) touched_.push_back(whole);
  EndCommit(version, live, &doubts);
}

void VectoredFiles::Tell(const FileKey& whole, File& file, int64_t version, const LiveSet& live,
                         Doubts& doubts) {
  std::set<uint32_t> values_ids;
  for (const Entry& entry : file.entries) values_ids.insert(entry.values_id);
  size_t entries = file.entries.size();
  if (const LiveFile* plain = live.Find(whole); plain != nullptr) {
    ++entries;
    values_ids.insert(plain->values_id);
  }
  if (entries < 2 && !file.told) return;
  for (const uint32_t values_id : values_ids) {
    if (entries < 2) {
      doubts.Settle(DoubtKind::kVectors, whole, values_id);
      continue;
    }
    doubts.Raise(DoubtKind::kVectors, whole, values_id,
                 {fmt::format("one file has {} live entries that differ in their deletion vectors "
                              "(version {}): readers read its rows once for each, delta-rs some "
                              "of them without the vector",
                              FormatCount(static_cast<int64_t>(entries)), version),
                  false});
    file.told = true;
  }
}

}  // namespace salvor::delta
