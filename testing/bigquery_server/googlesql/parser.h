// GoogleSQL's grammar, by recursive descent. One class in three files: expressions, queries and
// statements. Throws Refusal; depth is bounded, so that no text can exhaust the stack.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "testing/bigquery_server/googlesql/ast.h"
#include "testing/bigquery_server/googlesql/lexer.h"

namespace salvor::testing::bigquery::googlesql {

class Parser {
 public:
  explicit Parser(std::string_view text);
  std::vector<Parsed> Script();

 private:
  class Deeper;

  // Tokens (parser.cc)
  [[nodiscard]] const Token& Now(size_t ahead = 0) const;
  [[nodiscard]] bool IsWord(std::string_view keyword, size_t ahead = 0) const;
  [[nodiscard]] bool IsSymbol(std::string_view symbol, size_t ahead = 0) const;
  bool Take(std::string_view keyword);
  bool TakeWords(std::initializer_list<std::string_view> keywords);
  bool TakeSymbol(std::string_view symbol);
  void Expect(std::string_view keyword);
  void ExpectSymbol(std::string_view symbol);
  [[noreturn]] void Unexpected(const std::string& wanted = {}) const;
  [[noreturn]] void Fault(const std::string& what, size_t offset) const;
  [[noreturn]] void NotInSubset(const std::string& what, size_t offset) const;
  [[nodiscard]] bool IsName() const;
  std::string Name(const std::string& wanted = {});
  std::string NameAfterDot();
  std::string Text();
  std::vector<std::string> Path();
  std::vector<std::string> NamesInParentheses();

  // parse_expression.cc
  ExprPtr Make(Expr::Kind kind, size_t offset) const;
  ExprPtr With(ExprPtr parent, ExprPtr&& child) const;
  ExprPtr Expression();
  ExprPtr Conjunction();
  ExprPtr Negation();
  ExprPtr Comparison();
  ExprPtr AfterOperand(ExprPtr left, bool& compared);
  ExprPtr InPredicate(ExprPtr left, bool negated, size_t offset);
  ExprPtr Infix(int level);
  ExprPtr Unary();
  ExprPtr Postfix();
  ExprPtr Element(ExprPtr array);
  ExprPtr Primary();
  ExprPtr KeywordPrimary();
  ExprPtr Parenthesised();
  ExprPtr Call(std::string name, size_t offset);
  void CallArguments(Expr& call);
  ExprPtr Case();
  ExprPtr Cast(bool safe);
  ExprPtr ArrayConstructor();
  ExprPtr StructConstructor();
  ExprPtr Interval();
  std::string DatePart();
  Type TypeName();

  // parse_query.cc
  QueryPtr WholeQuery();
  QueryPtr SetOperations();
  QueryPtr Operand();
  std::string SetOperator();
  void Tail(Query& query);
  std::unique_ptr<Select> SelectBody();
  SelectItem Item();
  void StarTail(SelectItem& item);
  std::unique_ptr<From> FromClause();
  std::unique_ptr<From> JoinChain();
  std::unique_ptr<From> FromItem();
  std::unique_ptr<From> UnnestItem();
  std::unique_ptr<From> JoinOf(std::unique_ptr<From> left, std::unique_ptr<From> right,
                               From::Join kind) const;
  bool JoinKeyword(From::Join& kind);
  void AliasOf(From& item);
  std::vector<OrderItem> OrderBy();
  [[nodiscard]] bool QueryAhead() const;

  // parse_statement.cc
  Parsed StatementOf();
  void Insert(Parsed& parsed);
  void Update(Parsed& parsed);
  void Delete(Parsed& parsed);
  void Merge(Parsed& parsed);
  MergeWhen When();
  void Truncate(Parsed& parsed);
  std::vector<Assignment> Assignments();
  void Assert(Parsed& parsed);
  void Declare(Parsed& parsed);
  void Set(Parsed& parsed);
  bool Transaction(Parsed& parsed);

  // parse_definition.cc
  void Create(Parsed& parsed);
  void CreateTable(Parsed& parsed);
  void CreateSnapshot(Parsed& parsed);
  void CreatePolicy(Parsed& parsed);
  void TableClauses(Parsed& parsed);
  void ForSystemTime(Parsed& parsed);
  ColumnDefinition Definition();
  std::vector<OptionItem> Options();
  void Drop(Parsed& parsed);
  void Alter(Parsed& parsed);
  void AlterAction(Parsed& parsed);

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t positional_ = 0;
};

}  // namespace salvor::testing::bigquery::googlesql
