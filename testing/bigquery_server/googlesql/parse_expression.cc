#include <algorithm>
#include <array>
#include <utility>

#include "testing/bigquery_server/googlesql/parser.h"
#include "testing/bigquery_server/googlesql/parser_deeper.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

// Binary operators from the loosest to the tightest, below comparisons.
constexpr std::array<std::array<std::string_view, 3>, 6> kLevels = {{
    {"|", "", ""},
    {"^", "", ""},
    {"&", "", ""},
    {"<<", ">>", ""},
    {"+", "-", ""},
    {"*", "/", "||"},
}};

constexpr std::array<std::string_view, 7> kComparisons = {"=", "!=", "<>", "<", "<=", ">", ">="};

constexpr std::array<std::string_view, 7> kTypedLiterals = {
    "DATE", "DATETIME", "TIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC", "JSON"};

}  // namespace

ExprPtr Parser::Make(Expr::Kind kind, size_t offset) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->offset = offset;
  return expr;
}

// `parent` with one argument more. A chain such as 1+1+1... grows leftwards without recursion in
// the parser, so depth is counted here too.
ExprPtr Parser::With(ExprPtr parent, ExprPtr&& child) const {
  parent->depth = std::max(parent->depth, child->depth + 1);
  if (parent->depth > kMostDepth) Fault("Expression is too deeply nested", child->offset);
  parent->args.push_back(std::move(child));
  return parent;
}

ExprPtr Parser::Expression() {
  const Deeper deeper(*this);
  ExprPtr first = Conjunction();
  if (!IsWord("OR")) return first;
  ExprPtr all = With(Make(Kind::kOr, first->offset), std::move(first));
  while (Take("OR")) all = With(std::move(all), Conjunction());
  return all;
}

ExprPtr Parser::Conjunction() {
  ExprPtr first = Negation();
  if (!IsWord("AND")) return first;
  ExprPtr all = With(Make(Kind::kAnd, first->offset), std::move(first));
  while (Take("AND")) all = With(std::move(all), Negation());
  return all;
}

ExprPtr Parser::Negation() {
  const size_t offset = Now().begin;
  if (!Take("NOT")) return Comparison();
  const Deeper deeper(*this);
  return With(Make(Kind::kNot, offset), Negation());
}

// Comparisons do not chain in GoogleSQL: a = b = c is a syntax error; `x IS NULL IS NULL` as well.
ExprPtr Parser::Comparison() {
  ExprPtr left = Infix(0);
  bool compared = false;
  left = AfterOperand(std::move(left), compared);
  if (compared) {
    bool again = false;
    const size_t before = at_;
    left = AfterOperand(std::move(left), again);
    if (again) {
      at_ = before;
      Unexpected("end of input");
    }
  }
  return left;
}

ExprPtr Parser::AfterOperand(ExprPtr left, bool& compared) {
  const size_t offset = left->offset;
  compared = true;
  if (Now().kind == Token::Kind::kSymbol &&
      std::find(kComparisons.begin(), kComparisons.end(), Now().text) != kComparisons.end()) {
    ExprPtr binary = Make(Kind::kBinary, offset);
    binary->text = Now().text == "<>" ? "!=" : Now().text;
    ++at_;
    return With(With(std::move(binary), std::move(left)), Infix(0));
  }
  if (Take("IS")) {
    const bool negated = Take("NOT");
    if (Take("DISTINCT")) {
      Expect("FROM");
      ExprPtr expr = Make(Kind::kDistinctFrom, offset);
      expr->flag = negated;
      return With(With(std::move(expr), std::move(left)), Infix(0));
    }
    ExprPtr expr = Make(Kind::kIs, offset);
    expr->flag = negated;
    if (!IsWord("NULL") && !IsWord("TRUE") && !IsWord("FALSE")) Unexpected();
    expr->text = Upper(tokens_[at_++].text);
    return With(std::move(expr), std::move(left));
  }
  const bool negated = IsWord("NOT");
  const size_t ahead = negated ? 1 : 0;
  if (IsWord("BETWEEN", ahead)) {
    at_ += ahead + 1;
    ExprPtr expr = Make(Kind::kBetween, offset);
    expr->flag = negated;
    expr = With(With(std::move(expr), std::move(left)), Infix(0));
    Expect("AND");
    return With(std::move(expr), Infix(0));
  }
  if (IsWord("LIKE", ahead)) {
    at_ += ahead + 1;
    if (IsWord("ANY") || IsWord("ALL") || IsWord("SOME")) NotInSubset("LIKE ANY", Now().begin);
    ExprPtr expr = Make(Kind::kLike, offset);
    expr->flag = negated;
    return With(With(std::move(expr), std::move(left)), Infix(0));
  }
  if (IsWord("IN", ahead)) {
    at_ += ahead + 1;
    return InPredicate(std::move(left), negated, offset);
  }
  compared = false;
  return left;
}

