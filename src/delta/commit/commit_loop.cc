#include "delta/commit/commit_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "delta/protocol/schema_fields.h"
#include "delta/table/partition_files.h"

namespace salvor::delta {
namespace {

// A busy writer commits a few times a second, and each lost race costs milliseconds.
constexpr int kMaxRaces = 100;
constexpr Millis kMaxPause{200};

bool HasTxn(const Commit& commit, const std::string& app_id) {
  return std::any_of(commit.txns.begin(), commit.txns.end(),
                     [&](const Txn& txn) { return txn.app_id == app_id; });
}

Result<bool> Touches(const Commit& commit, const std::string& table_root, const TableHead& head,
                     const Watched& watched) {
  if (commit.has_metadata || commit.has_protocol) return true;
  for (const RemoveFile& file : commit.removes) {
    if (watched.files.contains(KeyOfRemove(file))) return true;
  }
  for (const AddFile& file : commit.adds) {
    const model::PartitionKey key = KeyOf(head, file.partition_values);
    if (std::find(watched.keys.begin(), watched.keys.end(), key) != watched.keys.end()) return true;
  }
  return std::any_of(commit.adds.begin(), commit.adds.end(), [&](const AddFile& file) {
    return watched.returning.contains(KeyOfFileMeant(table_root, file));
  });
}

// A piece at a time: a commit may have hundreds of megabytes.
bool ReadsBack(const io::FsReader& fs, const std::string& path, std::string_view bytes) {
  constexpr size_t kPiece = size_t{1} << 20U;
  const auto file = fs.Open(path);
  if (!file || (*file)->Size() != static_cast<int64_t>(bytes.size())) return false;
  std::string piece;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    piece.resize(std::min(kPiece, bytes.size() - at));
    const auto got = (*file)->ReadAt(static_cast<int64_t>(at), piece.data(), piece.size());
    if (!got || *got != piece.size() || bytes.substr(at, piece.size()) != piece) return false;
  }
  return true;
}

bool IsVacuum(const Commit& commit) { return commit.info.operation.starts_with("VACUUM"); }

}  // namespace

Result<CommitResult> CommitLoop::Commit(const Change& change, const Watched& watched,
                                        Placement& placement) {
  int64_t mended = 0;
  for (int race = 0; race < kMaxRaces; ++race) {
    if (std::string refusal = log_.WritingRefusal(); !refusal.empty())
      return Fail(Code::kRefused, std::move(refusal), log_.Root(), "Nothing was written");
    SALVOR_TRY(const TableHead head, log_.HeadAt(log_.Latest()));
    const Previous previous{
        .version = head.version,
        .at = head.at,
        .in_commit_timestamps = IsEnabled(head.metadata, "delta.enableInCommitTimestamps")};
    SALVOR_TRY(const std::string bytes, FormatCommit(change, previous, clock_.Now()));
    SALVOR_OK(placement.KeepYoung());
    const int64_t version = previous.version + 1;
    SALVOR_TRY(const bool written, WriteCommit(fs_, log_.Root(), version, bytes));
    if (written) {
      if (!ReadsBack(fs_, CommitPath(log_.Root(), version), bytes)) {
        return Fail(Code::kOutcomeUnknown, "the commit does not read back as it was written",
                    CommitPath(log_.Root(), version), "Run the same command again");
      }
      SALVOR_TRY(const int64_t later, LookAfterwards(placement));
      return CommitResult{.kind = CommitResult::Kind::kCommitted,
                          .version = version,
                          .winner = {},
                          .mended = mended + later};
    }
    SALVOR_TRY(CommitResult result, LookAtWinners(previous.version, change, watched, placement));
    if (result.kind != CommitResult::Kind::kCommitted) return result;
    mended += result.mended;
    if (race > 0) clock_.Sleep(std::min(kMaxPause, Millis(race)));
  }
  return Fail(Code::kConflict,
              fmt::format("other writers were faster {} times in a row", kMaxRaces), log_.Root(),
              "Nothing was written. Run the same command again, while fewer writers are at work");
}

Result<CommitResult> CommitLoop::LookAtWinners(int64_t after, const Change& change,
                                               const Watched& watched, Placement& placement) {
  SALVOR_TRY(const int64_t latest, log_.Refresh());
  SALVOR_TRY(const TableHead head, log_.HeadAt(latest));
  CommitResult result;
  bool vacuum = false;
  for (int64_t version = after + 1; version <= latest; ++version) {
    SALVOR_TRY(const delta::Commit commit, log_.ReadCommit(version, AddDetail::kEssential));
    if (HasTxn(commit, TxnAppId(change.operation_key))) {
      return CommitResult{
          .kind = CommitResult::Kind::kAlready, .version = version, .winner = {}, .mended = 0};
    }
    SALVOR_TRY(const bool touches, Touches(commit, log_.Root(), head, watched));
    if (touches && result.winner.empty()) {
      result.kind = CommitResult::Kind::kTouched;
      result.winner = DescribeCommit(commit);
    }
    vacuum = vacuum || IsVacuum(commit);
  }
  if (vacuum && result.kind == CommitResult::Kind::kCommitted) {
    SALVOR_TRY(result.mended, placement.Mend());
  }
  return result;
}

Result<int64_t> CommitLoop::LookAfterwards(Placement& placement) {
  SALVOR_TRY([[maybe_unused]] const int64_t latest, log_.Refresh());
  SALVOR_TRY(int64_t mended, placement.Mend());
  // A VACUUM that listed the folder before the commit deletes after it. One that does not say that
  // it runs cannot be waited for; `clean` looks once more.
  constexpr int kLooks = 6;
  constexpr Millis kBetween{500};
  for (int look = 0; look < kLooks; ++look) {
    SALVOR_TRY(const bool vacuum, log_.VacuumMayBeRunning());
    if (!vacuum && mended == 0) break;
    clock_.Sleep(kBetween);
    SALVOR_TRY([[maybe_unused]] const int64_t again, log_.Refresh());
    SALVOR_TRY(const int64_t more, placement.Mend());
    mended += more;
    if (!vacuum && more == 0) break;
  }
  return mended;
}

}  // namespace salvor::delta
