// What besides the mode bits says who may read a file, and where mode bits say nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/fs.h"

namespace salvor::io {

// Whether everybody may change the file, or put another in the place of what lies in the folder: a
// sticky folder (as /tmp is) keeps that to the owners.
bool EverybodyMayChange(const FileInfo& info);

// Whether an ACL lets people change the file whom neither its owner nor its group tells of. Where
// there is one, the group's bits in the mode are the most that it gives to anybody.
Result<bool> AclLetsOthersChange(const FsReader& fs, const std::string& path, const FileInfo& info);

// Whether an NFSv4 ACL, as the attribute "system.nfs4_acl" has it (XDR, RFC 7530 section 6.2.1),
// lets anybody but the owner do more than see that the file is there. `true` for what is not
// understood, too.
bool Nfs4AclOpensToOthers(std::string_view acl);

// The name of a kind of file system, by its number in statfs(2), on which mode bits keep nobody
// out: they are made up, or another machine or program decides; "" for all others. NFS is none of
// them: its servers keep to the mode bits and to the ACL above.
std::string_view FileSystemWithoutModeBits(uint64_t type);

}  // namespace salvor::io
