// What the parts of io share that call the system: descriptors that close themselves, interrupted
// calls, errno.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::io {

// Calls until it is not interrupted by a signal; -1 and errno as the call left them.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Owns an open file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  // close(2) is not repeated on EINTR: Linux has released the descriptor by then.
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int Number() const { return number_; }

 private:
  int number_ = -1;
};

// The Error for errno: `action` is a phrase such as "cannot create the file".
Error ErrnoError(int number, std::string_view action, std::string path);

FileInfo InfoOf(const struct stat& status);

// What exec(2) and posix_spawn(3) take: pointers into `words`, which must outlive them, and a null.
std::vector<char*> ExecPointers(std::vector<std::string>& words);

// A regular file, opened for reading, with its status.
struct OpenedFile {
  Descriptor descriptor;
  struct stat status = {};
};
Result<OpenedFile> OpenRegular(const std::string& path, std::string_view action);

// All of the bytes, at the descriptor's position.
Status WriteAll(const Descriptor& file, std::string_view bytes, const std::string& path);

// Up to `size` bytes at `offset`; fewer only at the end of the file.
Result<size_t> ReadFully(const Descriptor& file, int64_t offset, char* buffer, size_t size,
                         const std::string& path);

}  // namespace salvor::io
