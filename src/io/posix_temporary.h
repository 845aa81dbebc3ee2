// A file that is being written under a temporary name beside its target.
#pragma once

#include <string>
#include <utility>

#include "io/posix_call.h"
#include "io/posix_fs.h"

namespace salvor::io {

// Removes its temporary name when it goes, whatever happened.
class PosixFs::Temporary {
 public:
  Temporary(Descriptor file, std::string name, std::string target)
      : file_(std::move(file)), name_(std::move(name)), target_(std::move(target)) {}
  Temporary(Temporary&& other) noexcept
      : file_(std::move(other.file_)),
        name_(std::exchange(other.name_, std::string())),
        target_(std::move(other.target_)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  Temporary& operator=(Temporary&&) = delete;
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  [[nodiscard]] const Descriptor& File() const { return file_; }

  // Sets exactly this mode and makes the content durable.
  Status Finish(uint32_t mode);
  // Gives the file its name if that is free; `false` if it is taken.
  Result<bool> TakeName();
  // Gives the file its name, away from whatever has it.
  Status TakeOverName();
  // Somebody took the temporary name away, and nothing else has the file.
  [[nodiscard]] bool IsGone() const;

 private:
  Descriptor file_;
  std::string name_;
  std::string target_;
};

// Another run of the same owner, on this machine or another, may take for a leftover what is being
// written (RemoveTemporaries): it is written again.
template <typename Write>
auto PosixFs::ByTemporary(const std::string& target, const Write& write)
    -> decltype(write(std::declval<Temporary&>())) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    SALVOR_TRY(Temporary temporary, MakeTemporary(target));
    auto outcome = write(temporary);
    if (outcome || attempt == kAttempts || !temporary.IsGone()) return outcome;
  }
}

}  // namespace salvor::io
