// What a person reads who stops the program.
#pragma once

#include <string>
#include <string_view>

namespace salvor::io {

// From now on SIGINT, SIGTERM and SIGHUP write `text` to standard error before they end the process
// as they always do, after the latest note, if there is one. Call it once, before threads are
// started, from a program and never from a library: it is the process that handles signals.
void TellOnInterrupt(std::string text);

// What is being done: a line without its end, made printable; cut after 200 bytes. From any thread,
// cheap. Nothing where TellOnInterrupt was not called.
void NoteForInterrupt(std::string_view line);

}  // namespace salvor::io
