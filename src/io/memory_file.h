// A file in memory, for libraries that take nothing but a path.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salvor::io {

class MemoryFile {
 public:
  virtual ~MemoryFile() = default;  // gone with it
  virtual Status Append(std::string_view bytes) = 0;
  // Opens this file, in this process alone.
  [[nodiscard]] virtual const std::string& Path() const = 0;
};

// kUnavailable where the system gives none.
Result<std::unique_ptr<MemoryFile>> MakeMemoryFile();

}  // namespace salvor::io
