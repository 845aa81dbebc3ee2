#include "bigquery/jobs/job_poller.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace salvor::bigquery {
namespace {

constexpr Millis kFirstWait{500};  // as long as nothing is known
constexpr Millis kLongestWait{5'000};
constexpr Millis kBetweenLists{1'000};
constexpr Millis kMargin{100};  // beyond what a job usually takes
// A list that lags shows a new job late; one that leaves it out for good must not be waited for.
constexpr int kMostUnlisted = 2;

}  // namespace

JobWatch::JobWatch(Api& api, const io::Clock& clock, std::string project, std::string location)
    : api_(api), clock_(clock), project_(std::move(project)), location_(std::move(location)) {}

Result<Job> JobWatch::Await(Job job) {
  std::unique_lock lock(mutex_);
  if (job.state == Job::State::kDone) {
    Learn(job);
    return job;
  }
  Waiting& mine = waiting_[job.ref.id];
  mine = {.ref = job.ref, .created = job.created, .since = clock_.Now(), .by_id = !list_answers_};
  while (!mine.done && !mine.by_id) {
    if (looking_) {
      changed_.wait(lock);
      continue;
    }
    looking_ = true;
    lock.unlock();
    Look();
    lock.lock();
    looking_ = false;
    changed_.notify_all();
  }
  const Waiting end = std::move(mine);
  waiting_.erase(job.ref.id);
  if (end.done) return *end.done;
  lock.unlock();
  return AskById(end);
}

void JobWatch::Look() {
  Millis wait{0};
  {
    const std::lock_guard lock(mutex_);
    wait = NextLook() - clock_.Now();
  }
  if (wait > Millis(0)) clock_.Sleep(wait);
  std::set<std::string> asked;
  JobSpan span;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, one] : waiting_) {
      if (!one.by_id && !one.done) asked.insert(id);
    }
    span = SpanOfAll();
  }
  auto listed = FindInList(api_, span, location_, asked);
  const std::lock_guard lock(mutex_);
  Take(std::move(listed), asked);
}

Instant JobWatch::DueOf(const Waiting& one) const {
  const Millis wait = usual_ ? std::min(*usual_ + kMargin, kLongestWait) : kFirstWait;
  return one.since + wait;
}

Instant JobWatch::NextLook() const {
  Instant due = clock_.Now() + kLongestWait;
  Millis oldest{0};
  for (const auto& [id, one] : waiting_) {
    if (one.by_id || one.done) continue;
    due = std::min(due, DueOf(one));
    oldest = std::max(oldest, clock_.Now() - one.since);
  }
  return std::max(due, last_look_ + std::clamp(oldest / 4, kBetweenLists, kLongestWait));
}

JobSpan JobWatch::SpanOfAll() const {
  JobSpan span{project_, Instant::max(), {}};
  for (const auto& [id, one] : waiting_) {
    if (!one.by_id && !one.done) span.from = std::min(span.from, one.created);
  }
  return span;
}

void JobWatch::Take(Result<ListedJobs> listed, const std::set<std::string>& asked) {
  last_look_ = clock_.Now();
  if (!listed) {
    list_answers_ = false;
    for (auto& [id, one] : waiting_) one.by_id = true;
    return;
  }
  for (const std::string& id : asked) {
    Waiting& one = waiting_.at(id);
    if (const auto found = listed->copied.find(id); found != listed->copied.end()) {
      Learn(found->second);
      one.done = std::move(found->second);
      one.done->ref = one.ref;
    } else if (listed->running.contains(id)) {
      one.unlisted = 0;
    } else if (listed->doubtful.contains(id)) {
      one.by_id = true;
    } else if (DueOf(one) <= last_look_) {
      one.by_id = ++one.unlisted >= kMostUnlisted;
    }
  }
}

// Rises at once and falls slowly: a question too early is one too many, one too late costs little.
void JobWatch::Learn(const Job& job) {
  if (!job.ended || *job.ended < job.created || job.created == Instant{}) return;
  const Millis took = *job.ended - job.created;
  usual_ = usual_ ? std::max(took, (*usual_ * 7 + took) / 8) : took;
}

Result<Job> JobWatch::AskById(const Waiting& mine) {
  std::unique_lock lock(mutex_);
  // As long as nobody knows how long a job takes, one of them is asked for and the others wait.
  changed_.wait(lock, [this] { return usual_ || !scouting_; });
  const bool scout = !usual_;
  if (scout) scouting_ = true;
  const Millis wait = DueOf(mine) - clock_.Now();
  lock.unlock();
  auto job = Poll(mine, wait);
  lock.lock();
  if (job) Learn(*job);
  if (scout) scouting_ = false;
  changed_.notify_all();
  return job;
}

Result<Job> JobWatch::Poll(const Waiting& mine, Millis first_wait) {
  Millis wait = first_wait;
  while (true) {
    if (wait > Millis(0)) clock_.Sleep(wait);
    auto seen = api_.GetJob(mine.ref);
    if (!seen || !*seen) {
      return Fail(Code::kOutcomeUnknown,
                  fmt::format("job {} was started and cannot be read: {}", mine.ref.id,
                              seen ? "the service does not know it" : seen.error().what),
                  mine.ref.project, "Run apply again: it will ask about this job");
    }
    Job job = **std::move(seen);
    job.ref = mine.ref;
    if (job.state == Job::State::kDone) return job;
    const Millis elapsed = clock_.Now() - mine.since;
    wait = std::clamp(elapsed / 2, kFirstWait, kLongestWait);
    if (elapsed < kLongestWait) continue;
    // Long enough for the others to be asked for too.
    const std::lock_guard lock(mutex_);
    usual_ = std::max(usual_.value_or(elapsed), kLongestWait);
    changed_.notify_all();
  }
}

}  // namespace salvor::bigquery
