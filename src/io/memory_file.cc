#include "io/memory_file.h"

#include <sys/mman.h>

#include <utility>

#include "io/posix_call.h"

namespace salvor::io {
namespace {

class PosixMemoryFile final : public MemoryFile {
 public:
  explicit PosixMemoryFile(Descriptor file)
      : file_(std::move(file)), path_("/proc/self/fd/" + std::to_string(file_.Number())) {}

  Status Append(std::string_view bytes) override { return WriteAll(file_, bytes, "memory"); }
  [[nodiscard]] const std::string& Path() const override { return path_; }

 private:
  Descriptor file_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<MemoryFile>> MakeMemoryFile() {
  Descriptor file(::memfd_create("salvor", MFD_CLOEXEC));
  if (file.Number() < 0) return Fail(ErrnoError(errno, "cannot make a file in memory", {}));
  return std::make_unique<PosixMemoryFile>(std::move(file));
}

}  // namespace salvor::io
