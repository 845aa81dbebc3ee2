#include "delta/log/line_reader.h"

#include <algorithm>
#include <utility>

namespace salvor::delta {
namespace {

constexpr size_t kBlock = size_t{1} << 20U;
constexpr size_t kSeekBlock = size_t{16} << 10U;

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

auto TooLong(std::string where) {
  return Fail(Code::kCorrupt, "a line is longer than any action can be", std::move(where));
}

}  // namespace

Result<LineReader> LineReader::Open(const TableFiles& fs, std::string path) {
  LineReader reader;
  SALVOR_TRY(reader.file_, fs->Open(path));
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
  const int64_t at = buffer_at_ + static_cast<int64_t>(had);
  // Most commits are small: no more than what is left, and one byte to see that it was all.
  const auto want =
      static_cast<size_t>(std::clamp<int64_t>(file_->Size() - at + 1, 1, int64_t{kBlock}));
  buffer_.resize(had + want);
  SALVOR_TRY(const size_t got, file_->ReadAt(at, buffer_.data() + had, want));
  buffer_.resize(had + got);
  at_end_ = got < want;
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

Result<LineSeeker> LineSeeker::Open(const TableFiles& fs, const std::string& path) {
  LineSeeker seeker;
  SALVOR_TRY(seeker.file_, fs->Open(path));
  seeker.path_ = path;
  return seeker;
}

Result<std::string_view> LineSeeker::At(int64_t offset) {
  size_t want = kSeekBlock;
  while (true) {
    const int64_t skip = offset - buffer_at_;
    if (skip >= 0 && skip < static_cast<int64_t>(buffer_.size())) {
      const auto start = static_cast<size_t>(skip);
      const size_t end = buffer_.find('\n', start);
      if (end != std::string::npos) return std::string_view(buffer_).substr(start, end - start);
      if (buffer_at_ == offset && buffer_.size() < want / 2)
        return std::string_view(buffer_).substr(start);
    }
    if (static_cast<int64_t>(want) > 2 * kMaxLineBytes) return TooLong(path_);
    buffer_.resize(want);
    SALVOR_TRY(const size_t got, file_->ReadAt(offset, buffer_.data(), want));
    buffer_.resize(got);
    buffer_at_ = offset;
    if (got == 0) return Fail(Code::kCorrupt, "the file became shorter while it was read", path_);
    want *= 2;
  }
}

}  // namespace salvor::delta
