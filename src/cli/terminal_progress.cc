#include "cli/terminal_progress.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "io/interrupt.h"

namespace salvor::cli {
namespace {

constexpr Millis kQuiet = std::chrono::seconds(1);
constexpr Millis kFrame = Millis(100);
constexpr Millis kLineEvery = std::chrono::seconds(10);
constexpr Millis kToTell = std::chrono::seconds(2);

std::string Describe(std::string_view step, int64_t done, int64_t total) {
  if (total > 0) return fmt::format("{}: {} of {}", step, FormatCount(done), FormatCount(total));
  return done > 0 ? fmt::format("{}: {}", step, FormatCount(done)) : std::string(step);
}

// ", 1,200 a second, 3 min left"; nothing before there is enough to tell it by.
std::string Pace(int64_t since_start, Millis spent, int64_t left) {
  if (spent < kToTell || since_start <= 0) return {};
  const double a_second =
      static_cast<double>(since_start) * 1000 / static_cast<double>(spent.count());
  std::string text =
      fmt::format(", {} a second", a_second < 10 ? fmt::format("{:.1f}", a_second)
                                                 : FormatCount(std::llround(a_second)));
  if (left <= 0) return text;
  const Millis rest(std::llround(static_cast<double>(left) / a_second * 1000));
  return text + ", " + FormatSpan(rest) + " left";
}

}  // namespace

TerminalProgress::TerminalProgress(const io::Clock& clock, bool animate)
    : clock_(clock), animate_(animate), started_(clock.Now()), shown_(started_) {}

TerminalProgress::~TerminalProgress() { Clear(); }

void TerminalProgress::Tell(std::string_view step, int64_t done, int64_t total) {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.Now();
  if (step != step_ || done < step_done_) {
    step_ = step;
    step_began_ = now;
    step_done_ = done;
  }
  if (now - started_ < kQuiet) return;
  const bool first = shown_ == started_;
  if (!first && now - shown_ < (animate_ ? kFrame : kLineEvery)) return;
  shown_ = now;
  const std::string text =
      Printable(Describe(step, done, total) +
                Pace(done - step_done_, now - step_began_, total > 0 ? total - done : 0));
  io::NoteForInterrupt(text);
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
