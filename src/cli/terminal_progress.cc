#include "cli/terminal_progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"

namespace salvor::cli {
namespace {

constexpr Millis kQuiet = std::chrono::seconds(1);
constexpr Millis kFrame = Millis(100);
constexpr Millis kLineEvery = std::chrono::seconds(10);

std::string Describe(std::string_view step, int64_t done, int64_t total) {
  if (total > 0) return fmt::format("{}: {} of {}", step, FormatCount(done), FormatCount(total));
  return done > 0 ? fmt::format("{}: {}", step, FormatCount(done)) : std::string(step);
}

}  // namespace

TerminalProgress::TerminalProgress(const io::Clock& clock, bool animate)
    : clock_(clock), animate_(animate), started_(clock.Now()), shown_(started_) {}

TerminalProgress::~TerminalProgress() { Clear(); }

void TerminalProgress::Tell(std::string_view step, int64_t done, int64_t total) {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.Now();
  if (now - started_ < kQuiet) return;
  const bool first = shown_ == started_;
  if (!first && now - shown_ < (animate_ ? kFrame : kLineEvery)) return;
  shown_ = now;
  const std::string text = Printable(Describe(step, done, total));
  const std::string line = animate_ ? "\r" + text + "\x1b[K" : text + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  on_screen_ = animate_;
}

void TerminalProgress::Note(std::string_view line) {
  const std::lock_guard lock(mutex_);
  Wipe();
  const std::string text = Printable(line) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void TerminalProgress::Clear() {
  const std::lock_guard lock(mutex_);
  Wipe();
}

void TerminalProgress::Wipe() {
  if (on_screen_) std::fputs("\r\x1b[K", stderr);
  on_screen_ = false;
}

}  // namespace salvor::cli