ExprPtr Parser::InPredicate(ExprPtr left, bool negated, size_t offset) {
  if (Take("UNNEST")) {
    ExprPtr expr = Make(Kind::kInUnnest, offset);
    expr->flag = negated;
    ExpectSymbol("(");
    expr = With(With(std::move(expr), std::move(left)), Expression());
    ExpectSymbol(")");
    return expr;
  }
  if (!IsSymbol("(")) Unexpected("\"(\" or keyword UNNEST");
  ++at_;
  if (QueryAhead()) {
    ExprPtr expr = With(Make(Kind::kInQuery, offset), std::move(left));
    expr->flag = negated;
    expr->query = WholeQuery();
    ExpectSymbol(")");
    return expr;
  }
  ExprPtr expr = With(Make(Kind::kIn, offset), std::move(left));
  expr->flag = negated;
  do {
    expr = With(std::move(expr), Expression());
  } while (TakeSymbol(","));
  ExpectSymbol(")");
  return expr;
}

ExprPtr Parser::Infix(int level) {
  if (level == static_cast<int>(kLevels.size())) return Unary();
  const auto& operators = kLevels.at(static_cast<size_t>(level));
  ExprPtr left = Infix(level + 1);
  while (Now().kind == Token::Kind::kSymbol &&
         std::find(operators.begin(), operators.end(), Now().text) != operators.end()) {
    ExprPtr binary = Make(Kind::kBinary, left->offset);
    binary->text = tokens_[at_++].text;
    ExprPtr right = Infix(level + 1);
    left = With(With(std::move(binary), std::move(left)), std::move(right));
  }
  return left;
}

ExprPtr Parser::Unary() {
  const size_t offset = Now().begin;
  if (TakeSymbol("-")) {
    const Deeper deeper(*this);
    if (Now().kind == Token::Kind::kInteger || Now().kind == Token::Kind::kFloat) {
      const bool whole = Now().kind == Token::Kind::kInteger;
      ExprPtr literal = Make(whole ? Kind::kInt : Kind::kFloat, offset);
      literal->text = "-" + tokens_[at_++].text;
      return literal;
    }
    return With(Make(Kind::kNegate, offset), Unary());
  }
  if (TakeSymbol("+")) {
    const Deeper deeper(*this);
    return Unary();
  }
  if (IsSymbol("~")) NotInSubset("Operator ~", offset);
  return Postfix();
}

