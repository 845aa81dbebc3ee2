// What a planned partition is made of: the files that come back, and the files that are there now.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/protocol/file_key.h"
#include "delta/table/table_log.h"
#include "model/plan.h"

namespace salvor::delta {

// The content that one planned partition gets back. For kInvert: the files that the event took out
// of the partition, as they were right before it.
struct Content {
  model::PartitionKey key;
  model::Mode mode = model::Mode::kAdd;
  int64_t snapshot = 0;
  std::vector<AddFile> adds;       // sorted by path, then vector
  std::vector<AddFile> taken_out;  // kInvert: what the event put into the partition instead
};

struct Gathered {
  std::vector<Content> contents;       // in the order asked
  std::map<int64_t, TableHead> heads;  // of every snapshot named
};

// What some partitions hold at the latest version known to the log.
struct Holding {
  TableHead head;
  std::vector<std::vector<AddFile>> files;  // in the order asked, each sorted by path, then vector
  std::shared_ptr<const LiveFiles> live;    // of the latest version only: the whole table's
};

struct GatheredBoth {
  Gathered old;
  Holding now;
};

// One pass over the log for all of them. kTooLate where a version, or the commit of an event that
// is to be taken back, can no longer be read.
Result<Gathered> GatherContents(Log& log, const std::vector<warehouse::Wanted>& wanted);
Result<Holding> GatherNow(Log& log, const std::vector<model::PartitionKey>& keys, AddDetail detail);
Result<GatheredBoth> GatherBoth(Log& log, const std::vector<warehouse::Wanted>& wanted,
                                AddDetail detail);
// The same for versions of one's choice.
struct ReadAt {
  int64_t version = 0;
  AddDetail detail = AddDetail::kEssential;
};
Result<std::vector<Holding>> GatherAt(Log& log, const std::vector<ReadAt>& versions,
                                      const std::vector<model::PartitionKey>& keys);

std::vector<warehouse::Wanted> WantedOf(const model::Plan& plan);
std::vector<model::PartitionKey> KeysOf(const model::Plan& plan);

// The identity of a set of files: path, vector, size and partition values of each, in any order.
// Counts do not enter, because a checkpoint may lose them. "" for no files.
std::string DigestFiles(const std::vector<AddFile>& files);
std::string DigestFiles(std::vector<const AddFile*> files);
model::Tally TallyFiles(const std::vector<AddFile>& files);

// Those of `files` that are not among `others`, by logical file.
std::vector<AddFile> FilesNotIn(const std::vector<AddFile>& files,
                                const std::vector<AddFile>& others);

// What would leave the partition if `content` came back into it. For kInvert: what the event put
// there, whether or not it still is live.
std::vector<AddFile> FilesToRemove(const Content& content, const std::vector<AddFile>& now);
std::set<std::string> LogicalFiles(const std::vector<AddFile>& files);

// Why `adds` may not come into a partition that holds `now`: some reader reads one of them already,
// in another partition or under another spelling, or Spark could not read the table with it. ""
// where nothing stands in the way. What `now` has is not looked at: see FilesNotIn.
std::string TwinRefusal(const LiveFiles& live, const std::vector<AddFile>& adds,
                        const std::vector<AddFile>& now);

// The logical file, and the plain spelling of what it means (path_spelling.h), in a form of which
// many can be held.
FileKey KeyOfAdd(const AddFile& file);
FileKey KeyOfRemove(const RemoveFile& file);
FileKey KeyOfFileMeant(const std::string& table_root, const AddFile& file);

model::TableIdentity IdentityOf(const Log& log, const TableHead& head);

}  // namespace salvor::delta
