#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/parser.h"
#include "testing/bigquery_server/googlesql/parser_deeper.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

// Whether a query begins here, perhaps in parentheses of its own: `((SELECT 1) + 1)` is none, and
// `((SELECT 1) UNION ALL (SELECT 2))` is one. What follows the inner parentheses tells.
bool Parser::QueryAhead() const {
  size_t ahead = 0;
  while (IsSymbol("(", ahead)) ++ahead;
  if (!IsWord("SELECT", ahead) && !IsWord("WITH", ahead)) return false;
  if (ahead == 0) return true;
  size_t open = 0;
  for (ahead = 0; at_ + ahead < tokens_.size(); ++ahead) {
    if (IsSymbol("(", ahead)) ++open;
    if (IsSymbol(")", ahead) && --open == 0) break;
  }
  ++ahead;
  return IsWord("UNION", ahead) || IsWord("INTERSECT", ahead) || IsWord("EXCEPT", ahead) ||
         IsWord("ORDER", ahead) || IsWord("LIMIT", ahead) || IsSymbol(")", ahead);
}

QueryPtr Parser::WholeQuery() {
  const Deeper deeper(*this);
  const size_t offset = Now().begin;
  std::vector<Query::With> with;
  if (Take("WITH")) {
    if (IsWord("RECURSIVE")) NotInSubset("WITH RECURSIVE", Now().begin);
    do {
      Query::With one;
      one.name = Name();
      Expect("AS");
      ExpectSymbol("(");
      one.query = WholeQuery();
      ExpectSymbol(")");
      with.push_back(std::move(one));
    } while (TakeSymbol(","));
  }
  QueryPtr query = SetOperations();
  if (!with.empty() && !query->with.empty()) {  // WITH a AS (...) (WITH b AS (...) SELECT ...)
    auto outer = std::make_unique<Query>();
    outer->operands.push_back(std::move(query));
    query = std::move(outer);
  }
  if (!with.empty()) query->with = std::move(with);
  query->offset = offset;
  return query;
}

std::string Parser::SetOperator() {
  const size_t offset = Now().begin;
  std::string name;
  for (const std::string_view word : {"UNION", "INTERSECT", "EXCEPT"}) {
    if (Take(word)) name = word;
  }
  if (name.empty()) return name;
  if (Take("ALL")) {
    if (name != "UNION") {  // GoogleSQL's reference has it, BigQuery does not
      Fault("Expected keyword DISTINCT but got keyword ALL", offset);
    }
    return name + " ALL";
  }
  Expect("DISTINCT");
  return name + " DISTINCT";
}

QueryPtr Parser::SetOperations() {
  QueryPtr first = Operand();
  const size_t offset = Now().begin;
  std::string name = SetOperator();
  if (name.empty()) {
    Tail(*first);
    return first;
  }
  auto all = std::make_unique<Query>();
  all->offset = first->offset;
  all->set_operation = name;
  all->operands.push_back(std::move(first));
  do {
    if (name != all->set_operation) {
      Fault(
          "Different set operations cannot be used in the same query without using parentheses "
          "for grouping",
          offset);
    }
    all->operands.push_back(Operand());
    name = SetOperator();
  } while (!name.empty());
  Tail(*all);
  return all;
}

QueryPtr Parser::Operand() {
  const size_t offset = Now().begin;
  auto query = std::make_unique<Query>();
  query->offset = offset;
  if (TakeSymbol("(")) {
    query->operands.push_back(WholeQuery());
    ExpectSymbol(")");
    return query;
  }
  if (!IsWord("SELECT")) Unexpected("\"(\" or keyword SELECT or keyword WITH");
  query->select = SelectBody();
  return query;
}

void Parser::Tail(Query& query) {
  if (IsWord("ORDER")) query.order_by = OrderBy();
  if (Take("LIMIT")) {
    query.limit = Primary();
    if (Take("OFFSET")) query.skip = Primary();
  }
}

std::unique_ptr<Select> Parser::SelectBody() {
  auto select = std::make_unique<Select>();
  select->offset = Now().begin;
  Expect("SELECT");
  if (Take("DISTINCT")) {
    select->distinct = true;
  } else {
    Take("ALL");
  }
  if (TakeWords({"AS", "STRUCT"})) {
    select->as = Select::As::kStruct;
  } else if (TakeWords({"AS", "VALUE"})) {
    select->as = Select::As::kValue;
  }
  if (IsWord("FROM")) Fault("SELECT list must not be empty", Now().begin);
  do {
    if (!select->items.empty() && (IsWord("FROM") || IsSymbol(")") || IsSymbol(";"))) break;
    select->items.push_back(Item());
  } while (TakeSymbol(","));
  if (Take("FROM")) select->from = FromClause();
  if (Take("WHERE")) select->where = Expression();
  if (IsWord("GROUP")) {
    ++at_;
    Expect("BY");
    if (IsWord("ROLLUP") || IsWord("CUBE") || IsWord("GROUPING")) {
      NotInSubset("Grouping sets", Now().begin);
    }
    do {
      select->group_by.push_back(Expression());
    } while (TakeSymbol(","));
  }
  if (Take("HAVING")) select->having = Expression();
  if (IsWord("QUALIFY")) NotInSubset("QUALIFY", Now().begin);
  if (IsWord("WINDOW")) NotInSubset("WINDOW", Now().begin);
  return select;
}

SelectItem Parser::Item() {
  SelectItem item;
  item.offset = Now().begin;
  if (TakeSymbol("*")) {
    item.star = true;
    StarTail(item);
    return item;
  }
  item.expr = Expression();
  if (IsSymbol(".") && IsSymbol("*", 1)) {
    at_ += 2;
    item.star = true;
    StarTail(item);
  } else if (Take("AS") || IsName()) {
    item.alias = Name();
  }
  return item;
}

