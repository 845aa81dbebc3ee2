#include "testing/faulty_fs.h"

#include <utility>

namespace salvor::testing {

Error FullDisk() {
  return Error{Code::kUnavailable, "cannot write the file: No space left on device", "",
               "Free space on that file system, then run the same command again; nothing was lost"};
}

Error AccessDenied() {
  return Error{Code::kPermission, "cannot create the file: Permission denied", "",
               "Get the right to do this, then run the same command again"};
}

void FaultyFs::FailOnce(Call call, int64_t nth, Error error) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(Fault{call, counts_[call] + nth, "", std::move(error)});
}

void FaultyFs::FailAlways(Call call, Error error, std::string part) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(Fault{call, 0, std::move(part), std::move(error)});
}

void FaultyFs::Mend() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

int64_t FaultyFs::Count(Call call) const {
  const std::lock_guard lock(mutex_);
  return counts_[call];
}

Status FaultyFs::Before(Call call, const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const int64_t count = ++counts_[call];
  for (const Fault& fault : faults_) {
    if (fault.call != call || (fault.at != 0 && fault.at != count)) continue;
    if (path.find(fault.part) == std::string::npos) continue;
    return Fail(Error(fault.error).At(path));
  }
  return Done{};
}

}  // namespace salvor::testing
