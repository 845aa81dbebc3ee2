// The person at the other end: who the system says it is, and what stands on the terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace salvor::io {

// The system's name for the effective user, or "uid 1000" where it has none.
std::string UserName();

bool IsTerminal(int descriptor);

// Columns of the terminal; 0 where it is none, or does not say.
size_t TerminalWidth(int descriptor);

// Writes `prompt` to standard error and reads one line from standard input, without its newline;
// nothing at the end of input.
std::optional<std::string> AskLine(const std::string& prompt);

}  // namespace salvor::io
