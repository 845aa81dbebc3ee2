#include "delta/commit/placement.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "delta/commit/given_times.h"

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
  std::vector<size_t> mended;
  for (size_t i = 0; i < placings_.size(); ++i) {
    SALVOR_TRY(const auto there, fs_.Lstat(placings_[i].target));
    if (there) continue;
    SALVOR_OK(PlaceOne(placings_[i]));
    mended.push_back(i);
  }
  if (mended.empty()) return 0;
  SALVOR_OK(Touch(mended, clock_.Now() + kAhead));
  SALVOR_OK(SyncFolders());
  return static_cast<int64_t>(mended.size());
}

Status Placement::KeepYoung() {
  if (clock_.Now() - touched_ < kAhead / 2) return Done{};
  return TouchAll();
}

Status Placement::TouchAll() {
  touched_ = clock_.Now();
  std::vector<size_t> all(placings_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return Touch(all, touched_ + kAhead);
}

// The private copy's files are the same inodes: their time is noted before it is set, so that a run
// that is killed in between leaves none that nobody can explain.
Status Placement::Touch(const std::vector<size_t>& placings, Instant instant) {
  if (!times_.empty()) SALVOR_OK(StagedTimes::Note(fs_, times_, instant));
  for (const size_t placing : placings)
    SALVOR_OK(fs_.SetModified(placings_[placing].target, instant));
  return Done{};
}

void Placement::RemoveLeftovers() {
  for (const std::string& folder : copied_into_) io::RemoveTemporaries(fs_, folder, owner_);
}

Status Placement::SyncFolders() { return fs_.SyncDirectories({folders_.begin(), folders_.end()}); }

Result<std::unique_ptr<io::RandomAccessFile>> Placement::OpenSource(const Placing& placing,
                                                                    const std::string& source) {
  std::unique_ptr<io::RandomAccessFile> file;
  if (targets_.Holds(source)) {
    SALVOR_TRY(file, targets_.Open(source));
  } else {
    auto opened = fs_.Open(source);
    if (!opened && opened.error().code != Code::kNotFound) return Fail(std::move(opened).error());
    if (opened) file = std::move(*opened);
  }
  if (file != nullptr && file->Size() == placing.size) return file;
  return Fail(Code::kCorrupt, "a file of the private copy is gone or damaged", source,
              "Run salvor persist again while the old files are there");
}

// True if the target is there now. False if the source may not or cannot be linked: copy then.
Result<bool> Placement::LinkFrom(const io::RandomAccessFile& source, const Placing& placing,
                                 bool& other_device) {
  const io::FileInfo info = source.Info();
  // Only the owner may set a file's time, and an old time would let a VACUUM take it for an orphan.
  const uint32_t user = fs_.EffectiveUser();
  if (user != 0 && info.uid != user) return false;
  SALVOR_TRY(const io::LinkOutcome outcome, fs_.Link(source, placing.target));
  switch (outcome) {
    case io::LinkOutcome::kLinked:
      ++linked_;
      return true;
    case io::LinkOutcome::kExists:
      SALVOR_OK(AcceptTaken(source, placing));
      return true;
    case io::LinkOutcome::kOtherDevice:
      other_device = true;
      return false;
    case io::LinkOutcome::kSourceGone:
    case io::LinkOutcome::kNotPermitted:
      break;
  }
  return false;
}

// From the table's own old file, which spares the writing: only if it still has the copy's bytes.
Result<bool> Placement::LinkOriginal(const Origin& origin, const Placing& placing) {
  if (origin.original.empty()) return false;
  auto original = targets_.Open(origin.original);
  if (!original || *original == nullptr) return false;
  SALVOR_TRY(const bool same, SameBytes(fs_, **original, origin.source));
  bool other_device = false;
  return same ? LinkFrom(**original, placing, other_device) : Result<bool>(false);
}

Status Placement::AcceptTaken(const io::RandomAccessFile& source, const Placing& placing) {
  copied_into_.insert(io::ParentPath(placing.target));
  SALVOR_TRY([[maybe_unused]] const auto info, targets_.Look(placing.target));
  SALVOR_TRY(const bool same, SameBytes(fs_, source, placing.target));
  if (same) return Done{};
  return Fail(Code::kConflict, "another file has the name that this plan gives to a restored one",
              placing.target, "Move it away, if nobody needs it, then run the same command again");
}

Status Placement::PlaceOne(const Placing& placing) {
  SALVOR_OK(targets_.MakeFolderOf(fs_, placing.target));
  folders_.insert(io::ParentPath(placing.target));
  SALVOR_TRY(const Origin origin, origin_of_(placing.origin));
  SALVOR_TRY(const auto source, OpenSource(placing, origin.source));
  bool placed = false;
  bool elsewhere = placing.apart;
  if (!elsewhere) {
    SALVOR_TRY(placed, LinkFrom(*source, placing, elsewhere));
  }
  if (!placed && elsewhere) {
    SALVOR_TRY(placed, LinkOriginal(origin, placing));
  }
  return placed ? Status(Done{}) : CopyFrom(*source, placing);
}

Status Placement::CopyFrom(const io::RandomAccessFile& source, const Placing& placing) {
  copied_into_.insert(io::ParentPath(placing.target));
  SALVOR_TRY(const bool copied, fs_.CopyNew(source, placing.target));
  if (!copied) return AcceptTaken(source, placing);
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
