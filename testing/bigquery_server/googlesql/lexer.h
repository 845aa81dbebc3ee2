// GoogleSQL's tokens (the "Lexical structure and syntax" page).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace salvor::testing::bigquery::googlesql {

struct Token {
  enum class Kind {
    kEnd,
    kWord,    // identifier or keyword, as written
    kQuoted,  // `identifier`, decoded
    kInteger,
    kFloat,
    kString,     // decoded
    kBytes,      // decoded
    kParameter,  // @name, its text the name; "?" with an empty one
    kSymbol,
  };
  Kind kind = Kind::kEnd;
  std::string text;
  size_t begin = 0;  // bytes into the text
  size_t end = 0;
};

// The last one is kEnd. Throws Refusal for text that is no UTF-8, for unclosed literals and
// comments, for bad escapes, and for more than 1,048,576 bytes.
std::vector<Token> Lex(std::string_view text);

// "[2:14]": line and column from 1, a column being a character, a tab reaching to the next eighth.
std::string PlaceOf(std::string_view text, size_t offset);

bool IsReserved(std::string_view word);

}  // namespace salvor::testing::bigquery::googlesql
