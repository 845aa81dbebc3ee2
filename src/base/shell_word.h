// Commands for people to paste.
#pragma once

#include <string>

namespace salvor {

// One word for a shell: in quotes where it could be taken for several, or for something else.
std::string ShellWord(const std::string& text);

}  // namespace salvor
