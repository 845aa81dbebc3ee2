#include <utility>

#include "testing/bigquery_server/googlesql/parser.h"
#include "testing/bigquery_server/googlesql/parser_deeper.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

void Parser::Create(Parsed& parsed) {
  if (TakeWords({"OR", "REPLACE"})) parsed.or_replace = true;
  if (Take("TABLE")) {
    CreateTable(parsed);
  } else if (TakeWords({"SNAPSHOT", "TABLE"})) {
    CreateSnapshot(parsed);
  } else if (TakeWords({"ROW", "ACCESS", "POLICY"})) {
    CreatePolicy(parsed);
  } else {
    NotInSubset("CREATE " + Upper(Now().text), Now().begin);
  }
}

void Parser::ForSystemTime(Parsed& parsed) {
  if (!TakeWords({"FOR", "SYSTEM_TIME"}) && !TakeWords({"FOR", "SYSTEM", "TIME"})) return;
  Expect("AS");
  Expect("OF");
  parsed.as_of = Expression();
}

void Parser::CreateTable(Parsed& parsed) {
  parsed.kind = StatementKind::kCreateTable;
  if (TakeWords({"IF", "NOT", "EXISTS"})) parsed.if_not_exists = true;
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (IsWord("CLONE") || IsWord("COPY")) {
    parsed.kind = StatementKind::kCreateTableClone;
    parsed.copy = IsWord("COPY");
    ++at_;
    parsed.source_offset = Now().begin;
    parsed.source = Path();
    ForSystemTime(parsed);
    if (IsWord("OPTIONS")) parsed.options = Options();
    return;
  }
  if (IsWord("LIKE")) NotInSubset("CREATE TABLE ... LIKE", Now().begin);
  if (TakeSymbol("(")) {
    do {
      if (IsSymbol(")")) break;
      if (IsWord("PRIMARY") || IsWord("FOREIGN") || IsWord("CONSTRAINT")) {
        NotInSubset("A table constraint", Now().begin);
      }
      parsed.definitions.push_back(Definition());
    } while (TakeSymbol(","));
    ExpectSymbol(")");
  }
  TableClauses(parsed);
  if (Take("AS")) {
    parsed.kind = StatementKind::kCreateTableAsSelect;
    parsed.query = WholeQuery();
  } else if (parsed.definitions.empty()) {
    Refuse("CREATE TABLE requires columns or AS SELECT at " + PlaceOf(text_, Now().begin));
  }
}

void Parser::TableClauses(Parsed& parsed) {
  if (TakeWords({"DEFAULT", "COLLATE"})) NotInSubset("COLLATE", Now().begin);
  if (TakeWords({"PARTITION", "BY"})) parsed.partition_by = Expression();
  if (TakeWords({"CLUSTER", "BY"})) {
    do {
      parsed.cluster_by.push_back(Name());
    } while (TakeSymbol(","));
  }
  if (IsWord("OPTIONS")) parsed.options = Options();
}

ColumnDefinition Parser::Definition() {
  ColumnDefinition definition;
  definition.offset = Now().begin;
  definition.field.name = Name();
  definition.field.type = TypeName();
  while (true) {
    if (TakeWords({"NOT", "NULL"})) {
      definition.field.required = true;
    } else if (IsWord("OPTIONS")) {
      for (const OptionItem& option : Options()) {
        if (SameName(option.name, "description") && option.value->kind == Expr::Kind::kString) {
          definition.field.description = option.value->text;
        }
      }
    } else if (IsWord("DEFAULT")) {
      NotInSubset("A column's DEFAULT", Now().begin);
    } else {
      return definition;
    }
  }
}

std::vector<OptionItem> Parser::Options() {
  Expect("OPTIONS");
  ExpectSymbol("(");
  std::vector<OptionItem> options;
  if (TakeSymbol(")")) return options;
  do {
    OptionItem item;
    item.offset = Now().begin;
    item.name = Name();
    ExpectSymbol("=");
    item.value = Expression();
    options.push_back(std::move(item));
  } while (TakeSymbol(","));
  ExpectSymbol(")");
  return options;
}

