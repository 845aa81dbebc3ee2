// The recoveries that lie below a folder.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::recovery {

struct FoundCases {
  std::vector<std::string> folders;  // each with a plan.json, in the order of names
  std::vector<std::string> skipped;  // why some of it was not looked at, for people
};

// `root` itself, or what lies at most four folders below it. Folders that begin with a dot, those
// of Delta tables and links are left out; one that may not be read is told of. Opens no file.
// kNotFound if there is no such folder.
Result<FoundCases> FindCases(const io::FsReader& fs, const std::string& root);

}  // namespace salvor::recovery
