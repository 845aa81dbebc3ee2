#include "delta/duckdb/error.h"

#include <algorithm>
#include <array>
#include <string>

namespace salvor::delta {

namespace {

bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "[x]" as "x": how Duck's callers mark a character that is not part of a pattern.
std::string WithoutBrackets(std::string_view pattern) {
  std::string path;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const bool bracketed = pattern[i] == '[' && i + 2 < pattern.size() && pattern[i + 2] == ']';
    path += bracketed ? pattern[i + 1] : pattern[i];
    if (bracketed) i += 2;
  }
  return path;
}

// The file of the statement that the message names, too. What else stands there in quotes may be a
// row's words.
std::string NamedFile(std::string_view message, std::string_view statement) {
  std::string named;  // the longest: one path may be the beginning of another
  for (size_t i = 0; i + 1 < statement.size(); ++i) {
    if (statement[i] != '\'' || statement[i + 1] != '/') continue;
    std::string text;
    for (++i; i < statement.size(); ++i) {
      if (statement[i] == '\'' && (i + 1 == statement.size() || statement[++i] != '\'')) break;
      text += statement[i];
    }
    std::string path = WithoutBrackets(text);
    if (path.size() > named.size() && (Has(message, path) || Has(message, text))) named = path;
  }
  return named;
}

struct Meaning {
  std::string_view part;  // of the message
  Code code;
  std::string_view what;
  std::string_view next;
};

constexpr std::string_view kReadAgain =
    "The file may be damaged: compare it with its size in the log, or bring it back from a backup";

// Tried in order: what a message says in particular comes before the class of error it starts with.
constexpr std::string_view kOutOfMemory = "Out of Memory";

constexpr std::array kMeanings = {
    Meaning{"Conversion Error", Code::kCorrupt, "a stored value does not fit its type", kReadAgain},
    Meaning{
        "Out of Memory Error", Code::kUnavailable, kOutOfMemory,
        "A file needs more memory than DuckDB may take here: please report it, with the sizes of "
        "the file and of its row groups"},
    Meaning{"No space left on device", Code::kUnavailable, "the disk is full",
            "Free space on the disk and run again"},
    Meaning{"Disk quota exceeded", Code::kUnavailable, "the disk's quota is used up",
            "Free space on the disk and run again"},
    Meaning{"File too large", Code::kUnavailable, "a file would grow past the limit",
            "Raise the limit of a file's size (ulimit -f) and run again"},
    Meaning{"Permission denied", Code::kPermission, "a file may not be read",
            "Get the right to read it, and run again"},
    Meaning{"No such file", Code::kNotFound, "a file is not there",
            "Look whether a VACUUM has taken it"},
    Meaning{"No files found that match", Code::kNotFound, "a file is not there",
            "Look whether a VACUUM has taken it"},
    Meaning{"No magic bytes", Code::kCorrupt, "a file is no Parquet file", kReadAgain},
    Meaning{"TProtocolException", Code::kCorrupt, "a file's metadata cannot be read", kReadAgain},
    Meaning{"too small to be a Parquet file", Code::kCorrupt, "a file is no Parquet file",
            kReadAgain},
    Meaning{"Invalid unicode", Code::kUnsupported, "a text is not UTF-8",
            "Only names and texts in UTF-8 can be read"},
    Meaning{"Invalid string encoding", Code::kUnsupported, "a text is not UTF-8",
            "Only names and texts in UTF-8 can be read"},
    Meaning{"IO Error", Code::kUnavailable, "a file cannot be read (IO Error)",
            "Look whether the table's files can be read, and run again"},
    Meaning{"Invalid Input Error", Code::kCorrupt, "a file cannot be read (Invalid Input Error)",
            kReadAgain},
    Meaning{"Invalid Error", Code::kCorrupt, "a file cannot be read (Invalid Error)", kReadAgain},
    Meaning{"Serialization Error", Code::kCorrupt, "a file cannot be read (Serialization Error)",
            kReadAgain},
    Meaning{"Out of Range Error", Code::kCorrupt, "a stored value is out of its type's range",
            kReadAgain},
    Meaning{"Mismatch Type Error", Code::kCorrupt, "a stored value is of another type", kReadAgain},
    Meaning{"Not implemented Error", Code::kUnsupported,
            "something in a file is not implemented (Not implemented Error)",
            "Ask whoever wrote the file for another encoding"},
    Meaning{"Missing Extension Error", Code::kUnsupported, "a file is not of this machine",
            "Only files of this machine can be read"},
    Meaning{"", Code::kInternal, "a statement of salvor's was refused",
            "This is a bug in salvor: please report it, with the command that you ran"},
};

}  // namespace

bool IsOutOfMemory(const Error& error) {
  return error.code == Code::kUnavailable && error.what.ends_with(kOutOfMemory);
}

Error ErrorOfDuck(std::string_view message, std::string_view statement) {
  if (message.empty()) return Error{Code::kInternal, "DuckDB failed without a message"};
  const auto* const meaning =
      std::find_if(kMeanings.begin(), kMeanings.end(),
                   [&](const Meaning& one) { return Has(message, one.part); });
  return Error{meaning->code, "DuckDB: " + std::string(meaning->what),
               NamedFile(message, statement), std::string(meaning->next)};
}

}  // namespace salvor::delta
