// Who could read a private copy: checked, never assumed.
#pragma once

#include <string>

#include "base/result.h"
#include "io/fs.h"

namespace salvor::delta {

inline constexpr uint32_t kPrivateMode = 0700;

// Checks the folders above and including `directory`, which must exist: none may be writable by
// others without the sticky bit, and each must belong to the process's user or to root. A group may
// write to a folder that also holds the table, since it can then replace the table itself.
// kRefused, by name.
Status CheckParents(const io::FsReader& fs, const std::string& directory,
                    const std::string& table_root);

// Checks a private folder itself, and its parents: no symbolic link, owned by the process's user,
// mode exactly 0700, no extended ACL. Says for people what was found; kRefused, by name, else.
Result<std::string> CheckPrivate(const io::FsReader& fs, const std::string& folder,
                                 const std::string& table_root);

// kRefused if the staging root lies in the table's folder, where a VACUUM would take the copy.
Status CheckOutsideTable(const io::FsReader& fs, const std::string& staging_root,
                         const std::string& table_root);

}  // namespace salvor::delta
