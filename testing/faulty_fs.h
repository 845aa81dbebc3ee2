// A file system on which chosen calls fail.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/intercepting_fs.h"

namespace salvor::testing {

// The errors of a full disk and of a missing right, as PosixFs reports them.
Error FullDisk();
Error AccessDenied();

// Hands every call on, but for those that a test makes fail; nothing happens then.
class FaultyFs final : public InterceptingFs {
 public:
  explicit FaultyFs(io::Fs& inner) : InterceptingFs(inner) {}

  // The `nth` call of this kind from now on (1: the next) fails once.
  void FailOnce(Call call, int64_t nth, Error error);
  // Every call of this kind whose path contains `part` fails from now on.
  void FailAlways(Call call, Error error, std::string part = "");
  void Mend();
  // How often it was called, failures included.
  [[nodiscard]] int64_t Count(Call call) const;

 protected:
  Status Before(Call call, const std::string& path) const override;

 private:
  struct Fault {
    Call call;
    int64_t at = 0;  // the count at which it fails; 0: always
    std::string part;
    Error error;
  };
  mutable std::mutex mutex_;
  mutable std::map<Call, int64_t> counts_;
  std::vector<Fault> faults_;
};

}  // namespace salvor::testing
