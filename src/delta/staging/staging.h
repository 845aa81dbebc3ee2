// The private copy of a plan: a folder root/<plan's digest> with mode 0700, in it one flat folder
// of data files and vectors, the manifest, and a Delta log, so that any Delta reader can read it by
// itself. Its only commit is written last and is the mark of completeness.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/duckdb/database.h"
#include "delta/staging/manifest.h"
#include "delta/staging/staging_options.h"
#include "delta/table/table_log.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/plan.h"
#include "warehouse/progress.h"
#include "warehouse/staging_store.h"

namespace salvor::delta {

// What the digest of a copy of today's rows ends with (replaced_rows.h).
inline constexpr std::string_view kReplacedMark = "-replaced";

// Where things are in the copy of this plan.
class StagingPlace {
 public:
  StagingPlace(const model::Plan& plan, const std::string& plan_digest)
      : root_(plan.staging_root), folder_(io::JoinPath(root_, plan_digest)) {}

  [[nodiscard]] const std::string& Root() const { return root_; }
  [[nodiscard]] const std::string& Folder() const { return folder_; }
  [[nodiscard]] std::string File(const std::string& name) const {
    return io::JoinPath(folder_, name);
  }
  [[nodiscard]] std::string ManifestFolder() const { return File("_salvor"); }
  [[nodiscard]] std::string ManifestFile() const { return ManifestFolder() + "/manifest.jsonl"; }
  // The next manifest of a copy that has one, until the commit names it.
  [[nodiscard]] std::string NextManifestFile() const {
    return ManifestFolder() + "/manifest.next.jsonl";
  }
  // Pieces of the partitions that could be saved, where others could not.
  [[nodiscard]] std::string SavedFile() const { return ManifestFolder() + "/saved.jsonl"; }
  // Of both copies of a plan: they may share files.
  [[nodiscard]] std::string TimesFile() const {
    std::string folder = folder_;
    if (folder.ends_with(kReplacedMark)) folder.resize(folder.size() - kReplacedMark.size());
    return folder + "/_salvor/times.json";
  }
  [[nodiscard]] std::string LogFolder() const { return File("_delta_log"); }
  [[nodiscard]] std::string CommitFile() const {
    return LogFolder() + "/00000000000000000000.json";
  }

 private:
  std::string root_;
  std::string folder_;
};

// Whether a file beside the manifest says that the plan was rejected.
bool IsRejectionMark(std::string_view name);

struct Staged {
  Manifest manifest;
  std::string privacy;  // what was found, for people
};

// A complete copy, its manifest checked against the plan; nothing if there is none. kRefused if it
// is not private, kCorrupt if it is not what Persist wrote. Does not look at the data files.
Result<std::optional<Staged>> LoadStaging(const io::FsReader& fs, const model::Plan& plan,
                                          const std::string& plan_digest,
                                          const std::string& table_root, AddDetail detail);

// LoadStaging where there must be one: kRefused if there is none.
Result<Staged> NeedStaging(const io::FsReader& fs, const model::Plan& plan,
                           const std::string& plan_digest, const std::string& table_root);

// Staged files by name: one listing of the folder.
Result<std::vector<io::FsReader::Entry>> ListStaging(const io::FsReader& fs,
                                                     const StagingPlace& place);

// The borrowed arguments must outlive the store.
class DeltaStaging final : public warehouse::StagingStore {
 public:
  DeltaStaging(io::Fs& fs, const io::Clock& clock, Log& log, Duck& duck,
               warehouse::Progress& progress, PersistOptions options = {})
      : fs_(fs), clock_(clock), log_(log), duck_(duck), progress_(progress), options_(options) {}

  Result<warehouse::Persisted> Persist(const model::Plan& plan,
                                       const std::string& plan_digest) override;
  Result<std::optional<warehouse::Persisted>> Find(const model::Plan& plan,
                                                   const std::string& plan_digest) override;
  // An empty file beside the manifest, by name; without a copy, in the folder above.
  Result<bool> MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                            const std::string& statement) override;
  Result<std::vector<std::string>> Rejections(const model::Plan& plan,
                                              const std::string& plan_digest) override;
  Result<std::vector<warehouse::CopySeen>> CheckUnchanged(
      const model::Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::CopySeen>& seen) override;

 private:
  struct Brought {
    Manifest manifest;
    int64_t linked = 0;
    int64_t copied = 0;
  };
  // Find, but for a copy of which not every partition could be saved: nothing.
  Result<std::optional<Staged>> FindWhole(const model::Plan& plan, const std::string& plan_digest,
                                          AddDetail detail);
  Result<Brought> Bring(const model::Plan& plan, const std::string& plan_digest,
                        const StagingPlace& place);
  // Of a copy that is complete: every row. Where rows cannot be read, it no longer is complete.
  Status PrintCopy(const model::Plan& plan, const StagingPlace& place, Manifest& manifest);
  // Records what a new plan can take over; always the error that names the damage.
  Status KeepSound(const model::Plan& plan, const StagingPlace& place, const Manifest& manifest,
                   const Damage& damaged);
  // Writes the manifest, and the commit that makes the copy complete.
  Result<std::string> Complete(Brought& brought, const StagingPlace& place);

  io::Fs& fs_;
  const io::Clock& clock_;
  Log& log_;
  Duck& duck_;
  warehouse::Progress& progress_;
  PersistOptions options_;
};

// What the journal keeps of a copy; nothing for one made before such was kept.
std::vector<warehouse::CopySeen> SeenOf(const Manifest& manifest);

class DeltaStagingDropper final : public warehouse::StagingDropper {
 public:
  explicit DeltaStagingDropper(io::Fs& fs) : fs_(fs) {}

  Result<bool> Drop(const model::Plan& plan, const std::string& plan_digest) override;

 private:
  io::Fs& fs_;
};

}  // namespace salvor::delta
