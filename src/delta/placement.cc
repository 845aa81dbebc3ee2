#include "delta/placement.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace salvor::delta {
namespace {

// A VACUUM takes files that no version names and that are older than its start less its retention,
// which may be nothing. One that starts between the link and the commit would take fresh files, so
// their time is set ahead by more than a commit can take.
constexpr Millis kAhead = std::chrono::minutes(10);

constexpr uint32_t kGroupRead = 040;
constexpr uint32_t kOthersRead = 004;

}  // namespace

Status Placement::PlaceAll() {
  constexpr int64_t kTellEvery = 256;
  int64_t done = 0;
  for (const Placing& placing : placings_) {
    SALVOR_OK(PlaceOne(placing));
    if (++done % kTellEvery == 0) progress_.Tell("putting files back", done, Count());
  }
  SALVOR_OK(TouchAll());
  RemoveLeftovers();
  return SyncFolders();
}

Result<int64_t> Placement::Mend() {
  int64_t mended = 0;
  for (const Placing& placing : placings_) {
    SALVOR_TRY(const auto there, fs_.Lstat(placing.target));
    if (there) continue;
    SALVOR_OK(PlaceOne(placing));
    SALVOR_OK(fs_.SetModified(placing.target, clock_.Now() + kAhead));
    ++mended;
  }
  if (mended > 0) SALVOR_OK(SyncFolders());
  return mended;
}

Status Placement::KeepYoung() {
  if (clock_.Now() - touched_ < kAhead / 2) return Done{};
  return TouchAll();
}

Status Placement::TouchAll() {
  touched_ = clock_.Now();
  for (const Placing& placing : placings_) {
    SALVOR_OK(fs_.SetModified(placing.target, touched_ + kAhead));
  }
  return Done{};
}

void Placement::RemoveLeftovers() {
  for (const std::string& folder : copied_into_) io::RemoveTemporaries(fs_, folder, owner_);
}

Status Placement::SyncFolders() { return fs_.SyncDirectories({folders_.begin(), folders_.end()}); }

// True if the target is there now. False if the source may not or cannot be linked: copy then.
Result<bool> Placement::LinkFrom(const Placing& placing, const std::string& source,
                                 bool& other_device) {
  SALVOR_TRY(const auto info, fs_.Lstat(source));
  if (!info || info->type != io::FileInfo::Type::kFile || info->size != placing.size) return false;
  // Only the owner may set a file's time, and an old time would let a VACUUM take it for an orphan.
  const uint32_t user = fs_.EffectiveUser();
  if (user != 0 && info->uid != user) return false;
  SALVOR_TRY(const io::LinkOutcome outcome, fs_.Link(source, placing.target));
  switch (outcome) {
    case io::LinkOutcome::kLinked:
      ++linked_;
      return true;
    case io::LinkOutcome::kExists: {
      SALVOR_TRY(const auto there, fs_.Lstat(placing.target));
      if (there && there->SameInode(*info)) return true;
      SALVOR_OK(AcceptTaken(placing));
      return true;
    }
    case io::LinkOutcome::kOtherDevice:
      other_device = true;
      return false;
    case io::LinkOutcome::kSourceGone:
    case io::LinkOutcome::kNotPermitted:
      break;
  }
  return false;
}

Status Placement::AcceptTaken(const Placing& placing) {
  copied_into_.insert(io::ParentPath(placing.target));
  SALVOR_TRY([[maybe_unused]] const auto info, targets_.Look(placing.target));
  SALVOR_TRY(const bool same, SameBytes(fs_, placing.source, placing.target));
  if (same) return Done{};
  return Fail(Code::kConflict, "another file has the name that this plan gives to a restored one",
              placing.target, "Move it away, if nobody needs it, then run the same command again");
}

Status Placement::PlaceOne(const Placing& placing) {
  SALVOR_OK(targets_.MakeFolderOf(fs_, placing.target));
  folders_.insert(io::ParentPath(placing.target));
  bool other_device = false;
  SALVOR_TRY(bool placed, LinkFrom(placing, placing.source, other_device));
  if (!placed && other_device && !placing.original.empty()) {
    SALVOR_TRY(placed, LinkFrom(placing, placing.original, other_device));
  }
  if (placed) return Done{};
  SALVOR_TRY(const auto source, fs_.Lstat(placing.source));
  if (!source || source->size != placing.size) {
    return Fail(Code::kCorrupt, "a file of the private copy is gone or damaged", placing.source,
                "Run salvor persist again while the old files are there");
  }
  copied_into_.insert(io::ParentPath(placing.target));
  SALVOR_TRY(const bool copied, fs_.CopyNew(placing.source, placing.target));
  if (!copied) return AcceptTaken(placing);
  ++copied_;
  SALVOR_TRY(const auto copy, fs_.Lstat(placing.target));
  const bool by_group = (placing.mode & kGroupRead) != 0 && (placing.mode & kOthersRead) == 0;
  if (copy && by_group && copy->gid != placing.gid) {
    return Fail(Code::kPermission,
                fmt::format("the copy cannot be given to group {}, through which the table is read",
                            placing.gid),
                placing.target, "Run it as a member of that group");
  }
  return Done{};
}

}  // namespace salvor::delta
