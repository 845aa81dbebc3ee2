// Which salvor.yaml counts, and whether it may be trusted.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "io/fs.h"

namespace salvor::config {

inline constexpr const char* kFileName = "salvor.yaml";

// The salvor.yaml of `folder` or of the nearest folder above it that has one. The search stays on
// one file system and does not go above `home` (empty: there is none), as git's does not. An error
// where it may not be looked for one: a policy that cannot be seen is not one that does not count.
Result<std::optional<std::string>> FindConfig(const io::FsReader& fs, const std::string& folder,
                                              const std::string& home);

// Reads the file. kRefused where others could have written it: it or its folder is writable by
// everybody, or, unless it was `named` on the command line, it belongs to another user than the
// process's or root. kNotFound if a named file is absent. kInvalidArgument as ParseConfig, and
// where one table has two entries under the names of two warehouses.
Result<Config> LoadConfig(const io::FsReader& fs, const std::string& path, bool named);

// kRefused if everybody may change the file, or put another in its place. For what decides who may
// approve.
Status CheckNotOpenToAll(const io::FsReader& fs, const std::string& path);

// kRefused unless the file and every folder above it belong to root, and nobody else may change
// them. For a program that is believed.
Status CheckRootsAlone(const io::FsReader& fs, const std::string& path);

}  // namespace salvor::config
