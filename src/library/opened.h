// The workspace behind a table or a case that a caller of the library opened.
#pragma once

#include "io/clock.h"
#include "io/environment.h"
#include "io/posix_fs.h"
#include "io/process.h"
#include "salvor/table.h"
#include "warehouse/progress.h"
#include "workspace/workspace.h"

namespace salvor::library {

// What the caller wants to be told.
class CallersProgress final : public warehouse::Progress {
 public:
  explicit CallersProgress(salvor::Progress* progress) : progress_(progress) {}
  void Tell(std::string_view step, int64_t done, int64_t total) override {
    if (progress_ != nullptr) progress_->Tell(step, done, total);
  }
  void Note(std::string_view line) override {
    if (progress_ != nullptr) progress_->Note(line);
  }

 private:
  salvor::Progress* const progress_;
};

// Does not move: engines borrow it.
struct Opened {
  explicit Opened(const OpenOptions& options)
      : progress(options.progress),
        workspace(
            {fs, io::SystemClock(), processes, io::SystemEnvironment()}, progress,
            {options.project, options.jobs_projects, options.max_bytes_billed, options.config},
            workspace::KnownEngines()) {}

  io::PosixFs fs;
  io::PosixProcesses processes;
  CallersProgress progress;
  workspace::Workspace workspace;
};

}  // namespace salvor::library
