#include "delta/duck_error.h"

#include <array>
#include <string>

namespace salvor::delta {

namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The first absolute path in quotes.
std::string QuotedPath(std::string_view message) {
  for (size_t i = 0; i + 1 < message.size(); ++i) {
    const char quote = message[i];
    if ((quote != '"' && quote != '\'') || message[i + 1] != '/') continue;
    const size_t end = message.find(quote, i + 1);
    if (end != std::string_view::npos) return std::string(message.substr(i + 1, end - i - 1));
  }
  return {};
}

// Without the advice ("LINE 1: …", "Possible solutions: …") that DuckDB appends after an empty
// line.
std::string_view FirstParagraph(std::string_view message) {
  return message.substr(0, message.find("\n\n"));
}

struct Meaning {
  std::string_view part;  // of the message
  Code code;
  std::string_view next;
};

constexpr std::string_view kReadAgain =
    "The file may be damaged: compare it with its size in the log, or bring it back from a backup";

// Tried in order: what a message says in particular comes before the class of error it starts with.
constexpr std::array<Meaning, 19> kMeanings = {{
    {"Out of Memory Error", Code::kUnavailable,
     "Give it more memory, or a private folder to spill to, and run again"},
    {"No space left on device", Code::kUnavailable, "Free space on the disk and run again"},
    {"Disk quota exceeded", Code::kUnavailable, "Free space on the disk and run again"},
    {"Permission denied", Code::kPermission, "Get the right to read it, and run again"},
    {"No such file", Code::kNotFound, "Look whether a VACUUM has taken it"},
    {"No files found that match", Code::kNotFound, "Look whether a VACUUM has taken it"},
    {"No magic bytes", Code::kCorrupt, kReadAgain},
    {"TProtocolException", Code::kCorrupt, kReadAgain},
    {"too small to be a Parquet file", Code::kCorrupt, kReadAgain},
    {"Invalid unicode", Code::kUnsupported, "Only names and texts in UTF-8 can be read"},
    {"IO Error", Code::kUnavailable, "Mend what the message names, and run again"},
    {"Invalid Input Error", Code::kCorrupt, kReadAgain},
    {"Invalid Error", Code::kCorrupt, kReadAgain},
    {"Serialization Error", Code::kCorrupt, kReadAgain},
    {"Out of Range Error", Code::kCorrupt, kReadAgain},
    {"Mismatch Type Error", Code::kCorrupt, kReadAgain},
    {"Not implemented Error", Code::kUnsupported, ""},
    {"Missing Extension Error", Code::kUnsupported, "Only files of this machine can be read"},
    {"", Code::kInternal, "This is a bug in salvor: please report it with this message"},
}};

}  // namespace

Error ErrorOfDuck(std::string_view message) {
  std::string path = QuotedPath(message);
  if (Has(message, "Conversion Error")) {
    return Error{Code::kCorrupt, "DuckDB: Conversion Error: a stored value does not fit its type",
                 std::move(path), std::string(kReadAgain)};
  }
  for (const Meaning& meaning : kMeanings) {
    if (!Has(message, meaning.part)) continue;
    return Error{meaning.code, "DuckDB: " + std::string(FirstParagraph(message)), std::move(path),
                 std::string(meaning.next)};
  }
  return Error{Code::kInternal, "DuckDB failed without a message"};
}

}  // namespace salvor::delta
