#include "testing/bigquery_server/googlesql/parser.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

Parser::Parser(std::string_view text) : text_(text), tokens_(Lex(text)) {}

const Token& Parser::Now(size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Parser::IsWord(std::string_view keyword, size_t ahead) const {
  const Token& token = Now(ahead);
  return token.kind == Token::Kind::kWord && SameName(token.text, keyword);
}

bool Parser::IsSymbol(std::string_view symbol, size_t ahead) const {
  const Token& token = Now(ahead);
  return token.kind == Token::Kind::kSymbol && token.text == symbol;
}

bool Parser::Take(std::string_view keyword) { return TakeWords({keyword}); }

bool Parser::TakeWords(std::initializer_list<std::string_view> keywords) {
  size_t ahead = 0;
  for (const std::string_view keyword : keywords) {
    if (!IsWord(keyword, ahead++)) return false;
  }
  at_ += keywords.size();
  return true;
}

bool Parser::TakeSymbol(std::string_view symbol) {
  if (!IsSymbol(symbol)) return false;
  ++at_;
  return true;
}

void Parser::Expect(std::string_view keyword) {
  if (!Take(keyword)) Unexpected("keyword " + std::string(keyword));
}

void Parser::ExpectSymbol(std::string_view symbol) {
  if (!TakeSymbol(symbol)) Unexpected("\"" + std::string(symbol) + "\"");
}

void Parser::Unexpected(const std::string& wanted) const {
  const Token& token = Now();
  std::string found;
  switch (token.kind) {
    case Token::Kind::kEnd:
      found = "end of script";
      break;
    case Token::Kind::kWord:
      found = IsReserved(token.text) ? "keyword " + Upper(token.text)
                                     : "identifier \"" + token.text + "\"";
      break;
    case Token::Kind::kQuoted:
      found = "identifier `" + token.text + "`";
      break;
    case Token::Kind::kInteger:
      found = "integer literal \"" + token.text + "\"";
      break;
    case Token::Kind::kFloat:
      found = "floating point literal \"" + token.text + "\"";
      break;
    case Token::Kind::kString:
    case Token::Kind::kBytes:
      found = (token.kind == Token::Kind::kString ? "string literal " : "bytes literal ") +
              std::string(text_.substr(token.begin, std::min<size_t>(token.end - token.begin, 64)));
      break;
    case Token::Kind::kParameter:
      found = token.text.empty() ? "\"?\"" : "\"@\"";
      break;
    case Token::Kind::kSymbol:
      found = "\"" + token.text + "\"";
      break;
  }
  Fault(wanted.empty() ? "Unexpected " + found : "Expected " + wanted + " but got " + found,
        token.begin);
}

void Parser::Fault(const std::string& what, size_t offset) const {
  Refuse("Syntax error: " + what + " at " + PlaceOf(text_, offset));
}

void Parser::NotInSubset(const std::string& what, size_t offset) const {
  Refuse(what + " is not in this server's GoogleSQL subset at " + PlaceOf(text_, offset));
}

bool Parser::IsName() const {
  const Token& token = Now();
  return token.kind == Token::Kind::kQuoted ||
         (token.kind == Token::Kind::kWord && !IsReserved(token.text));
}

std::string Parser::Name(const std::string& wanted) {
  if (!IsName()) Unexpected(wanted);
  return tokens_[at_++].text;
}

std::string Parser::NameAfterDot() {
  const Token& token = Now();
  if (token.kind != Token::Kind::kQuoted && token.kind != Token::Kind::kWord) Unexpected();
  ++at_;
  return token.text;
}

std::string Parser::Text() {
  if (Now().kind != Token::Kind::kString) Unexpected("string literal");
  return tokens_[at_++].text;
}

// `p.d.t` in one pair of backticks or in three, my-project.d.t without any. Dots inside backticks
// part the path as well.
std::vector<std::string> Parser::Path() {
  std::vector<std::string> path;
  const auto add = [&](const Token& token) {
    if (token.kind != Token::Kind::kQuoted) {
      path.push_back(token.text);
      return;
    }
    for (size_t begin = 0; begin <= token.text.size();) {
      const size_t dot = std::min(token.text.find('.', begin), token.text.size());
      if (dot == begin) Refuse("Invalid table name: `" + token.text + "`");
      path.push_back(token.text.substr(begin, dot - begin));
      begin = dot + 1;
    }
  };
  if (!IsName()) Unexpected();
  add(tokens_[at_++]);
  while (IsSymbol("-") && Now().begin == tokens_[at_ - 1].end && Now(1).begin == Now().end &&
         (Now(1).kind == Token::Kind::kWord || Now(1).kind == Token::Kind::kInteger)) {
    path.back() += "-" + Now(1).text;
    at_ += 2;
  }
  while (TakeSymbol(".")) {
    const size_t begin = at_;
    static_cast<void>(NameAfterDot());
    add(tokens_[begin]);
    while (IsSymbol("-") && path.size() <= 2 && Now().begin == tokens_[at_ - 1].end &&
           Now(1).begin == Now().end && Now(1).kind == Token::Kind::kWord) {
      path.back() += "-" + Now(1).text;  // p.region-us.INFORMATION_SCHEMA.JOBS
      at_ += 2;
    }
  }
  return path;
}

std::vector<std::string> Parser::NamesInParentheses() {
  std::vector<std::string> names;
  ExpectSymbol("(");
  do {
    names.push_back(Name());
  } while (TakeSymbol(","));
  ExpectSymbol(")");
  return names;
}

}  // namespace salvor::testing::bigquery::googlesql
