#include "delta/log_lines.h"

#include <utility>

namespace salvor::delta {
namespace {

constexpr size_t kBlock = size_t{1} << 20U;

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

auto TooLong(std::string where) {
  return Fail(Code::kCorrupt, "a line is longer than any action can be", std::move(where));
}

}  // namespace

Result<LineReader> LineReader::Open(const io::FsReader& fs, std::string path) {
  LineReader reader;
  SALVOR_TRY(reader.file_, fs.Open(path));
  reader.path_ = std::move(path);
  return reader;
}

std::string LineReader::Where() const { return path_ + ":" + std::to_string(number_); }

Status LineReader::Fill() {
  buffer_.erase(0, used_);
  buffer_at_ += static_cast<int64_t>(used_);
  used_ = 0;
  if (static_cast<int64_t>(buffer_.size()) > kMaxLineBytes) {
    ++number_;
    return TooLong(Where());
  }
  const size_t had = buffer_.size();
  buffer_.resize(had + kBlock);
  SALVOR_TRY(const size_t got,
             file_->ReadAt(buffer_at_ + static_cast<int64_t>(had), buffer_.data() + had, kBlock));
  buffer_.resize(had + got);
  at_end_ = got < kBlock;
  return Done{};
}

Result<std::optional<Line>> LineReader::Next() {
  size_t searched = 0;
  while (true) {
    const size_t end = buffer_.find('\n', used_ + searched);
    if (end == std::string::npos && !at_end_) {
      searched = buffer_.size() - used_;
      SALVOR_OK(Fill());
      continue;
    }
    if (used_ == buffer_.size()) return std::nullopt;
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    Line line{std::string_view(buffer_).substr(used_, stop - used_),
              buffer_at_ + static_cast<int64_t>(used_), ++number_};
    used_ = end == std::string::npos ? buffer_.size() : end + 1;
    searched = 0;
    if (IsBlank(line.text)) continue;
    return line;
  }
}

Result<std::string> ReadLineAt(const io::RandomAccessFile& file, int64_t offset) {
  std::string line;
  size_t block = 4096;
  while (true) {
    const size_t had = line.size();
    line.resize(had + block);
    SALVOR_TRY(const size_t got,
               file.ReadAt(offset + static_cast<int64_t>(had), line.data() + had, block));
    line.resize(had + got);
    const size_t end = line.find('\n', had);
    if (end != std::string::npos) {
      line.resize(end);
      return line;
    }
    if (got < block) return line;
    if (static_cast<int64_t>(line.size()) > kMaxLineBytes) return TooLong({});
    block = kBlock;
  }
}

}  // namespace salvor::delta
