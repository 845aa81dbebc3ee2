// Text that a person reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace salvor {

// Safe to print on a terminal or in a log: control characters, escape sequences, bidirectional
// overrides, characters that nobody sees and broken UTF-8 become visible escapes such as \x1b.
// Everything else stays.
std::string Printable(std::string_view text);

// A JSON document in UTF-8, as it is dumped, with the same characters as \u escapes: the same
// values, and safe to print on a terminal.
std::string PrintableJson(std::string_view json);

// "1,234,567"
std::string FormatCount(int64_t count);

// "1 file", "3 files"
std::string Plural(int64_t count, std::string_view singular, std::string_view plural = {});

// "0 B", "12.3 KiB", "4.0 GiB"
std::string FormatBytes(int64_t bytes);

// Whether brackets that stand outside of JSON text nest deeper than that. One pass over any bytes,
// to ask before a parser that goes down with its stack.
bool NestsDeeperThan(std::string_view json, int levels);

}  // namespace salvor
