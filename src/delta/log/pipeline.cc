#include "delta/log/pipeline.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "delta/log/line_reader.h"

namespace salvor::delta {
namespace {

// One job is about this much text: whole small files together, or a part of a large one.
constexpr int64_t kJobBytes = int64_t{1} << 20U;
constexpr size_t kJobFiles = 256;
constexpr size_t kJobsInFlight = 8;
constexpr unsigned kThreads = 2;

struct Part {
  size_t file = 0;
  int64_t begin = 0;  // a line belongs to the part in which it starts
  int64_t end = 0;
  bool last = false;
};
using Job = std::vector<Part>;

struct JobResult {
  std::vector<Piece> pieces;
  std::optional<Error> error;  // of reading the file that follows the pieces
  size_t failed = 0;           // that file
};

std::vector<Job> Cut(const std::vector<LogFile>& files) {
  std::vector<Job> jobs;
  Job small;
  int64_t small_bytes = 0;
  const auto flush = [&] {
    if (!small.empty()) jobs.push_back(std::move(small));
    small.clear();
    small_bytes = 0;
  };
  for (size_t i = 0; i < files.size(); ++i) {
    const int64_t size = files[i].size;
    if (small_bytes + size > kJobBytes || small.size() == kJobFiles) flush();
    if (size <= kJobBytes) {
      small.push_back({i, 0, size, true});
      small_bytes += size;
      continue;
    }
    for (int64_t at = 0; at < size; at += kJobBytes) {
      const int64_t end = std::min(at + kJobBytes, size);
      jobs.push_back({{i, at, end, end == size}});
    }
  }
  flush();
  return jobs;
}

// One thread's reading: a buffer that is used again, and a scanner.
class PartReader {
 public:
  PartReader(const TableFiles& fs, const std::string& folder, const std::vector<LogFile>& files,
             const std::string& root, PartitionValuesPool& pool)
      : fs_(fs), folder_(folder), files_(files), scanner_(root, pool) {}

  JobResult Do(const Job& job) {
    JobResult result;
    for (const Part& part : job) {
      Piece piece;
      piece.file = part.file;
      piece.last = part.last;
      Status read = Read(part, piece.lines);
      if (!read) {
        result.error = std::move(read).error();
        result.failed = part.file;
        return result;
      }
      result.pieces.push_back(std::move(piece));
    }
    return result;
  }

 private:
  Status Read(const Part& part, ScannedLines& into) {
    if (part.begin == part.end) return Done{};
    const std::string path = io::JoinPath(folder_, files_[part.file].name);
    if (open_index_ != part.file || !open_) {
      SALVOR_TRY(open_, fs_->Open(path));
      open_index_ = part.file;
    }
    // One byte before tells whether a line starts exactly at `begin`.
    const int64_t from = std::max<int64_t>(0, part.begin - 1);
    SALVOR_OK(Load(from, part.end, path));
    size_t start = 0;
    if (part.begin > 0) {
      const char* line_end = std::find(buffer_.data(), buffer_.data() + size_, '\n');
      start = static_cast<size_t>(line_end - buffer_.data()) + 1;
      if (from + static_cast<int64_t>(start) >= part.end) return Done{};
    }
    SALVOR_OK(LoadRestOfLine(from, part.end, path));
    int64_t bad = 0;
    Status scanned = scanner_.Scan({buffer_.data() + start, size_ - start},
                                   from + static_cast<int64_t>(start), into, bad);
    if (!scanned) return Fail(std::move(scanned).error().At(path + LineOf(bad)));
    return Done{};
  }

  // Fills the buffer with the bytes from..to.
  Status Load(int64_t from, int64_t to, const std::string& path) {
    size_ = static_cast<size_t>(to - from);
    if (buffer_.size() < size_ + LineScanner::kPadding)
      buffer_.resize(size_ + LineScanner::kPadding);
    SALVOR_TRY(const size_t got, open_->ReadAt(from, buffer_.data(), size_));
    if (got < size_) return Fail(Code::kCorrupt, "the file became shorter while it was read", path);
    return Done{};
  }

