#include <utility>

#include "testing/bigquery_server/googlesql/parser.h"
#include "testing/bigquery_server/googlesql/parser_deeper.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

std::vector<Parsed> Parser::Script() {
  std::vector<Parsed> script;
  while (true) {
    while (TakeSymbol(";")) {
    }
    if (Now().kind == Token::Kind::kEnd) break;
    script.push_back(StatementOf());
    if (Now().kind != Token::Kind::kEnd && !IsSymbol(";")) Unexpected("end of input");
  }
  if (script.empty()) Fault("Unexpected end of script", text_.size());
  return script;
}

Parsed Parser::StatementOf() {
  Parsed parsed;
  parsed.offset = Now().begin;
  if (IsWord("SELECT") || IsWord("WITH") || IsSymbol("(")) {
    parsed.query = WholeQuery();
  } else if (Take("INSERT")) {
    Insert(parsed);
  } else if (Take("UPDATE")) {
    Update(parsed);
  } else if (Take("DELETE")) {
    Delete(parsed);
  } else if (Take("MERGE")) {
    Merge(parsed);
  } else if (Take("TRUNCATE")) {
    Truncate(parsed);
  } else if (Take("CREATE")) {
    Create(parsed);
  } else if (Take("DROP")) {
    Drop(parsed);
  } else if (Take("ALTER")) {
    Alter(parsed);
  } else if (Take("ASSERT")) {
    Assert(parsed);
  } else if (Take("DECLARE")) {
    Declare(parsed);
  } else if (Take("SET")) {
    Set(parsed);
  } else if (!Transaction(parsed)) {
    for (const std::string_view word :
         {"IF", "LOOP", "WHILE", "REPEAT", "FOR", "BEGIN", "CALL", "EXECUTE", "EXPORT", "LOAD",
          "GRANT", "REVOKE", "RAISE", "EXPLAIN"}) {
      if (IsWord(word)) NotInSubset("Statement " + std::string(word), Now().begin);
    }
    Unexpected();
  }
  return parsed;
}

bool Parser::Transaction(Parsed& parsed) {
  if (IsWord("BEGIN")) {
    if (!IsWord("TRANSACTION", 1) && !IsSymbol(";", 1) && Now(1).kind != Token::Kind::kEnd) {
      return false;
    }
    parsed.kind = StatementKind::kBeginTransaction;
  } else if (IsWord("COMMIT")) {
    parsed.kind = StatementKind::kCommitTransaction;
  } else if (IsWord("ROLLBACK")) {
    parsed.kind = StatementKind::kRollbackTransaction;
  } else {
    return false;
  }
  ++at_;
  Take("TRANSACTION");
  return true;
}

void Parser::Insert(Parsed& parsed) {
  parsed.kind = StatementKind::kInsert;
  Take("INTO");
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (IsSymbol("(") && !QueryAhead() && !IsWord("SELECT", 1) && !IsWord("WITH", 1)) {
    parsed.columns = NamesInParentheses();
    parsed.has_columns = true;
  }
  if (!Take("VALUES")) {
    parsed.query = WholeQuery();
    return;
  }
  do {
    std::vector<ExprPtr> row;
    ExpectSymbol("(");
    do {
      if (IsWord("DEFAULT")) {
        row.push_back(Make(Expr::Kind::kDefault, Now().begin));
        ++at_;
      } else {
        row.push_back(Expression());
      }
    } while (TakeSymbol(","));
    ExpectSymbol(")");
    parsed.values.push_back(std::move(row));
  } while (TakeSymbol(","));
}

std::vector<Assignment> Parser::Assignments() {
  std::vector<Assignment> set;
  do {
    Assignment assignment;
    assignment.offset = Now().begin;
    assignment.column.push_back(Name());
    while (TakeSymbol(".")) assignment.column.push_back(NameAfterDot());
    ExpectSymbol("=");
    if (IsWord("DEFAULT")) {
      assignment.value = Make(Expr::Kind::kDefault, Now().begin);
      ++at_;
    } else {
      assignment.value = Expression();
    }
    set.push_back(std::move(assignment));
  } while (TakeSymbol(","));
  return set;
}

