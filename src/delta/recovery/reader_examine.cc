#include "delta/recovery/reader_examine.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/strings.h"
#include "delta/commit/table_files.h"
#include "delta/parquet/footer_rows.h"
#include "delta/protocol/deletion_vector.h"
#include "delta/protocol/schema.h"
#include "delta/protocol/schema_fields.h"
#include "delta/recovery/applied.h"
#include "delta/recovery/compatibility.h"
#include "delta/recovery/deadline.h"
#include "delta/rows/row_identity.h"
#include "delta/table/identity_keys.h"
#include "delta/table/linked_twins.h"
#include "delta/table/partition_doubts.h"
#include "delta/table/partition_files.h"
#include "delta/table/removed_files.h"
#include "delta/table/timestamp_zones.h"

namespace salvor::delta {
namespace {

using model::Mode;
using warehouse::Examination;
using warehouse::Examined;
using warehouse::Wanted;

// Counts the rows of files whose log entries tell none, from their footers, where they still are
// there.
Status CountMissing(const io::FsReader& fs, SourceFiles& sources, const std::vector<AddFile>& files,
                    model::Tally& tally) {
  std::vector<std::string> paths;
  std::vector<const AddFile*> uncounted;
  for (const AddFile& file : files) {
    if (file.LiveRows().value_or(0) > 0) continue;
    auto path = sources.Locate(file.path);
    if (!path) continue;  // refused elsewhere, by name
    paths.push_back(std::move(*path));
    uncounted.push_back(&file);
  }
  SALVOR_TRY(const auto counts, CountFooterRows(fs, paths));
  for (size_t i = 0; i < counts.size(); ++i) {
    if (!counts[i]) continue;
    const auto& vector = uncounted[i]->deletion_vector;
    tally.rows += std::max<int64_t>(0, *counts[i] - (vector ? vector->cardinality : 0));
    if (!uncounted[i]->LiveRows()) --tally.uncounted;
  }
  return Done{};
}

// Looks for the files on the disk. What leads elsewhere is the refusal; what is not there, or not
// as long as the log says, is gone.
class FileSearch {
 public:
  FileSearch(SourceFiles& sources, Examined& examined) : sources_(sources), examined_(examined) {}

  Status Look(const AddFile& add, LinkedTwins& twins) {
    SALVOR_TRY(const auto info, LookAt(add.path, sources_.Locate(add.path), add.size));
    if (info) twins.Expect(add.path, *info);
    if (!add.deletion_vector || add.deletion_vector->storage_type == "i") return Done{};
    return LookAtVector("the deletion vector of " + add.path, *add.deletion_vector);
  }

 private:
  // The file if it is there. Sizes of 0 and less are what some writers put there who did not know
  // it.
  Result<std::optional<io::FileInfo>> LookAt(const std::string& what, Result<std::string> path,
                                             int64_t size) {
    auto info = path ? sources_.Look(*path)
                     : Result<std::optional<io::FileInfo>>(Fail(std::move(path).error()));
    if (!info && info.error().code != Code::kRefused) return info;
    if (!info) {
      if (examined_.refusal.empty()) examined_.refusal = info.error().Message();
      return std::nullopt;
    }
    if (!*info) {
      Miss(what + " is not there");
    } else if (size > 0 && (*info)->size != size) {
      Miss(fmt::format("{} has {} bytes, and the log says {}", what, (*info)->size, size));
    } else {
      ++examined_.files_present;
    }
    return info;
  }

  // Many share a file, which is as long as all of them need: it is looked at once.
  Status LookAtVector(const std::string& what, const DeletionVector& vector) {
    auto path = sources_.LocateVector(vector);
    const auto known = path ? vectors_.find(*path) : vectors_.end();
    int64_t size = known == vectors_.end() ? -1 : known->second;
    if (known == vectors_.end()) {
      SALVOR_TRY(const auto info, LookAt(what, path, 0));
      if (info) size = info->size;
      if (path) vectors_.emplace(*path, size);
    }
    if (size >= 0 && size < VectorEnd(vector))
      Miss(fmt::format("{} ends at byte {} of a file of {}", what, VectorEnd(vector), size));
    return Done{};
  }