  // Appends what is missing of the last line, which may start here and end later.
  Status LoadRestOfLine(int64_t from, int64_t to, const std::string& path) {
    constexpr size_t kMore = size_t{64} << 10U;
    const int64_t file_size = files_[open_index_].size;
    while (size_ > 0 && buffer_[size_ - 1] != '\n' && to < file_size) {
      const size_t more =
          static_cast<size_t>(std::min(static_cast<int64_t>(kMore), file_size - to));
      if (static_cast<int64_t>(size_) > kMaxLineBytes + kJobBytes)
        return Fail(Code::kCorrupt, "a line is longer than any action can be", path + LineOf(from));
      buffer_.resize(size_ + more + LineScanner::kPadding);
      SALVOR_TRY(const size_t got, open_->ReadAt(to, buffer_.data() + size_, more));
      if (got < more)
        return Fail(Code::kCorrupt, "the file became shorter while it was read", path);
      const void* line_end = std::memchr(buffer_.data() + size_, '\n', more);
      to += static_cast<int64_t>(more);
      if (line_end != nullptr) {
        size_ = static_cast<size_t>(static_cast<const char*>(line_end) - buffer_.data()) + 1;
        break;
      }
      size_ += more;
    }
    return Done{};
  }

  // ":12" for the line that starts at `offset`; counts from the file's start, for errors only.
  std::string LineOf(int64_t offset) {
    int64_t number = 1;
    std::string block(size_t{1} << 20U, '\0');
    for (int64_t at = 0; at < offset;) {
      const size_t want =
          static_cast<size_t>(std::min(static_cast<int64_t>(block.size()), offset - at));
      const auto got = open_->ReadAt(at, block.data(), want);
      if (!got || *got == 0) break;
      number += std::count(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*got), '\n');
      at += static_cast<int64_t>(*got);
    }
    return ":" + std::to_string(number);
  }

  const TableFiles fs_;
  const std::string& folder_;
  const std::vector<LogFile>& files_;
  LineScanner scanner_;
  std::unique_ptr<io::RandomAccessFile> open_;
  size_t open_index_ = 0;
  std::vector<char> buffer_;
  size_t size_ = 0;
};

// Results by job number; a worker may run ahead of the reader by kJobsInFlight jobs.
class Queue {
 public:
  explicit Queue(size_t jobs) : jobs_(jobs) {}

  std::optional<size_t> NextJob() {
    std::unique_lock lock(mutex_);
    room_.wait(lock,
               [this] { return stopped_ || next_ >= jobs_ || next_ < taken_ + kJobsInFlight; });
    if (stopped_ || next_ >= jobs_) return std::nullopt;
    return next_++;
  }
  void Put(size_t job, JobResult result) {
    const std::lock_guard lock(mutex_);
    slots_[job % kJobsInFlight] = std::move(result);
    ready_.notify_one();
  }
  JobResult Take() {
    std::unique_lock lock(mutex_);
    std::optional<JobResult>& slot = slots_[taken_ % kJobsInFlight];
    ready_.wait(lock, [&slot] { return slot.has_value(); });
    JobResult result = std::move(*slot);
    slot.reset();
    ++taken_;
    room_.notify_all();
    return result;
  }
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    room_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ready_;
  std::optional<JobResult> slots_[kJobsInFlight];
  size_t jobs_;
  size_t next_ = 0;
  size_t taken_ = 0;
  bool stopped_ = false;
};

Status TakeAll(JobResult result, const std::function<Status(Piece&)>& take,
               std::optional<size_t>& unreadable) {
  for (Piece& piece : result.pieces) SALVOR_OK(take(piece));
  if (!result.error) return Done{};
  unreadable = result.failed;
  return Fail(std::move(*result.error));
}

}  // namespace

LogPipeline::LogPipeline(const TableFiles& fs, std::string folder, std::string root,
                         PartitionValuesPool& pool, warehouse::Progress& progress)
    : fs_(fs),
      folder_(std::move(folder)),
      root_(std::move(root)),
      pool_(pool),
      progress_(progress) {}

Status LogPipeline::Run(const std::vector<LogFile>& files,
                        const std::function<Status(Piece&)>& take) {
  const std::vector<Job> jobs = Cut(files);
  const auto total = static_cast<int64_t>(jobs.size());
  if (jobs.size() <= 1) {
    PartReader reader(fs_, folder_, files, root_, pool_);
    for (const Job& job : jobs) SALVOR_OK(TakeAll(reader.Do(job), take, unreadable_));
    return Done{};
  }
  Queue queue(jobs.size());
  const auto work = [&] {
    PartReader reader(fs_, folder_, files, root_, pool_);
    while (const std::optional<size_t> job = queue.NextJob())
      queue.Put(*job, reader.Do(jobs[*job]));
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(work);
  Status outcome = Done{};
  for (int64_t job = 0; job < total && outcome; ++job) {
    progress_.Tell("reading the log", job, total);
    outcome = TakeAll(queue.Take(), take, unreadable_);
  }
  queue.Stop();
  for (std::thread& thread : threads) thread.join();
  return outcome;
}

}  // namespace salvor::delta