ExprPtr Parser::Postfix() {
  ExprPtr expr = Primary();
  while (true) {
    if (IsSymbol(".") && !IsSymbol("*", 1)) {
      ++at_;
      if (expr->kind == Kind::kName) {
        expr->names.push_back(NameAfterDot());
        continue;
      }
      ExprPtr field = Make(Kind::kField, expr->offset);
      field->text = NameAfterDot();
      expr = With(std::move(field), std::move(expr));
    } else if (TakeSymbol("[")) {
      expr = Element(std::move(expr));
    } else if (IsSymbol("(") && expr->kind == Kind::kName && expr->names.size() == 2 &&
               SameName(expr->names[0], "SAFE")) {
      const size_t offset = expr->offset;
      expr = Call(Upper(expr->names[1]), offset);
      expr->flag = true;
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::Element(ExprPtr array) {
  ExprPtr element = Make(Kind::kElement, array->offset);
  static constexpr std::array<std::string_view, 4> kHow = {"OFFSET", "ORDINAL", "SAFE_OFFSET",
                                                           "SAFE_ORDINAL"};
  for (const std::string_view how : kHow) {
    if (IsWord(how) && IsSymbol("(", 1)) element->text = how;
  }
  if (!element->text.empty()) at_ += 2;
  ExprPtr index = Expression();
  if (!element->text.empty()) ExpectSymbol(")");
  ExpectSymbol("]");
  return With(With(std::move(element), std::move(array)), std::move(index));
}

ExprPtr Parser::Primary() {
  const Deeper deeper(*this);
  const Token& token = Now();
  const auto literal = [&](Kind kind) {
    ExprPtr expr = Make(kind, token.begin);
    expr->text = token.text;
    ++at_;
    return expr;
  };
  switch (token.kind) {
    case Token::Kind::kInteger:
      return literal(Kind::kInt);
    case Token::Kind::kFloat:
      return literal(Kind::kFloat);
    case Token::Kind::kString:
      return literal(Kind::kString);
    case Token::Kind::kBytes:
      return literal(Kind::kBytes);
    case Token::Kind::kParameter: {
      ExprPtr expr = literal(Kind::kParameter);
      if (expr->text.empty()) expr->position = positional_++;
      return expr;
    }
    case Token::Kind::kSymbol:
      if (token.text == "(") return Parenthesised();
      if (token.text == "[") return ArrayConstructor();
      Unexpected();
    case Token::Kind::kWord:
      return KeywordPrimary();
    case Token::Kind::kQuoted: {
      ExprPtr name = Make(Kind::kName, token.begin);
      name->names.push_back(token.text);
      ++at_;
      return name;
    }
    case Token::Kind::kEnd:
      break;
  }
  Unexpected();
}

ExprPtr Parser::KeywordPrimary() {
  const size_t offset = Now().begin;
  const std::string word = Upper(Now().text);
  if (word == "NULL" || word == "TRUE" || word == "FALSE") {
    ExprPtr expr = Make(word == "NULL" ? Kind::kNull : Kind::kBool, offset);
    expr->text = word;
    ++at_;
    return expr;
  }
  if (Now(1).kind == Token::Kind::kString &&
      std::find(kTypedLiterals.begin(), kTypedLiterals.end(), word) != kTypedLiterals.end()) {
    ExprPtr expr = Make(Kind::kTyped, offset);
    ScalarTypeOfName(word, expr->type.kind);
    expr->text = Now(1).text;
    at_ += 2;
    return expr;
  }
  if (word == "CASE") return Case();
  if (word == "CAST" || (word == "SAFE_CAST" && IsSymbol("(", 1))) return Cast(word != "CAST");
  if (word == "ARRAY") return ArrayConstructor();
  if (word == "STRUCT") return StructConstructor();
  if (word == "INTERVAL") return Interval();
  if (word == "EXISTS") {
    ++at_;
    ExpectSymbol("(");
    ExprPtr expr = Make(Kind::kExists, offset);
    expr->query = WholeQuery();
    ExpectSymbol(")");
    return expr;
  }
  const bool call = IsSymbol("(", 1);
  if (call && (!IsReserved(word) || word == "IF" || word == "LEFT" || word == "RIGHT")) {
    ++at_;
    return Call(word, offset);
  }
  ExprPtr name = Make(Kind::kName, offset);
  name->names.push_back(Name());
  if (word == "CURRENT_TIMESTAMP" || word == "CURRENT_DATE" || word == "CURRENT_DATETIME" ||
      word == "CURRENT_TIME") {
    name->kind = Kind::kCall;
    name->text = word;
    name->names.clear();
  }
  return name;
}

// A subquery, a struct (a, b), or an expression.
ExprPtr Parser::Parenthesised() {
  const size_t offset = Now().begin;
  ++at_;
  if (QueryAhead()) {
    ExprPtr expr = Make(Kind::kQuery, offset);
    expr->query = WholeQuery();
    ExpectSymbol(")");
    return expr;
  }
  ExprPtr first = Expression();
  if (TakeSymbol(")")) return first;
  if (!IsSymbol(",")) Unexpected("\")\"");
  ExprPtr tuple = With(Make(Kind::kStruct, offset), std::move(first));
  tuple->names.emplace_back();
  while (TakeSymbol(",")) {
    tuple = With(std::move(tuple), Expression());
    tuple->names.emplace_back();
  }
  ExpectSymbol(")");
  return tuple;
}

ExprPtr Parser::Call(std::string name, size_t offset) {
  ExprPtr call = Make(Kind::kCall, offset);
  call->text = std::move(name);
  ExpectSymbol("(");
  if (IsSymbol("*") && call->text == "COUNT") {
    ++at_;
    call->text = "COUNT(*)";
  } else if (!IsSymbol(")")) {
    CallArguments(*call);
  }
  ExpectSymbol(")");
  if (IsWord("OVER")) NotInSubset("An OVER clause", Now().begin);
  return call;
}

void Parser::CallArguments(Expr& call) {
  if (Take("DISTINCT")) call.distinct = true;
  const auto add = [&](ExprPtr argument) {
    call.depth = std::max(call.depth, argument->depth + 1);
    if (call.depth > kMostDepth) Fault("Expression is too deeply nested", argument->offset);
    call.args.push_back(std::move(argument));
  };
  do {
    if (QueryAhead()) Unexpected();
    add(Expression());
  } while (TakeSymbol(","));
  for (const char* word : {"IGNORE", "RESPECT", "HAVING", "ORDER", "LIMIT"}) {
    if (IsWord(word)) NotInSubset(std::string(word) + " in a function's arguments", Now().begin);
  }
}

ExprPtr Parser::Case() {
  ExprPtr expr = Make(Kind::kCase, Now().begin);
  Expect("CASE");
  if (!IsWord("WHEN")) {
    expr->flag = true;
    expr = With(std::move(expr), Expression());
  }
  if (!IsWord("WHEN")) Unexpected("keyword WHEN");
  while (Take("WHEN")) {
    expr = With(std::move(expr), Expression());
    Expect("THEN");
    expr = With(std::move(expr), Expression());
  }
  if (Take("ELSE")) expr = With(std::move(expr), Expression());
  Expect("END");
  return expr;
}

ExprPtr Parser::Cast(bool safe) {
  ExprPtr cast = Make(Kind::kCast, Now().begin);
  cast->flag = safe;
  ++at_;
  ExpectSymbol("(");
  cast = With(std::move(cast), Expression());
  Expect("AS");
  cast->type = TypeName();
  if (IsWord("FORMAT")) NotInSubset("CAST with FORMAT", Now().begin);
  ExpectSymbol(")");
  return cast;
}

ExprPtr Parser::ArrayConstructor() {
  ExprPtr array = Make(Kind::kArray, Now().begin);
  if (Take("ARRAY")) {
    if (TakeSymbol("(")) {
      array->kind = Kind::kArrayQuery;
      array->query = WholeQuery();
      ExpectSymbol(")");
      return array;
    }
    if (IsSymbol("<")) {
      --at_;
      array->type = TypeName();
      array->has_type = true;
    }
  }
  ExpectSymbol("[");
  if (TakeSymbol("]")) return array;
  do {
    array = With(std::move(array), Expression());
  } while (TakeSymbol(","));
  ExpectSymbol("]");
  return array;
}

ExprPtr Parser::StructConstructor() {
  ExprPtr made = Make(Kind::kStruct, Now().begin);
  if (IsSymbol("<", 1)) {
    made->type = TypeName();
    made->has_type = true;
  } else {
    Expect("STRUCT");
  }
  ExpectSymbol("(");
  if (TakeSymbol(")")) return made;
  do {
    ExprPtr value = Expression();
    std::string name;
    if (Take("AS")) {
      name = Name();
    } else if (value->kind == Kind::kName) {
      name = value->names.back();
    } else if (value->kind == Kind::kField) {
      name = value->text;
    }
    made->names.push_back(made->has_type ? std::string() : std::move(name));
    made = With(std::move(made), std::move(value));
  } while (TakeSymbol(","));
  ExpectSymbol(")");
  return made;
}

ExprPtr Parser::Interval() {
  ExprPtr interval = Make(Kind::kInterval, Now().begin);
  Expect("INTERVAL");
  interval = With(std::move(interval), Expression());
  interval->text = DatePart();
  return interval;
}

std::string Parser::DatePart() {
  std::string part = Upper(Name());
  if (part == "WEEK" && TakeSymbol("(")) {
    part += "(" + Upper(Name()) + ")";
    ExpectSymbol(")");
  }
  return part;
}

Type Parser::TypeName() {
  const Deeper deeper(*this);
  const size_t offset = Now().begin;
  Type type;
  if (Take("ARRAY")) {
    ExpectSymbol("<");
    type = ArrayOf(TypeName());
    if (ElementOf(type).kind == TypeKind::kArray) {
      Refuse("Arrays of arrays are not supported at " + PlaceOf(text_, offset));
    }
  } else if (Take("STRUCT")) {
    type.kind = TypeKind::kStruct;
    ExpectSymbol("<");
    do {
      Field field;
      const bool named = (Now(1).kind == Token::Kind::kWord) && !IsSymbol(",", 1);
      if (named) field.name = Name();
      field.type = TypeName();
      if (TakeWords({"NOT", "NULL"})) field.required = true;
      type.fields.push_back(std::move(field));
    } while (TakeSymbol(","));
  } else {
    const std::string name = Name("type name");
    if (!ScalarTypeOfName(name, type.kind)) {
      Refuse("Type not found: " + name + " at " + PlaceOf(text_, offset));
    }
    if (IsSymbol("(")) NotInSubset("A parameterized type", Now().begin);
    return type;
  }
  if (IsSymbol(">>")) {  // the lexer's longest match, in ARRAY<STRUCT<a INT64>>
    tokens_[at_].text = ">";
    ++tokens_[at_].begin;
  } else {
    ExpectSymbol(">");
  }
  return type;
}

}  // namespace salvor::testing::bigquery::googlesql
