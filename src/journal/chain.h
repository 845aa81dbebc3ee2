// The lines of a case's journal and the chain that holds them together. docs/formats.md describes
// the file for readers outside.
//
// One line is canonical JSON (sorted keys, no spaces) and a newline:
//   {"at","data","hash","kind","n","prev","step"}
// n counts from 1; prev is the hash of the line before, for the first line the plan's digest; hash
// is the SHA-256 of the same JSON without the member "hash" and without the newline. So no line can
// be changed, moved, put in or taken out of the middle unseen. Lines cut off the end leave no trace
// in the file itself.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::journal {

enum class Kind {
  kIntent,   // about to act: written and durable before the first effect
  kOutcome,  // what came of it
  kNote,     // anything else that a person should find here later
};

// What a step writes. `data` is an object of the step's own: names, counts, digests, places. Never
// a row of data, never a secret.
struct Entry {
  std::string step;  // "persist", "apply", ...
  Kind kind = Kind::kNote;
  nlohmann::json data = nlohmann::json::object();
};

struct Line {
  int64_t number = 0;
  Instant at;
  Entry entry;
  std::string previous;
  std::string hash;
};

// The line's bytes with the newline. Sets line.hash, and line.entry.data to what can be read back
// (text that is not UTF-8 is replaced visibly).
std::string FormatLine(Line& line);

struct Chain {
  std::vector<Line> lines;
  int64_t whole_bytes = 0;  // of the file: the lines that are complete
  int64_t torn_bytes = 0;   // after them: a last line without its newline, never acknowledged
};

// Reads the file's bytes and checks every line. kCorrupt names the line (`where` is path:line) that
// FormatLine did not write, or not there, or not for this plan.
Result<Chain> ParseChain(std::string_view bytes, std::string_view plan_digest,
                         const std::string& path);

// The same, but what stands before the first bad line is kept, for an audit: the error is beside
// it.
struct PartialChain {
  Chain chain;
  std::optional<Error> broken;
};
PartialChain ParseChainSoFar(std::string_view bytes, std::string_view plan_digest,
                             const std::string& path);

// The latest line of that step and kind, or nullptr.
const Line* FindLast(const std::vector<Line>& lines, std::string_view step, Kind kind);

}  // namespace salvor::journal
