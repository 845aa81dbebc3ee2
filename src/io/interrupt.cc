#include "io/interrupt.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>

namespace salvor::io {
namespace {

// A handler may neither lock nor allocate: it writes what lies ready.
constexpr size_t kLongestNote = 200;
struct Note {
  std::array<char, kLongestNote + 1> bytes;
  size_t size;
};
std::array<Note, 2> notes;         // one is read while the other is written
std::atomic<const Note*> current;  // nothing before the first note
std::string farewell;              // complete before the handlers are set
std::mutex writing;

void Write(const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(STDERR_FILENO, bytes, size);
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

extern "C" void SayAndEnd(int signal) {
  constexpr std::string_view kNewLine = "\n";
  Write(kNewLine.data(), kNewLine.size());
  if (const Note* note = current.load()) Write(note->bytes.data(), note->size);
  Write(farewell.data(), farewell.size());
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

void TellOnInterrupt(std::string text) {
  farewell = std::move(text);
  struct sigaction action {};
  action.sa_handler = SayAndEnd;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);  // nohup's wish counts
  }
}

void NoteForInterrupt(std::string_view line) {
  if (farewell.empty()) return;
  const std::lock_guard lock(writing);
  Note& next = current.load() == notes.data() ? notes[1] : notes[0];
  next.size = std::min(line.size(), kLongestNote);
  std::memcpy(next.bytes.data(), line.data(), next.size);
  next.bytes[next.size++] = '\n';
  current.store(&next);
}

}  // namespace salvor::io
