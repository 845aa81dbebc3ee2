#include "workspace/progress_client.h"

#include <fmt/format.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "http/url.h"

namespace salvor::workspace {
namespace {

constexpr Millis kBetweenNotes{5'000};
constexpr Millis kPatience{1'000};

// Speaks once, if it still lives after a second.
class Reminder {
 public:
  Reminder(std::string line, warehouse::Progress& progress)
      : thread_([this, line = std::move(line), &progress] {
          std::unique_lock lock(mutex_);
          if (!ended_.wait_for(lock, kPatience, [this] { return over_; })) progress.Note(line);
        }) {}
  Reminder(const Reminder&) = delete;
  Reminder& operator=(const Reminder&) = delete;
  ~Reminder() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

http::RetryWatcher NoteRetries(const io::Clock& clock, warehouse::Progress& progress) {
  struct Told {
    std::mutex mutex;
    std::optional<Instant> last;
  };
  return [&clock, &progress, told = std::make_shared<Told>()](const http::RetryNotice& notice) {
    if (!notice.IsWorthAWord()) return;
    const std::lock_guard lock(told->mutex);
    const Instant now = clock.Now();
    if (told->last && now - *told->last < kBetweenNotes) return;
    told->last = now;
    progress.Note(http::FormatNotice(notice));
  };
}

Result<http::Response> ProgressClient::Send(const http::Request& request) {
  const auto url = http::ParseUrl(request.url);
  const Reminder reminder(
      fmt::format("waiting for an answer of {}", url ? url->host : "the server"), progress_);
  return client_.Send(request);
}

}  // namespace salvor::workspace
