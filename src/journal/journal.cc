#include "journal/journal.h"

#include <utility>

namespace salvor::journal {
namespace {

constexpr uint32_t kFileMode = 0644;                     // a case holds nothing confidential
constexpr int64_t kLargestJournal = int64_t{64} << 20U;  // bytes; a case writes a few dozen lines

Result<Chain> ReadChain(const io::FsReader& fs, const std::string& path,
                        const std::string& plan_digest) {
  SALVOR_TRY(const std::string bytes, fs.ReadFile(path, kLargestJournal));
  return ParseChain(bytes, plan_digest, path);
}

// A case from elsewhere could have lines appended to any file of whoever works on it.
Status CheckNoLink(const io::FsReader& fs, const std::string& path) {
  SALVOR_TRY(const auto info, fs.Lstat(path));
  if (!info || info->type == io::FileInfo::Type::kFile) return Done{};
  return Fail(Code::kCorrupt, "a case's journal must be a plain file, and this is a link or worse",
              path, "Nothing was written");
}

Result<std::unique_ptr<io::AppendFile>> OpenLocked(io::Fs& fs, const std::string& path,
                                                   const std::string& case_dir) {
  auto file = fs.OpenAppend(path, kFileMode);
  if (!file && file.error().code == Code::kConflict) {
    return Fail(Code::kConflict, "another salvor works on this case", case_dir,
                "Wait until it has ended, then run the same command again");
  }
  return file;
}

}  // namespace

Journal::Journal(std::unique_ptr<io::AppendFile> file, const io::Clock& clock,
                 std::string plan_digest, Chain chain)
    : file_(std::move(file)),
      clock_(clock),
      plan_digest_(std::move(plan_digest)),
      lines_(std::move(chain.lines)),
      size_(chain.whole_bytes) {}

Result<std::unique_ptr<Journal>> Journal::Open(io::Fs& fs, const io::Clock& clock,
                                               const std::string& case_dir,
                                               const std::string& plan_digest) {
  const std::string path = io::JoinPath(case_dir, kFileName);
  SALVOR_OK(CheckNoLink(fs, path));
  SALVOR_TRY(auto file, OpenLocked(fs, path, case_dir));
  SALVOR_TRY(Chain chain, ReadChain(fs, path, plan_digest));
  // Until the first line stands, the file's own entry in the folder may not be durable: this
  // process made it, or one that was killed before it could sync the folder.
  if (chain.lines.empty()) SALVOR_OK(fs.SyncDirectory(case_dir));
  const int64_t torn_bytes = chain.torn_bytes;
  std::unique_ptr<Journal> journal(
      new Journal(std::move(file), clock, plan_digest, std::move(chain)));
  if (torn_bytes > 0) {
    SALVOR_OK(journal->file_->Truncate(journal->size_));
    SALVOR_OK(journal->Append(
        {"journal",
         Kind::kNote,
         {{"cut_bytes", torn_bytes}, {"text", "cut off the last line, torn by a crash"}}}));
  }
  return journal;
}

Status Journal::Append(Entry entry) {
  if (!broken_) return broken_;
  if (entry.data.is_null()) entry.data = nlohmann::json::object();
  if (!entry.data.is_object()) {
    return Fail(Code::kInternal, "a journal entry of step " + entry.step + " is not an object");
  }
  Line line;
  line.number = static_cast<int64_t>(lines_.size()) + 1;
  line.at = clock_.Now();
  line.entry = std::move(entry);
  line.previous = lines_.empty() ? plan_digest_ : lines_.back().hash;
  const std::string bytes = FormatLine(line);
  broken_ = Write(bytes);
  if (!broken_) {
    // Best effort: what stays of it is cut off by the next Open, or is a whole line that nobody
    // relied on.
    [[maybe_unused]] const Status cut = file_->Truncate(size_);
    return broken_;
  }
  size_ += static_cast<int64_t>(bytes.size());
  lines_.push_back(std::move(line));
  return Done{};
}

Status Journal::Write(const std::string& bytes) {
  SALVOR_OK(file_->Append(bytes));
  return file_->Sync();
}

Result<Chain> ReadJournal(const io::FsReader& fs, const std::string& case_dir,
                          const std::string& plan_digest) {
  const std::string path = io::JoinPath(case_dir, kFileName);
  SALVOR_TRY(const auto info, fs.Stat(path));
  if (!info) return Chain{};
  return ReadChain(fs, path, plan_digest);
}

}  // namespace salvor::journal
