#include "http/retry.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "http/date.h"

namespace salvor::http {
namespace {

// RFC 9110, section 10.2.3: a number of seconds or a date.
std::optional<Millis> RetryAfter(const Response& response, Instant now) {
  const std::string text(response.Get("Retry-After"));
  if (text.empty()) return std::nullopt;
  if (const auto seconds = ParseInt64(text)) {
    return Millis(std::clamp<int64_t>(*seconds, 0, 86'400) * 1'000);
  }
  const auto date = ParseDate(text);
  if (!date) return std::nullopt;
  return std::max(*date - now, Millis(0));
}

// What one attempt came to.
struct Attempt {
  Result<Response> result;
  bool again = false;  // it may be sent once more
};

Attempt ClassifyAttempt(Result<Response> result, Idempotency idempotency,
                        const Classifier& classify) {
  const bool repeatable = idempotency == Idempotency::kIdempotent;
  if (!result) {
    const Code code = result.error().code;
    if (code == Code::kCorrupt && !repeatable) {
      Error error = std::move(result).error();
      error.code = Code::kOutcomeUnknown;
      return {Fail(std::move(error))};
    }
    const bool again = code == Code::kUnavailable || (code == Code::kOutcomeUnknown && repeatable);
    return {std::move(result), again};
  }
  switch (classify(*result)) {
    case Verdict::kAnswer:
      return {std::move(result)};
    case Verdict::kNotDone:
      return {std::move(result), true};
    case Verdict::kMayBeDone:
      break;
  }
  if (repeatable) return {std::move(result), true};
  return {Fail(Code::kOutcomeUnknown, "the server answered HTTP " + std::to_string(result->status) +
                                          ", which leaves open whether it acted")};
}

// "https://host:port", without what follows: that may hold a secret.
std::string ServerOf(std::string_view url) {
  const size_t scheme = url.find("://");
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  return std::string(url.substr(0, url.find_first_of("/?#", host)));
}

std::string Attempts(int count) {
  return std::to_string(count) + (count == 1 ? " attempt" : " attempts");
}

std::string ReasonOf(const Result<Response>& result) {
  return result ? "HTTP " + std::to_string(result->status) : result.error().what;
}

}  // namespace

Verdict ClassifyByStatus(const Response& response) {
  switch (response.status) {
    case 429:
      return Verdict::kNotDone;
    case 408:
    case 500:
    case 502:
    case 503:
    case 504:
      return Verdict::kMayBeDone;
    default:
      return Verdict::kAnswer;
  }
}

RetryLoop::RetryLoop(Client& client, const io::Clock& clock, const io::Random& random,
                     RetryPolicy policy, RetryWatcher watcher)
    : client_(client),
      clock_(clock),
      random_(random),
      policy_(policy),
      watcher_(std::move(watcher)) {}

std::string FormatNotice(const RetryNotice& notice) {
  const int64_t seconds = (notice.wait.count() + 999) / 1'000;
  return notice.server + ": " + notice.reason + "; trying again in " + std::to_string(seconds) +
         " s (attempt " + std::to_string(notice.attempt + 1) + ")";
}

bool RetryLoop::IsStranger(const std::string& server, const Result<Response>& result) const {
  const std::lock_guard lock(mutex_);
  if (result) answered_.insert(server);
  return !result && result.error().code == Code::kUnavailable && !answered_.contains(server);
}

Result<Response> RetryLoop::Send(const Request& request, Idempotency idempotency,
                                 const Classifier& classify) const {
  const Instant begin = clock_.Now();
  const Instant end = begin + policy_.deadline;
  const std::string server = ServerOf(request.url);
  Millis longest = policy_.first_wait;
  Request timed = request;
  for (int number = 1;; ++number) {
    timed.timeout = std::max(std::min(end - clock_.Now(), request.timeout), Millis(1));
    auto answer = client_.Send(timed);
    const bool stranger = IsStranger(server, answer);
    Attempt attempt = ClassifyAttempt(std::move(answer), idempotency, classify);
    if (!attempt.again) return std::move(attempt.result);

    const Instant now = clock_.Now();
    auto wait = Millis(static_cast<int64_t>(static_cast<double>(longest.count()) *
                                            (0.5 + random_.NextFraction() / 2)));
    if (attempt.result) wait = std::max(wait, RetryAfter(*attempt.result, now).value_or(wait));
    const Instant last = stranger ? std::min(end, begin + policy_.deadline_of_strangers) : end;
    if (now + wait >= last) {
      if (!attempt.result) {
        Error error = std::move(attempt.result).error();
        error.what += ", after " + Attempts(number);
        if (stranger)
          error.next = "Nobody has answered there yet: check the address and the network";
        return Fail(std::move(error));
      }
      return std::move(attempt.result);
    }
    if (watcher_) watcher_({number, wait, ReasonOf(attempt.result), server, now - begin});
    clock_.Sleep(wait);
    longest = std::min(longest * 2, policy_.longest_wait);
  }
}

}  // namespace salvor::http
