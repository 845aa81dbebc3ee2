// Names that salvor gives to files: derived from a key and a position, so that a second run after a
// crash, on any machine, finds what the first one made.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "delta/protocol/z85.h"

namespace salvor::delta {

// What the name of every file that is placed into a table under this operation key begins with:
// "salvor-<16 hexadecimal digits>-".
std::string FreshPrefix(std::string_view operation_key);

// The path under which piece `index` goes back into the table: the folder text of its old path,
// byte for byte, and a new name of [A-Za-z0-9._-]. Byte for byte because a VACUUM compares path
// strings: a re-encoded folder ("ä" as %C3%A4) gets live files deleted.
std::string FreshPath(std::string_view old_path, std::string_view operation_key, size_t index);
bool IsFreshPath(std::string_view path, std::string_view operation_key);

// The flat name of piece `index` in the private copy of a plan: "part-00001-<12 digits>.parquet".
std::string StagedName(std::string_view old_path, std::string_view plan_digest, size_t index);
// True for what StagedName gives for this plan, and for the names of its staged vectors.
bool IsStagedName(std::string_view name, std::string_view plan_digest);

// A UUID derived from key and index; its first eight digits are the key's. The key is a digest in
// hexadecimal digits.
Uuid DerivedUuid(std::string_view key, size_t index);

}  // namespace salvor::delta
