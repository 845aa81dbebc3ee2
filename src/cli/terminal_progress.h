// Progress on standard error: nothing in the first second; then one line that is rewritten on a
// terminal, or a plain line every ten seconds elsewhere.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "io/clock.h"
#include "warehouse/progress.h"

namespace salvor::cli {

class TerminalProgress final : public warehouse::Progress {
 public:
  // Borrows the clock.
  TerminalProgress(const io::Clock& clock, bool animate);
  ~TerminalProgress() override;

  void Tell(std::string_view step, int64_t done, int64_t total) override;
  // A line of its own, which stays.
  void Note(std::string_view line) override;

  // Takes an animated line off the screen, before something else is written.
  void Clear();

 private:
  void Wipe();  // with the lock

  const io::Clock& clock_;
  const bool animate_;
  std::mutex mutex_;
  const Instant started_;
  Instant shown_;
  bool on_screen_ = false;
  // The step that is under way, since when, and how much of it was done then.
  std::string step_;
  Instant step_began_;
  int64_t step_done_ = 0;
};

}  // namespace salvor::cli
