// The typed fields of an add, read without its JSON being kept: a tenth of the time and memory of
// ParseAdd, for files that are only decided upon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "delta/protocol/action.h"

namespace salvor::delta {

class EssentialsReader {
 public:
  EssentialsReader();
  ~EssentialsReader();
  EssentialsReader(const EssentialsReader&) = delete;
  EssentialsReader& operator=(const EssentialsReader&) = delete;

  // The add of a line that holds nothing else. False for anything out of the ordinary, and then
  // `into` is to be read by ParseAdd, which says what is wrong if anything is.
  bool OfLine(std::string_view line, AddFile& into);
  // Likewise the add of its own object.
  bool OfEntry(std::string_view object, AddFile& into);
  // The path of the file that a line removes; nothing likewise.
  std::optional<std::string> RemovedPath(std::string_view line);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace salvor::delta
