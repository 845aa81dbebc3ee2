#include "tests/contract/killable_client.h"

#include <utility>

namespace salvor::contract {
namespace {

// Not one of the errors that are asked again.
tl::unexpected<Error> Stopped() { return Fail(Code::kRefused, "the machine has stopped"); }

}  // namespace

void KillableClient::KillAt(int64_t change, testing::Moment moment,
                            std::function<void()> on_death) {
  const std::lock_guard lock(mutex_);
  kill_at_ = change;
  moment_ = moment;
  on_death_ = std::move(on_death);
}

void KillableClient::AfterEach(std::function<void(const http::Request&)> act) {
  after_each_ = std::move(act);
}

void KillableClient::Revive() {
  const std::lock_guard lock(mutex_);
  methods_.clear();
  changes_ = kill_at_ = 0;
  dead_ = false;
}

std::map<std::string, int64_t> KillableClient::Methods() const {
  const std::lock_guard lock(mutex_);
  return methods_;
}

std::string KillableClient::DiedAt() const {
  const std::lock_guard lock(mutex_);
  return died_at_;
}

Result<http::Response> KillableClient::Send(const http::Request& request) {
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    if (dead_) return Stopped();
    ++methods_[request.method];
    const bool changes = request.method != "GET";
    if (changes) ++changes_;
    last = changes && changes_ == kill_at_;
    if (last) {
      dead_ = true;
      died_at_ = std::string(testing::MomentName(moment_)) + " " + request.method + " " +
                 request.url + " " + request.body;
      on_death_();
      if (moment_ == testing::Moment::kBefore) return Stopped();
    }
  }
  auto answer = inner_.Send(request);
  if (last) return Stopped();
  if (after_each_) after_each_(request);
  return answer;
}

}  // namespace salvor::contract
