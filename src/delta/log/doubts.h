// What makes partitions doubtful, gathered while the log is read: where readers disagree, or where
// nobody can tell what happened.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "delta/protocol/file_key.h"

namespace salvor::delta {

// Many files of a partition may be doubtful for one reason, which is then given once.
enum class DoubtKind : char {
  kPathSpelling,
  kVectors,
  kOneCommit,
  kCompacted,
  kGap,
  kCheckpoint,
  kNumbers
};

struct LoggedDoubt {
  std::string text;
  bool may_choose = false;
};

class Doubts {
 public:
  // `file` is whatever tells one doubt of the kind from another; a later one takes the earlier
  // one's place. `values_id` names the partition.
  void Raise(DoubtKind kind, const FileKey& file, uint32_t values_id, LoggedDoubt doubt) {
    doubts_[{values_id, kind, file.high, file.low}] = std::move(doubt);
  }
  // Readers agree again, but what happened in between stays doubtful: a person may choose.
  void Settle(DoubtKind kind, const FileKey& file, uint32_t values_id) {
    const auto at = doubts_.find({values_id, kind, file.high, file.low});
    if (at != doubts_.end()) at->second.may_choose = true;
  }

  // take(values_id, kind, doubt), doubts of one id and kind in a row.
  template <typename Take>
  void Each(Take take) const {
    for (const auto& [subject, doubt] : doubts_)
      take(std::get<0>(subject), std::get<1>(subject), doubt);
  }

 private:
  std::map<std::tuple<uint32_t, DoubtKind, uint64_t, uint64_t>, LoggedDoubt> doubts_;
};

}  // namespace salvor::delta