  void Miss(std::string what) {
    ++examined_.files_gone;
    if (examined_.gone_examples.size() < kMaxExamples)
      examined_.gone_examples.push_back(std::move(what));
  }

  SourceFiles& sources_;
  Examined& examined_;
  std::map<std::string, int64_t> vectors_;  // local path -> size; -1: it is not there
};

// Why a path cannot be followed: it leads out of the table, or through a link.
Result<std::string> PathRefusal(SourceFiles& sources, const std::vector<AddFile>& adds) {
  const auto refused = [](const Result<std::string>& path) {
    return !path && path.error().code == Code::kRefused;
  };
  for (const AddFile& add : adds) {
    auto path = sources.Locate(add.path);
    const bool has_vector = add.deletion_vector && add.deletion_vector->storage_type != "i";
    if (path && has_vector) path = sources.LocateVector(*add.deletion_vector);
    if (refused(path)) return path.error().Message();
    if (!path) return Fail(std::move(path).error());
  }
  return std::string();
}

Result<bool> HasIdentity(const Metadata& today) {
  SALVOR_TRY(const std::vector<SchemaField> fields, SchemaFields(today));
  return std::any_of(fields.begin(), fields.end(), [](const auto& one) { return one.identity; });
}

class Examiner {
 public:
  Examiner(const io::FsReader& fs, Log& log, GatheredBoth gathered)
      : fs_(fs),
        log_(log),
        gathered_(std::move(gathered)),
        today_(gathered_.now.head),
        sources_(fs, log.Root()) {}

  Result<Examination> Run(const std::vector<Wanted>& wanted) {
    Examination examination;
    SALVOR_TRY(examination.state, DigestConfiguration(today_));
    examination.state.version = gathered_.now.head.version;
    examination.warnings = WritingWarnings(today_);
    if (!wanted.empty()) {
      SALVOR_TRY(live_zones_, LiveZones(log_, gathered_.now.head));
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
      SALVOR_TRY(Examined examined, ExamineOne(wanted[i], i));
      examination.partitions.push_back(std::move(examined));
    }
    SALVOR_OK(twins_.Find(fs_, log_, *gathered_.now.live));
    for (size_t i = 0; i < wanted.size(); ++i) {
      std::string& refusal = examination.partitions[i].refusal;
      if (refusal.empty()) refusal = FirstRefusal(twins_, gathered_.old.contents[i].adds);
    }
    SALVOR_OK(SetDeadlines(examination));
    SALVOR_OK(WarnOfKeys(examination.warnings));
    return examination;
  }

  Result<std::vector<std::string>> Refusals(const std::vector<Wanted>& wanted) {
    SALVOR_TRY(live_zones_, LiveZones(log_, gathered_.now.head));
    std::vector<std::string> refusals;
    refusals.reserve(wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Content& content = gathered_.old.contents[i];
      SALVOR_TRY(std::string refusal, Refusal(content, gathered_.now.files[i], wanted[i]));
      if (refusal.empty()) {
        SALVOR_TRY(refusal, PathRefusal(sources_, content.adds));
      }
      refusals.push_back(std::move(refusal));
    }
    return refusals;
  }

 private:
  // Of identity columns.
  Status WarnOfKeys(std::vector<std::string>& warnings) {
    SALVOR_TRY(const bool counts, HasIdentity(today_.metadata));
    if (!counts) return Done{};
    std::vector<Metadata> past;
    for (const auto& [version, head] : gathered_.old.heads) {
      past.push_back(head.metadata);
      if (version >= gathered_.now.head.version) continue;
      SALVOR_TRY(const TableHead after, log_.HeadAt(version + 1));
      past.push_back(after.metadata);
    }
    std::vector<const AddFile*> restored;
    for (const Content& content : gathered_.old.contents) {
      for (const AddFile& file : content.adds) restored.push_back(&file);
    }
    SALVOR_TRY(auto lines, IdentityWarnings(today_.metadata, past, restored));
    std::move(lines.begin(), lines.end(), std::back_inserter(warnings));
    return Done{};
  }

