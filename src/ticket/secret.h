// Whether what somebody else says holds a secret of ours.
#pragma once

#include <string_view>

namespace salvor::ticket {

// As it is, in letters of the other case, or in base64 of any alphabet, alone or among other bytes
// ("user:token"), with white space anywhere; also a part of it of eight bytes.
bool GivesAway(std::string_view text, std::string_view secret);

}  // namespace salvor::ticket