void Parser::StarTail(SelectItem& item) {
  if (Take("EXCEPT")) item.except = NamesInParentheses();
  if (!IsWord("REPLACE")) return;
  ++at_;
  ExpectSymbol("(");
  do {
    ExprPtr value = Expression();
    Expect("AS");
    item.replace.emplace_back(std::move(value), Name());
  } while (TakeSymbol(","));
  ExpectSymbol(")");
}

std::unique_ptr<From> Parser::JoinOf(std::unique_ptr<From> left, std::unique_ptr<From> right,
                                     From::Join kind) const {
  auto join = std::make_unique<From>();
  join->kind = From::Kind::kJoin;
  join->offset = left->offset;
  join->join = kind;
  join->depth = std::max(left->depth, right->depth) + 1;
  if (join->depth > kMostDepth) Fault("Too many tables in FROM", right->offset);
  join->left = std::move(left);
  join->right = std::move(right);
  return join;
}

std::unique_ptr<From> Parser::FromClause() {
  const Deeper deeper(*this);
  std::unique_ptr<From> all = JoinChain();
  while (TakeSymbol(",")) {
    std::unique_ptr<From> right = JoinChain();
    all = JoinOf(std::move(all), std::move(right), From::Join::kCross);
  }
  return all;
}

bool Parser::JoinKeyword(From::Join& kind) {
  if (Take("JOIN") || TakeWords({"INNER", "JOIN"})) {
    kind = From::Join::kInner;
  } else if (TakeWords({"CROSS", "JOIN"})) {
    kind = From::Join::kCross;
  } else if (TakeWords({"LEFT", "JOIN"}) || TakeWords({"LEFT", "OUTER", "JOIN"})) {
    kind = From::Join::kLeft;
  } else if (TakeWords({"RIGHT", "JOIN"}) || TakeWords({"RIGHT", "OUTER", "JOIN"})) {
    kind = From::Join::kRight;
  } else if (TakeWords({"FULL", "JOIN"}) || TakeWords({"FULL", "OUTER", "JOIN"})) {
    kind = From::Join::kFull;
  } else {
    return false;
  }
  return true;
}

std::unique_ptr<From> Parser::JoinChain() {
  std::unique_ptr<From> left = FromItem();
  From::Join kind = From::Join::kCross;
  while (JoinKeyword(kind)) {
    std::unique_ptr<From> right = FromItem();
    const bool array = right->kind == From::Kind::kUnnest || right->path.size() > 1;
    left = JoinOf(std::move(left), std::move(right), kind);
    if (kind == From::Join::kCross) continue;
    if (Take("ON")) {
      left->on = Expression();
    } else if (Take("USING")) {
      left->using_columns = NamesInParentheses();
    } else if (!array || kind == From::Join::kRight || kind == From::Join::kFull) {
      Unexpected("keyword ON or keyword USING");
    }
  }
  return left;
}

std::unique_ptr<From> Parser::FromItem() {
  const Deeper deeper(*this);
  if (IsWord("UNNEST")) return UnnestItem();
  auto item = std::make_unique<From>();
  item->offset = Now().begin;
  if (IsSymbol("(")) {
    if (!QueryAhead() && !IsWord("SELECT", 1) && !IsWord("WITH", 1)) {
      ++at_;
      item = FromClause();
      ExpectSymbol(")");
      return item;
    }
    ++at_;
    item->kind = From::Kind::kQuery;
    item->query = WholeQuery();
    ExpectSymbol(")");
    AliasOf(*item);
    return item;
  }
  item->path = Path();
  if (IsSymbol("(")) NotInSubset("A table function", Now().begin);
  AliasOf(*item);
  if (TakeWords({"FOR", "SYSTEM_TIME"}) || TakeWords({"FOR", "SYSTEM", "TIME"})) {
    Expect("AS");
    Expect("OF");
    item->as_of = Expression();  // the alias stands before it, and nowhere else
  }
  if (TakeWords({"WITH", "OFFSET"})) {
    item->with_offset = true;
    item->offset_alias = Take("AS") || IsName() ? Name() : "offset";
  }
  if (IsWord("TABLESAMPLE") || IsWord("PIVOT") || IsWord("UNPIVOT")) {
    NotInSubset(Upper(Now().text), Now().begin);
  }
  return item;
}

std::unique_ptr<From> Parser::UnnestItem() {
  auto item = std::make_unique<From>();
  item->kind = From::Kind::kUnnest;
  item->offset = Now().begin;
  Expect("UNNEST");
  ExpectSymbol("(");
  item->array = Expression();
  ExpectSymbol(")");
  AliasOf(*item);
  if (TakeWords({"WITH", "OFFSET"})) {
    item->with_offset = true;
    item->offset_alias = Take("AS") || IsName() ? Name() : "offset";
  }
  return item;
}

void Parser::AliasOf(From& item) {
  if (IsWord("PIVOT") || IsWord("UNPIVOT")) return;
  if (Take("AS") || IsName()) item.alias = Name();
}

std::vector<OrderItem> Parser::OrderBy() {
  Expect("ORDER");
  Expect("BY");
  std::vector<OrderItem> order;
  do {
    OrderItem item;
    item.expr = Expression();
    if (Take("DESC")) {
      item.descending = true;
    } else {
      Take("ASC");
    }
    if (TakeWords({"NULLS", "FIRST"})) {
      item.nulls_first = true;
    } else if (TakeWords({"NULLS", "LAST"})) {
      item.nulls_first = false;
    }
    order.push_back(std::move(item));
  } while (TakeSymbol(","));
  return order;
}

}  // namespace salvor::testing::bigquery::googlesql