  Result<Examined> ExamineOne(const Wanted& wanted, size_t index) {
    const Content& content = gathered_.old.contents[index];
    const std::vector<AddFile>& now = gathered_.now.files[index];
    Examined examined;
    examined.wanted = wanted;
    examined.snapshot = {content.snapshot, gathered_.old.heads.at(content.snapshot).at};
    examined.content = DigestFiles(content.adds);
    examined.present = DigestFiles(now);
    examined.restore = TallyFiles(content.adds);
    examined.now = TallyFiles(now);
    SALVOR_OK(CountMissing(fs_, sources_, content.adds, examined.restore));
    SALVOR_OK(CountMissing(fs_, sources_, now, examined.now));
    SALVOR_TRY(examined.refusal, Refusal(content, now, wanted));
    FileSearch search(sources_, examined);
    const std::set<std::string> live = LogicalFiles(now);
    LinkedTwins staying;  // there then and now
    for (const AddFile& add : content.adds)
      SALVOR_OK(search.Look(add, live.contains(add.Key()) ? staying : twins_));
    twins_.ExpectRemoved(FilesToRemove(content, now));
    return examined;
  }

  Result<std::string> Refusal(const Content& content, const std::vector<AddFile>& now,
                              const Wanted& wanted) {
    if (content.adds.empty()) {
      return fmt::format("version {} has no rows of it to bring back", content.snapshot);
    }
    std::string refusal = TableRefusal(today_);
    if (refusal.empty()) refusal = log_.WritingRefusal();
    if (refusal.empty()) {
      SALVOR_TRY(refusal, SchemaOfSnapshot(content.snapshot));
    }
    if (refusal.empty()) {
      refusal = FilesRefusal(today_, content.mode, content.adds, FilesToRemove(content, now));
    }
    if (refusal.empty()) {
      SALVOR_TRY(refusal, LiveRefusal(content, now, wanted));
    }
    if (refusal.empty()) refusal = TwinRefusal(*gathered_.now.live, content.adds, now);
    if (refusal.empty()) {
      refusal = KeysRefusal(gathered_.old.heads.at(content.snapshot), content.adds);
    }
    if (refusal.empty()) {
      refusal = ZoneRefusal(gathered_.old.heads.at(content.snapshot), content.adds, live_zones_);
    }
    return refusal;
  }

  // Most snapshots share one schema: it is compared once.
  Result<std::string> SchemaOfSnapshot(int64_t version) {
    const auto known = schema_refusals_.find(version);
    if (known != schema_refusals_.end()) return known->second;
    const TableConfiguration& then = gathered_.old.heads.at(version);
    if (!last_configuration_ || last_configuration_->metadata.raw != then.metadata.raw) {
      SALVOR_TRY(last_refusal_, SchemaRefusal(then, today_));
      if (last_refusal_.empty()) {
        // What verify could never read cannot be proven.
        SALVOR_TRY(const Schema schema, ParseSchema(then.metadata));
        const Status readable = CheckColumnsReadable(schema, then.metadata.partition_columns);
        if (!readable) last_refusal_ = readable.error().what;
      }
      last_configuration_ = then;
    }
    return schema_refusals_.emplace(version, last_refusal_).first->second;
  }

  // Why the files that are live now stand in the way.
  Result<std::string> LiveRefusal(const Content& content, const std::vector<AddFile>& now,
                                  const Wanted& wanted) {
    if (content.mode == Mode::kAdd && !now.empty()) return "it has rows now";
    if (model::Replaces(content.mode) || content.mode == Mode::kAdd) return std::string();
    const std::set<std::string> live = LogicalFiles(now);
    for (const AddFile& file : content.adds) {
      if (live.count(file.Key()) == 0) continue;
      return fmt::format("the file {} is part of the table again: its rows would be there twice",
                         file.path);
    }
    const std::vector<AddFile> lost = FilesNotIn(content.taken_out, now);
    if (lost.empty()) return std::string();
    std::string since = "later commits";
    const auto fate = FollowFiles(log_, wanted.event.value_or(content.snapshot), lost);
    if (fate) {
      std::vector<std::string> events = fate->lost;
      events.insert(events.end(), fate->rewritten.begin(), fate->rewritten.end());
      if (!events.empty()) since = Join(events, "; ");
    }
    return fmt::format("what the event wrote here was changed since by {}", since);
  }

