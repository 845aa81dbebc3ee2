// A case's journal: who did what when, in the order in which it became durable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "journal/chain.h"

namespace salvor::journal {

inline constexpr std::string_view kFileName = "journal.jsonl";

// The one open journal of a case, and with it the case's lock: while it lives, nobody else can work
// on the case. Not thread-safe.
class Journal {
 public:
  // Takes the lock, reads and checks what is there, and makes the file (mode 0644) if there is
  // none. A torn last line, left by a crash, is cut off, and a note of step "journal" says so. The
  // folder must exist. The borrowed file system and clock must outlive the journal. kConflict:
  // another salvor works on this case. kCorrupt: a line was altered, `where` names it.
  static Result<std::unique_ptr<Journal>> Open(io::Fs& fs, const io::Clock& clock,
                                               const std::string& case_dir,
                                               const std::string& plan_digest);

  // Durable on return. After an error it is unknown whether the entry is in the file, and every
  // further Append fails with the same error: end, and run the command again.
  Status Append(Entry entry);

  // Everything since the case began, the entries of this process too.
  [[nodiscard]] const std::vector<Line>& Entries() const { return lines_; }

 private:
  Journal(std::unique_ptr<io::AppendFile> file, const io::Clock& clock, std::string first_previous,
          Chain chain);
  Status Write(const std::string& bytes);

  std::unique_ptr<io::AppendFile> file_;
  const io::Clock& clock_;
  std::string plan_digest_;
  std::vector<Line> lines_;
  int64_t size_ = 0;  // bytes of the file that are complete lines
  Status broken_ = Done{};
};

// The same without lock or change, for looking: safe while another process appends. No lines where
// there is no journal yet.
Result<Chain> ReadJournal(const io::FsReader& fs, const std::string& case_dir,
                          const std::string& plan_digest);

}  // namespace salvor::journal
