#include "testing/bigquery_server/googlesql/lexer.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

constexpr size_t kMostBytes = 1'048'576;

constexpr auto kReserved = std::to_array<std::string_view>({"ALL",
                                                            "AND",
                                                            "ANY",
                                                            "ARRAY",
                                                            "AS",
                                                            "ASC",
                                                            "ASSERT_ROWS_MODIFIED",
                                                            "AT",
                                                            "BETWEEN",
                                                            "BY",
                                                            "CASE",
                                                            "CAST",
                                                            "COLLATE",
                                                            "CONTAINS",
                                                            "CREATE",
                                                            "CROSS",
                                                            "CUBE",
                                                            "CURRENT",
                                                            "DEFAULT",
                                                            "DEFINE",
                                                            "DESC",
                                                            "DISTINCT",
                                                            "ELSE",
                                                            "END",
                                                            "ENUM",
                                                            "ESCAPE",
                                                            "EXCEPT",
                                                            "EXCLUDE",
                                                            "EXISTS",
                                                            "EXTRACT",
                                                            "FALSE",
                                                            "FETCH",
                                                            "FOLLOWING",
                                                            "FOR",
                                                            "FROM",
                                                            "FULL",
                                                            "GROUP",
                                                            "GROUPING",
                                                            "GROUPS",
                                                            "HASH",
                                                            "HAVING",
                                                            "IF",
                                                            "IGNORE",
                                                            "IN",
                                                            "INNER",
                                                            "INTERSECT",
                                                            "INTERVAL",
                                                            "INTO",
                                                            "IS",
                                                            "JOIN",
                                                            "LATERAL",
                                                            "LEFT",
                                                            "LIKE",
                                                            "LIMIT",
                                                            "LOOKUP",
                                                            "MERGE",
                                                            "NATURAL",
                                                            "NEW",
                                                            "NO",
                                                            "NOT",
                                                            "NULL",
                                                            "NULLS",
                                                            "OF",
                                                            "ON",
                                                            "OR",
                                                            "ORDER",
                                                            "OUTER",
                                                            "OVER",
                                                            "PARTITION",
                                                            "PRECEDING",
                                                            "PROTO",
                                                            "QUALIFY",
                                                            "RANGE",
                                                            "RECURSIVE",
                                                            "RESPECT",
                                                            "RIGHT",
                                                            "ROLLUP",
                                                            "ROWS",
                                                            "SELECT",
                                                            "SET",
                                                            "SOME",
                                                            "STRUCT",
                                                            "TABLESAMPLE",
                                                            "THEN",
                                                            "TO",
                                                            "TREAT",
                                                            "TRUE",
                                                            "UNBOUNDED",
                                                            "UNION",
                                                            "UNNEST",
                                                            "USING",
                                                            "WHEN",
                                                            "WHERE",
                                                            "WINDOW",
                                                            "WITH",
                                                            "WITHIN"});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    if (text_.size() > kMostBytes) {
      Refuse(
          "The query is too large. The maximum standard SQL query length is 1024.00K characters, "
          "including comments and white space characters.");
    }
    if (!IsUtf8(text_)) Refuse("Query string is not valid UTF-8");
    for (SkipSpace(); at_ < text_.size(); SkipSpace()) Next();
    Add(Token::Kind::kEnd, {}, text_.size());
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool LooksAt(std::string_view wanted) const {
    return text_.substr(at_, wanted.size()) == wanted;
  }
  [[noreturn]] void Fault(const std::string& what, size_t offset) const {
    Refuse("Syntax error: " + what + " at " + PlaceOf(text_, offset));
  }
  void Add(Token::Kind kind, std::string text, size_t begin) {
    tokens_.push_back(Token{kind, std::move(text), begin, at_});
  }

  void SkipSpace() {
    while (at_ < text_.size()) {
      if (IsSpace(Peek())) {
        ++at_;
      } else if (LooksAt("\xC2\xA0")) {
        at_ += 2;
      } else if (Peek() == '#' || LooksAt("--")) {
        while (at_ < text_.size() && Peek() != '\n') ++at_;
      } else if (LooksAt("/*")) {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) Fault("Unclosed comment", at_);
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  void Next() {
    const size_t begin = at_;
    const char c = Peek();
    if (const size_t prefix = LiteralPrefix(); prefix != std::string_view::npos)
      return Quote(prefix);
    if (c == '`') return Backticks();
    if (IsWordStart(c)) {
      while (IsWordPart(Peek())) ++at_;
      return Add(Token::Kind::kWord, std::string(text_.substr(begin, at_ - begin)), begin);
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)) && !AfterName())) return Number();
    if (c == '@' && IsWordStart(Peek(1))) {
      ++at_;
      while (IsWordPart(Peek())) ++at_;
      const std::string_view name = text_.substr(begin + 1, at_ - begin - 1);
      return Add(Token::Kind::kParameter, std::string(name), begin);
    }
    if (c == '?') {
      ++at_;
      return Add(Token::Kind::kParameter, {}, begin);
    }
    Symbol();
  }

  // After `a.` or `]`, ".5" is no number but a path, which GoogleSQL has as well in `t.5x`;
  // refused.
  [[nodiscard]] bool AfterName() const {
    if (tokens_.empty() || tokens_.back().end != at_) return false;
    const Token& last = tokens_.back();
    return last.kind == Token::Kind::kWord || last.kind == Token::Kind::kQuoted ||
           last.text == ")" || last.text == "]";
  }

  // How many letters of r, b, rb, br stand before a quote; npos where no literal begins.
  [[nodiscard]] size_t LiteralPrefix() const {
    for (size_t letters = 0; letters <= 2; ++letters) {
      const char c = Peek(letters);
      if (c == '\'' || c == '"') return letters;
      const char lower = static_cast<char>(c | 0x20);
      if (lower != 'r' && lower != 'b') break;
      if (letters == 1 && lower == (Peek() | 0x20)) break;
    }
    return std::string_view::npos;
  }

  void Quote(size_t prefix) {
    const size_t begin = at_;
    bool raw = false;
    bool bytes = false;
    for (size_t i = 0; i < prefix; ++i) ((text_[at_ + i] | 0x20) == 'r' ? raw : bytes) = true;
    at_ += prefix;
    const char quote = Peek();
    const bool triple = Peek(1) == quote && Peek(2) == quote;
    const std::string close(triple ? 3 : 1, quote);
    at_ += close.size();
    std::string value;
    while (!LooksAt(close)) {
      if (at_ >= text_.size() || (!triple && Peek() == '\n')) {
        Fault(std::string("Unclosed ") + (triple ? "triple-quoted " : "") +
                  (bytes ? "bytes" : "string") + " literal",
              begin);
      }
      if (Peek() != '\\') {
        value += text_[at_++];
      } else if (raw) {
        value += text_[at_++];
        if (at_ < text_.size()) value += text_[at_++];
      } else {
        Escape(value, bytes, begin);
      }
    }
    at_ += close.size();
    if (!bytes && !IsUtf8(value)) Fault("Invalid UTF-8 in a string literal", begin);
    Add(bytes ? Token::Kind::kBytes : Token::Kind::kString, std::move(value), begin);
  }

  void Backticks() {
    const size_t begin = at_++;
    std::string value;
    while (Peek() != '`') {
      if (at_ >= text_.size() || Peek() == '\n') Fault("Unclosed identifier literal", begin);
      if (Peek() == '\\') {
        Escape(value, false, begin);
      } else {
        value += text_[at_++];
      }
    }
    ++at_;
    if (value.empty()) Fault("Invalid empty identifier", begin);
    if (!IsUtf8(value)) Fault("Invalid UTF-8 in an identifier", begin);
    Add(Token::Kind::kQuoted, std::move(value), begin);
  }

  uint32_t Digits(size_t count, int base, size_t literal) {
    uint32_t code = 0;
    for (size_t i = 0; i < count; ++i, ++at_) {
      const int digit = HexDigit(Peek());
      if (digit < 0 || digit >= base) Fault("Illegal escape sequence in a literal", literal);
      code = code * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
    }
    return code;
  }

  void Escape(std::string& value, bool bytes, size_t literal) {
    static constexpr std::string_view kFrom = "abfnrtv\\?\"'`";
    static constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\?\"'`";
    ++at_;
    const char c = Peek();
    if (at_ < text_.size() && kFrom.find(c) != std::string_view::npos) {
      value += kTo[kFrom.find(c)];
      ++at_;
    } else if (c == 'x' || c == 'X' || (c >= '0' && c <= '3')) {
      if (!IsDigit(c)) ++at_;
      const uint32_t code = IsDigit(c) ? Digits(3, 8, literal) : Digits(2, 16, literal);
      if (!bytes && code > 127) Fault("Illegal escape sequence in a string: above \\x7F", literal);
      value += static_cast<char>(code);
    } else if (!bytes && (c == 'u' || c == 'U')) {
      ++at_;
      const uint32_t code = Digits(c == 'u' ? 4 : 8, 16, literal);
      if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        Fault("Illegal escape sequence: no such character", literal);
      }
      AppendUtf8(value, code);
    } else {
      Fault("Illegal escape sequence: \\" + std::string(text_.substr(at_, 1)), literal);
    }
  }

  void Number() {
    const size_t begin = at_;
    bool whole = true;
    if (Peek() == '0' && (Peek(1) | 0x20) == 'x') {
      at_ += 2;
      while (HexDigit(Peek()) >= 0) ++at_;
    } else {
      while (IsDigit(Peek())) ++at_;
      const bool path = AfterDash(begin) && IsWordStart(Peek(1));  // my-project-1.d.t
      if (Peek() == '.' && !path) {
        whole = false;
        for (++at_; IsDigit(Peek());) ++at_;
      }
      const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 2 : 1;
      if ((Peek() | 0x20) == 'e' && IsDigit(Peek(sign))) {
        whole = false;
        for (at_ += sign; IsDigit(Peek());) ++at_;
      }
    }
    if (IsWordStart(Peek()) && !AfterDash(begin)) {
      Fault("Missing whitespace between literal and alias", at_);
    }
    if (IsWordStart(Peek())) {  // `my-project-1a.d.t`
      while (IsWordPart(Peek())) ++at_;
      return Add(Token::Kind::kWord, std::string(text_.substr(begin, at_ - begin)), begin);
    }
    Add(whole ? Token::Kind::kInteger : Token::Kind::kFloat,
        std::string(text_.substr(begin, at_ - begin)), begin);
  }

  [[nodiscard]] bool AfterDash(size_t begin) const {
    return tokens_.size() > 1 && tokens_.back().text == "-" && tokens_.back().end == begin &&
           tokens_[tokens_.size() - 2].end == tokens_.back().begin;
  }

  void Symbol() {
    static constexpr std::array<std::string_view, 8> kDouble = {
        "<=", ">=", "<>", "!=", "||", "<<", ">>", "=>"};
    const size_t begin = at_;
    const auto found = std::find_if(kDouble.begin(), kDouble.end(),
                                    [&](std::string_view symbol) { return LooksAt(symbol); });
    if (found != kDouble.end()) {
      at_ += 2;
      return Add(Token::Kind::kSymbol, std::string(*found), begin);
    }
    static constexpr std::string_view kSingle = "()[],.;=<>+-*/&|^~:{}";
    if (kSingle.find(Peek()) == std::string_view::npos || Peek() == '\0') {
      Fault("Illegal input character \"" + std::string(1, Peek()) + "\"", begin);
    }
    ++at_;
    Add(Token::Kind::kSymbol, std::string(text_.substr(begin, 1)), begin);
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Lex(std::string_view text) { return Lexer(text).Run(); }

std::string PlaceOf(std::string_view text, size_t offset) {
  size_t line = 1;
  size_t column = 1;
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else if (text[i] == '\t') {
      column += 8 - (column - 1) % 8;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      ++column;
    }
  }
  return "[" + std::to_string(line) + ":" + std::to_string(column) + "]";
}

bool IsReserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), Upper(word)) != kReserved.end();
}

}  // namespace salvor::testing::bigquery::googlesql
