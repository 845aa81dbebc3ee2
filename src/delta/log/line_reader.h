// The lines of one JSON file of a log, in order, with a buffer of some MB whatever the file's size.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/files/table_files.h"
#include "io/fs.h"

namespace salvor::delta {

// Nobody writes an action that is longer than this.
inline constexpr int64_t kMaxLineBytes = int64_t{64} << 20U;

struct Line {
  std::string_view text;  // without line end; valid until the next call
  int64_t offset = 0;     // of its first byte in the file
  int64_t number = 0;     // from 1
};

class LineReader {
 public:
  // kNotFound if the file is gone.
  static Result<LineReader> Open(const TableFiles& fs, std::string path);

  // The next line that is not blank; nothing at the end. kCorrupt for one that is too long.
  Result<std::optional<Line>> Next();
  // "path:12", of the line that Next gave last.
  [[nodiscard]] std::string Where() const;

 private:
  Status Fill();

  std::string path_;
  std::unique_ptr<io::RandomAccessFile> file_;
  std::string buffer_;
  size_t used_ = 0;        // bytes of buffer_ that were given out
  int64_t buffer_at_ = 0;  // the file offset of buffer_[0]
  int64_t number_ = 0;
  bool at_end_ = false;
};

// Single lines by their offsets. Ascending offsets that lie close together share reads.
class LineSeeker {
 public:
  static Result<LineSeeker> Open(const TableFiles& fs, const std::string& path);

  // The line that starts at `offset`, without line end; valid until the next call.
  Result<std::string_view> At(int64_t offset);

 private:
  std::string path_;
  std::unique_ptr<io::RandomAccessFile> file_;
  std::string buffer_;
  int64_t buffer_at_ = 0;
};

}  // namespace salvor::delta
