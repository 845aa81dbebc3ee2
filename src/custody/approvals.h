// The folder approvals/ of a case: statements and their signatures, read as what anybody could have
// put there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/fs.h"
#include "model/statement.h"

namespace salvor::custody {

inline constexpr const char* kApprovalsFolder = "approvals";

struct ApprovalFile {
  std::string path;
  std::string digest;  // of the statement's bytes
  std::string bytes;
  std::string signature;  // armored
  std::optional<model::Statement> statement;
  std::string problem;  // why it counts for nothing; empty if it is well-formed (not yet: genuine)
};

// Every file in the folder, in the order of names; none where there is no folder. A symbolic link,
// a pipe, a huge or stray file is a problem of its entry and is not opened. kRefused if the folder
// itself is a link or no folder, or holds more than a thousand files.
Result<std::vector<ApprovalFile>> ReadApprovals(const io::FsReader& fs,
                                                const std::string& case_folder);

// Writes both files, the signature first, durably; the statement's path. The same again is success.
Result<std::string> StoreApproval(io::Fs& fs, const std::string& case_folder,
                                  const std::string& statement, const std::string& signature);

}  // namespace salvor::custody
