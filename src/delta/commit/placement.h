// Getting files into a table's folder under fresh names, so that no VACUUM, started before or
// after, can take them for old ones.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/commit/table_files.h"
#include "io/clock.h"
#include "io/fs.h"
#include "warehouse/progress.h"

namespace salvor::delta {

// Where a file's bytes are.
struct Origin {
  std::string source;  // the file to link or copy
  std::string
      original;  // the same bytes elsewhere, on the table's file system perhaps; "" for none
};

// One file that must be in the table's folder.
struct Placing {
  std::string target;  // where, a local path
  size_t origin = 0;   // what OriginOf is asked
  int64_t size = 0;
  uint32_t mode = 0;  // of the file that the table had
  uint32_t gid = 0;
  bool apart = false;  // the table must not share the bytes of `source`
};

class Placement {
 public:
  // Paths are made when they are needed: there may be hundreds of thousands.
  using OriginOf = std::function<Result<Origin>(size_t)>;

  // Borrows all but `owner`, under whose name unfinished copies stand (io::Fs::NameTemporaries);
  // `targets` opens what lies in the table's folder. `times`: the private copy's file where the
  // times are noted that its files get by this (see StagedTimes); "" for none.
  Placement(io::Fs& fs, const io::Clock& clock, warehouse::Progress& progress, SourceFiles& targets,
            OriginOf origin_of, std::string owner, std::string times = {})
      : fs_(fs),
        clock_(clock),
        progress_(progress),
        targets_(targets),
        origin_of_(std::move(origin_of)),
        owner_(std::move(owner)),
        times_(std::move(times)) {}

  void Add(Placing placing) { placings_.push_back(std::move(placing)); }

  // Every target is there afterwards, with the source's bytes, durable, and with a time of
  // modification ahead of the clock. Nothing that stands under a target's name is ever removed:
  // another apply may have committed it. kConflict if it is something else; kPermission if the
  // table's readers could not read a copy. Unfinished copies that a killed run left are removed.
  Status PlaceAll();
  // The targets that are absent are placed again: how many.
  Result<int64_t> Mend();
  // Sets all times ahead again where that was last done minutes ago.
  Status KeepYoung();

  [[nodiscard]] int64_t Linked() const { return linked_; }
  [[nodiscard]] int64_t Copied() const { return copied_; }
  [[nodiscard]] int64_t Count() const { return static_cast<int64_t>(placings_.size()); }

 private:
  Status PlaceOne(const Placing& placing);
  Result<std::unique_ptr<io::RandomAccessFile>> OpenSource(const Placing& placing,
                                                           const std::string& source);
  Result<bool> LinkFrom(const io::RandomAccessFile& source, const Placing& placing,
                        bool& other_device);
  Result<bool> LinkOriginal(const Origin& origin, const Placing& placing);
  Status CopyFrom(const io::RandomAccessFile& source, const Placing& placing);
  Status AcceptTaken(const io::RandomAccessFile& source, const Placing& placing);
  Status TouchAll();
  void RemoveLeftovers();
  Status Touch(const std::vector<size_t>& placings, Instant instant);
  Status SyncFolders();

  io::Fs& fs_;
  const io::Clock& clock_;
  warehouse::Progress& progress_;
  SourceFiles& targets_;
  OriginOf origin_of_;
  std::string owner_;
  std::string times_;
  std::vector<Placing> placings_;
  std::set<std::string> folders_;
  std::set<std::string> copied_into_;  // by this run or one before it
  Instant touched_;
  int64_t linked_ = 0;
  int64_t copied_ = 0;
};

}  // namespace salvor::delta
