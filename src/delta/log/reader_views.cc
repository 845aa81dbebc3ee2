#include "delta/log/reader_views.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "delta/protocol/path_spelling.h"

namespace salvor::delta {
namespace {

std::string RowsOf(int64_t rows) { return Plural(rows, "row"); }

}  // namespace

// Begins one where the spelling is odd; the file may be live under its plain spelling already.
Readings::Family* Readings::FamilyOf(const FileAction& file, const OddPath* odd,
                                     const LiveSet& live) {
  const FileKey& key = odd == nullptr ? file.key : odd->file;
  if (odd != nullptr && !odd->is_uri && no_uri_.empty()) no_uri_ = odd->path;
  const auto known = families_.find(key);
  if (known != families_.end()) {
    touched_.push_back(key);
    return &known->second;
  }
  if (odd == nullptr) return nullptr;
  const LiveFile* plain = key == file.key ? nullptr : live.Find(key);
  if (!file.is_add && plain == nullptr) return nullptr;
  touched_.push_back(key);
  Family& family = families_[key];
  family.plain = odd->plain;
  if (plain != nullptr)
    family.entries.push_back(
        {key, key, key, odd->plain, plain->values_id, plain->Rows(), true, true, true, true});
  return &family;
}

void Readings::Add(const FileAction& file, const OddPath* odd, const LiveSet& live) {
  Settle(file.key);
  Family* family = FamilyOf(file, odd, live);
  if (family == nullptr) return;
  const FileKey spark = odd == nullptr ? file.key : odd->spark;
  const FileKey folded = odd == nullptr ? file.key : odd->folded;
  Entry* own = nullptr;
  for (Entry& entry : family->entries) {
    if (entry.spark == spark) entry.by_spark = false;
    if (entry.folded == folded) entry.by_folded = false;
    if (entry.written == file.key) own = &entry;
  }
  if (own == nullptr) own = &family->entries.emplace_back();
  const int64_t rows = file.records < 0 ? 0 : file.records - file.cardinality;
  *own = {file.key,
          spark,
          folded,
          odd == nullptr ? family->plain : odd->path,
          file.values_id,
          rows,
          odd == nullptr || odd->is_uri,
          true,
          true,
          true};
  family->stray.clear();
}

void Readings::Remove(const FileAction& file, const OddPath* odd, const LiveSet& live) {
  Settle(file.key);
  Family* family = FamilyOf(file, odd, live);
  if (family == nullptr) return;
  const FileKey spark = odd == nullptr ? file.key : odd->spark;
  const FileKey folded = odd == nullptr ? file.key : odd->folded;
  bool cancels = false;
  for (Entry& entry : family->entries) {
    cancels = cancels || (entry.written == file.key && entry.by_written);
    if (entry.written == file.key) entry.by_written = false;
    if (entry.spark == spark) entry.by_spark = false;
    if (entry.folded == folded) entry.by_folded = false;
  }
  if (!cancels) family->stray = odd == nullptr ? family->plain : odd->path;
}

void Readings::EndCommit(int64_t version, Doubts* doubts) {
  for (const FileKey& key : touched_) {
    const auto at = families_.find(key);
    if (at == families_.end()) continue;
    Family& family = at->second;
    if (doubts != nullptr) Tell(key, family, version, *doubts);
    std::erase_if(family.entries, [](const Entry& entry) {
      return !entry.by_written && !entry.by_spark && !entry.by_folded;
    });
    if (family.entries.empty()) families_.erase(at);
  }
  touched_.clear();
  TellContested(version, doubts);
}

void Readings::Settle(const FileKey& file) {
  const auto at = contested_.find(file);
  if (at != contested_.end()) at->second.settled = true;
}

void Readings::Contest(const FileKey& file, uint32_t values_id, int64_t rows) {
  Contested& one = contested_[file];
  if (one.settled) one = {};
  one.values_ids.push_back(values_id);
  one.rows = rows;
}

void Readings::TellContested(int64_t version, Doubts* doubts) {
  for (auto at = contested_.begin(); at != contested_.end();) {
    auto& [file, one] = *at;
    for (const uint32_t values_id : one.values_ids) {
      if (doubts == nullptr) break;
      if (one.settled) doubts->Settle(DoubtKind::kOneCommit, file, values_id);
      if (one.settled || one.told) continue;
      doubts->Raise(DoubtKind::kOneCommit, file, values_id,
                    {fmt::format("version {} has several actions of one file ({}): Spark takes the "
                                 "last one, DuckDB and delta-rs the first",
                                 version, Plural(one.rows, "row")),
                     false});
    }
    one.told = one.told || doubts != nullptr;
    at = one.settled ? contested_.erase(at) : std::next(at);
  }
}

void Readings::TellAll(int64_t version, Doubts& doubts) {
  touched_.clear();
  for (const auto& [key, family] : families_) touched_.push_back(key);
  EndCommit(version, &doubts);
}

void Readings::Tell(const FileKey& file, Family& family, int64_t version, Doubts& doubts) const {
  int64_t written = 0;
  int64_t spark = 0;
  int64_t folded = 0;
  int64_t live = 0;
  bool differ = false;
  std::set<uint32_t> values_ids;
  std::string paths;
  for (const Entry& entry : family.entries) {
    values_ids.insert(entry.values_id);
    if (entry.by_written) written += entry.rows;
    if (entry.by_spark) spark += entry.rows;
    if (entry.by_folded) folded += entry.rows;
    if (entry.by_written) ++live;
    if (entry.by_written != entry.by_spark || entry.by_spark != entry.by_folded) differ = true;
    paths += (paths.empty() ? "'" : "' and '") + entry.path;
  }
  paths += "'";
  std::string text;
  if (differ) {
    const std::string by_chance =
        spark == folded
            ? ""
            : fmt::format(" or {}, by the number of its snapshot partitions", FormatCount(folded));
    text = fmt::format(
        "the log spells the path of one file in several ways ({}{}): Spark reads {}{} of it, "
        "DuckDB and delta-rs {}",
        paths, family.stray.empty() ? "" : ", '" + family.stray + "'", RowsOf(spark), by_chance,
        FormatCount(written));
  } else if (live > 1) {
    text = fmt::format("one file has {} live entries ({}): readers read its rows once for each",
                       FormatCount(live), paths);
  } else if (live == 1 && !family.stray.empty()) {
    text = fmt::format(
        "a remove of '{}' cancels nothing for any reader: the file is live as {}, and {} of it "
        "are read",
        family.stray, paths, RowsOf(written));
  }
  for (const uint32_t values_id : values_ids) {
    if (!text.empty()) {
      doubts.Raise(DoubtKind::kPathSpelling, file, values_id,
                   {fmt::format("{} (version {})", text, version), false});
      family.told = true;
    } else if (family.told) {
      doubts.Settle(DoubtKind::kPathSpelling, file, values_id);
    }
  }
}

void Readings::ForgetActions() {
  no_uri_.clear();
  for (const auto& [key, family] : families_)
    for (const Entry& entry : family.entries)
      if (entry.by_written && !entry.is_uri) no_uri_ = entry.path;
}

bool Readings::AnyReaderHas(const FileKey& file) const {
  if (contested_.contains(file)) return true;
  const auto at = families_.find(file);
  if (at == families_.end()) return false;
  return std::any_of(at->second.entries.begin(), at->second.entries.end(), [](const Entry& entry) {
    return entry.by_written || entry.by_spark || entry.by_folded;
  });
}

bool LiveFiles::AnyReaderHas(const AddFile& file) const {
  const std::string plain = TextsOf(table_root, file.path).file;
  const std::string vector = file.deletion_vector ? file.deletion_vector->UniqueId() : "";
  for (const std::string& id : {std::string(), vector}) {
    for (const std::string& path : {file.path, plain}) {
      const FileKey key = KeyOfFile(path, id);
      if (set.Find(key) != nullptr || readings.AnyReaderHas(key)) return true;
    }
  }
  return false;
}

}  // namespace salvor::delta
