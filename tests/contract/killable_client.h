// A connection whose machine stops in the middle of a chosen request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "http/client.h"
#include "testing/crashing_fs.h"

namespace salvor::contract {

// Thread-safe. Once dead, nothing leaves the machine any more, until Revive.
class KillableClient final : public http::Client {
 public:
  explicit KillableClient(http::Client& inner) : inner_(inner) {}

  // Dies at the request with this number among those that may change something (all but GET),
  // counted from 1 since the last Revive: before it is sent, or with its answer on the way back.
  // `on_death` stops the rest of the machine.
  void KillAt(int64_t change, testing::Moment moment, std::function<void()> on_death);
  void Revive();
  // Called after each request that was answered, before salvor sees the answer.
  void AfterEach(std::function<void(const http::Request&)> act);
  // Requests by method, since the last Revive.
  [[nodiscard]] std::map<std::string, int64_t> Methods() const;
  // "before POST http://…", for messages.
  [[nodiscard]] std::string DiedAt() const;

  Result<http::Response> Send(const http::Request& request) override;

 private:
  http::Client& inner_;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> methods_;
  int64_t changes_ = 0;
  int64_t kill_at_ = 0;  // 0: never
  testing::Moment moment_ = testing::Moment::kBefore;
  std::function<void()> on_death_;
  std::function<void(const http::Request&)> after_each_;
  bool dead_ = false;
  std::string died_at_;
};

}  // namespace salvor::contract
