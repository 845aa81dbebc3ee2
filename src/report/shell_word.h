// Commands for people to paste.
#pragma once

#include <string>

namespace salvor::report {

// One word for a shell, where a name could be taken for a flag or for more than one word.
std::string ShellWord(const std::string& text);

}  // namespace salvor::report