void Parser::Update(Parsed& parsed) {
  parsed.kind = StatementKind::kUpdate;
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (Take("AS") || IsName()) parsed.target_alias = Name();
  Expect("SET");
  parsed.set = Assignments();
  if (IsWord("FROM")) NotInSubset("UPDATE ... FROM", Now().begin);
  if (!IsWord("WHERE")) Refuse("UPDATE must have a WHERE clause at " + PlaceOf(text_, Now().begin));
  ++at_;
  parsed.where = Expression();
}

void Parser::Delete(Parsed& parsed) {
  parsed.kind = StatementKind::kDelete;
  Take("FROM");
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (Take("AS") || IsName()) parsed.target_alias = Name();
  if (!IsWord("WHERE")) Refuse("DELETE must have a WHERE clause at " + PlaceOf(text_, Now().begin));
  ++at_;
  parsed.where = Expression();
}

void Parser::Truncate(Parsed& parsed) {
  parsed.kind = StatementKind::kTruncate;
  Expect("TABLE");
  parsed.target_offset = Now().begin;
  parsed.target = Path();
}

void Parser::Merge(Parsed& parsed) {
  parsed.kind = StatementKind::kMerge;
  Take("INTO");
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (Take("AS") || IsName()) parsed.target_alias = Name();
  Expect("USING");
  parsed.merge_source = FromItem();
  Expect("ON");
  parsed.merge_on = Expression();
  if (!IsWord("WHEN")) Unexpected("keyword WHEN");
  while (Take("WHEN")) parsed.merge.push_back(When());
}

MergeWhen Parser::When() {
  using Clause = Statement::MergeClause::When;
  MergeWhen when;
  when.offset = Now().begin;
  if (Take("NOT")) {
    Expect("MATCHED");
    when.when =
        TakeWords({"BY", "SOURCE"}) ? Clause::kNotMatchedBySource : Clause::kNotMatchedByTarget;
    if (when.when == Clause::kNotMatchedByTarget) TakeWords({"BY", "TARGET"});
  } else {
    Expect("MATCHED");
  }
  if (Take("AND")) when.condition = Expression();
  Expect("THEN");
  const bool inserts = when.when == Clause::kNotMatchedByTarget;
  if (inserts) {
    Expect("INSERT");
    if (Take("ROW")) {
      when.act = MergeWhen::Act::kInsertRow;
      return when;
    }
    when.act = MergeWhen::Act::kInsert;
    if (IsSymbol("(")) when.columns = NamesInParentheses();
    if (Take("ROW")) {
      if (!when.columns.empty()) NotInSubset("INSERT (columns) ROW", when.offset);
      when.act = MergeWhen::Act::kInsertRow;
      return when;
    }
    Expect("VALUES");
    ExpectSymbol("(");
    do {
      if (IsWord("DEFAULT")) {
        when.values.push_back(Make(Expr::Kind::kDefault, Now().begin));
        ++at_;
      } else {
        when.values.push_back(Expression());
      }
    } while (TakeSymbol(","));
    ExpectSymbol(")");
  } else if (Take("DELETE")) {
    when.act = MergeWhen::Act::kDelete;
  } else {
    Expect("UPDATE");
    Expect("SET");
    when.set = Assignments();
  }
  return when;
}

void Parser::Assert(Parsed& parsed) {
  parsed.kind = StatementKind::kAssert;
  parsed.assertion = Expression();
  if (Take("AS")) parsed.assert_message = Text();
}

void Parser::Declare(Parsed& parsed) {
  parsed.piece = Parsed::Kind::kDeclare;
  do {
    parsed.variables.push_back(Name());
  } while (TakeSymbol(","));
  if (!IsWord("DEFAULT")) {
    parsed.variable_type = TypeName();
    parsed.has_variable_type = true;
  }
  if (Take("DEFAULT")) {
    parsed.variable_value = Expression();
  } else if (!parsed.has_variable_type) {
    Unexpected("type name");
  }
}

void Parser::Set(Parsed& parsed) {
  parsed.piece = Parsed::Kind::kSet;
  if (IsSymbol("(")) NotInSubset("SET of several variables", Now().begin);
  parsed.variables.push_back(Name());
  ExpectSymbol("=");
  parsed.variable_value = Expression();
}

}  // namespace salvor::testing::bigquery::googlesql