void Parser::CreateSnapshot(Parsed& parsed) {
  parsed.kind = StatementKind::kCreateSnapshotTable;
  if (TakeWords({"IF", "NOT", "EXISTS"})) parsed.if_not_exists = true;
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  Expect("CLONE");
  parsed.source_offset = Now().begin;
  parsed.source = Path();
  ForSystemTime(parsed);
  if (IsWord("OPTIONS")) parsed.options = Options();
}

void Parser::CreatePolicy(Parsed& parsed) {
  parsed.kind = StatementKind::kCreateRowAccessPolicy;
  if (TakeWords({"IF", "NOT", "EXISTS"})) parsed.if_not_exists = true;
  parsed.policy_name = Name();
  Expect("ON");
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  if (TakeWords({"GRANT", "TO"})) {
    ExpectSymbol("(");
    do {
      Text();
    } while (TakeSymbol(","));
    ExpectSymbol(")");
  }
  Expect("FILTER");
  Expect("USING");
  ExpectSymbol("(");
  parsed.policy_filter = Expression();
  ExpectSymbol(")");
}

void Parser::Drop(Parsed& parsed) {
  if (TakeWords({"ALL", "ROW", "ACCESS", "POLICIES"})) {
    parsed.kind = StatementKind::kDropRowAccessPolicies;
    Expect("ON");
  } else if (TakeWords({"ROW", "ACCESS", "POLICY"})) {
    parsed.kind = StatementKind::kDropRowAccessPolicies;
    if (TakeWords({"IF", "EXISTS"})) parsed.if_exists = true;
    parsed.policy_name = Name();
    Expect("ON");
  } else {
    parsed.kind = StatementKind::kDropTable;
    parsed.snapshot = Take("SNAPSHOT");
    if (!IsWord("TABLE")) NotInSubset("DROP " + Upper(Now().text), Now().begin);
    ++at_;
    if (TakeWords({"IF", "EXISTS"})) parsed.if_exists = true;
  }
  parsed.target_offset = Now().begin;
  parsed.target = Path();
}

void Parser::Alter(Parsed& parsed) {
  parsed.kind = StatementKind::kAlterTable;
  if (!IsWord("TABLE")) NotInSubset("ALTER " + Upper(Now().text), Now().begin);
  ++at_;
  if (TakeWords({"IF", "EXISTS"})) parsed.if_exists = true;
  parsed.target_offset = Now().begin;
  parsed.target = Path();
  do {
    AlterAction(parsed);
  } while (TakeSymbol(","));
}

void Parser::AlterAction(Parsed& parsed) {
  Alteration action;
  if (TakeWords({"ADD", "COLUMN"})) {
    action.kind = Alteration::Kind::kAddColumn;
    if (TakeWords({"IF", "NOT", "EXISTS"})) action.if_exists = true;
    action.column = Definition().field;
  } else if (TakeWords({"DROP", "COLUMN"})) {
    action.kind = Alteration::Kind::kDropColumn;
    if (TakeWords({"IF", "EXISTS"})) action.if_exists = true;
    action.column.name = Name();
  } else if (TakeWords({"RENAME", "COLUMN"})) {
    action.kind = Alteration::Kind::kRenameColumn;
    if (TakeWords({"IF", "EXISTS"})) action.if_exists = true;
    action.column.name = Name();
    Expect("TO");
    action.new_name = Name();
  } else if (Take("SET")) {
    action.kind = Alteration::Kind::kSetOptions;
    for (OptionItem& option : Options()) parsed.options.push_back(std::move(option));
  } else {
    NotInSubset("This ALTER TABLE action", Now().begin);
  }
  parsed.alterations.push_back(std::move(action));
}

}  // namespace salvor::testing::bigquery::googlesql