  // Partitions of one snapshot together, since their files' removals are found in one walk.
  Status SetDeadlines(Examination& examination) {
    std::map<int64_t, std::vector<size_t>> by_snapshot;
    for (size_t i = 0; i < examination.partitions.size(); ++i) {
      by_snapshot[examination.partitions[i].snapshot.version].push_back(i);
    }
    for (const auto& [snapshot, indices] : by_snapshot) {
      std::vector<const std::vector<AddFile>*> lists;
      std::vector<const std::vector<AddFile>*> live;
      for (const size_t index : indices) {
        lists.push_back(&gathered_.old.contents[index].adds);
        live.push_back(&gathered_.now.files[index]);
      }
      SALVOR_TRY(std::vector<Deadline> deadlines,
                 DeadlinesOf(log_, gathered_.now.head, snapshot, lists, live));
      for (size_t i = 0; i < indices.size(); ++i) {
        Examined& examined = examination.partitions[indices[i]];
        examined.deadline = deadlines[i].at;
        examined.deadline_reason = std::move(deadlines[i].reason);
      }
    }
    return Done{};
  }

  const io::FsReader& fs_;
  Log& log_;
  GatheredBoth gathered_;
  TableConfiguration today_;
  SourceFiles sources_;
  TimestampZones live_zones_;
  LinkedTwins twins_;
  std::map<int64_t, std::string> schema_refusals_;
  std::optional<TableConfiguration> last_configuration_;
  std::string last_refusal_;
};

}  // namespace

Result<model::Inventory> ReadInventory(const TableAccess& table,
                                       const warehouse::LookRequest& request) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  return table.log.Look(request);
}

Result<model::SnapshotRef> VersionAsOf(const TableAccess& table, Instant instant) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const int64_t version, table.log.VersionAsOf(instant));
  SALVOR_TRY(const Instant at, table.log.CommitTime(version));
  return model::SnapshotRef{version, at};
}

Result<Examination> Examine(const TableAccess& table, const std::vector<Wanted>& wanted) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  table.progress.Tell("reading the snapshots", 0, 0);
  SALVOR_TRY(const TableHead today, table.log.HeadAt(table.log.Latest()));
  SALVOR_TRY(const bool counts, HasIdentity(today.metadata));
  // How far the keys of identity columns go is told by statistics.
  const AddDetail detail = counts ? AddDetail::kWhole : AddDetail::kEssential;
  SALVOR_TRY(GatheredBoth gathered, GatherBoth(table.log, wanted, detail));
  Examiner examiner(table.fs, table.log, std::move(gathered));
  return examiner.Run(wanted);
}

Result<std::vector<std::string>> Refusals(const TableAccess& table,
                                          const std::vector<Wanted>& wanted) {
  if (wanted.empty()) return std::vector<std::string>();
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(GatheredBoth gathered, GatherBoth(table.log, wanted, AddDetail::kEssential));
  Examiner examiner(table.fs, table.log, std::move(gathered));
  return examiner.Refusals(wanted);
}

Result<warehouse::Present> ReadPresent(const TableAccess& table, const model::Plan& plan) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, table.log.Refresh());
  SALVOR_TRY(const Holding now, GatherNow(table.log, KeysOf(plan), AddDetail::kEssential));
  warehouse::Present present;
  present.table = IdentityOf(table.log, now.head);
  SALVOR_TRY(present.state, DigestConfiguration(now.head));
  present.state.version = now.head.version;
  SourceFiles sources(table.fs, table.log.Root());
  for (const std::vector<AddFile>& files : now.files) {
    model::Tally tally = TallyFiles(files);
    SALVOR_OK(CountMissing(table.fs, sources, files, tally));
    present.partitions.push_back({.present = DigestFiles(files), .now = tally});
  }
  return present;
}

}  // namespace salvor::delta
