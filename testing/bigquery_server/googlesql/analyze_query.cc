#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

std::string NameOf(const SelectItem& item) {
  if (!item.alias.empty()) return item.alias;
  if (item.expr->kind == Kind::kName) return item.expr->names.back();
  if (item.expr->kind == Kind::kField) return item.expr->text;
  return {};
}

bool IsBareNull(const Analyzed& analyzed, size_t index) {
  return analyzed.columns[index].value.literal == Typed::Literal::kNull;
}

// A literal that is no ordinal.
bool IsLiteral(const Expr& expr) {
  return expr.kind == Kind::kNull || expr.kind == Kind::kBool || expr.kind == Kind::kFloat ||
         expr.kind == Kind::kString || expr.kind == Kind::kBytes || expr.kind == Kind::kTyped;
}

std::string InternalName(size_t index) { return "_c" + std::to_string(index + 1); }

}  // namespace

Analyzed Analyzer::AnalyzeQuery(const Query& query, const Scope* outer, bool final) {
  const size_t before = common_tables_.size();
  std::string with;
  for (const Query::With& one : query.with) {
    for (size_t i = before; i < common_tables_.size(); ++i) {
      if (SameName(common_tables_[i].name, one.name)) {
        Fault("Duplicate alias " + one.name + " for WITH subquery", one.query->offset);
      }
    }
    Analyzed analyzed = AnalyzeQuery(*one.query, nullptr, false);
    const std::string duck = NextAlias();
    with += (with.empty() ? "WITH " : ", ") + duck + " AS (" + analyzed.sql + ")";
    common_tables_.push_back(CommonTable{one.name, duck, std::move(analyzed)});
  }
  Analyzed analyzed = AnalyzeBody(query, outer, final);
  if (!with.empty()) analyzed.sql = with + " " + analyzed.sql;
  common_tables_.resize(before);
  if (!final) return analyzed;
  for (size_t i = 0; i < analyzed.columns.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (!SameName(analyzed.columns[i].name, analyzed.columns[k].name)) continue;
      Refuse(
          "Duplicate column names in the result are not supported when a destination table is "
          "present. Found duplicate(s): " +
          analyzed.columns[i].name);
    }
  }
  return analyzed;
}

Analyzed Analyzer::AnalyzeBody(const Query& query, const Scope* outer, bool final) {
  if (query.select) return AnalyzeSelect(query, outer, final);
  Analyzed analyzed = query.set_operation.empty() ? AnalyzeQuery(*query.operands[0], outer, final)
                                                  : AnalyzeSet(query, outer, final);
  OrderAndLimit(query, analyzed);
  return analyzed;
}

// The operand with each column coerced to `types`, under its own names.
std::string Analyzer::Widen(const Analyzed& operand, const std::vector<Type>& types) {
  bool same = true;
  std::string list;
  const std::string alias = NextAlias();
  for (size_t i = 0; i < types.size(); ++i) {
    Typed value = operand.columns[i].value;
    value.sql = alias + "." + QuoteName(operand.duck[i]);
    std::string sql = *Coerce(value, types[i]);
    same = same && sql == value.sql;
    list += (i == 0 ? "" : ", ") + sql + " AS " + QuoteName(operand.duck[i]);
  }
  if (same) return "(" + operand.sql + ")";
  return "(SELECT " + list + " FROM (" + operand.sql + ") AS " + alias + ")";
}

Analyzed Analyzer::AnalyzeSet(const Query& query, const Scope* outer, bool final) {
  std::vector<Analyzed> operands;
  for (const QueryPtr& operand : query.operands) {
    operands.push_back(AnalyzeQuery(*operand, outer, final && operands.empty()));
    const size_t expected = operands.front().columns.size();
    const size_t found = operands.back().columns.size();
    if (found != expected) {
      Fault("Queries in " + query.set_operation + " have mismatched column count; query 1 has " +
                std::to_string(expected) + " columns, query " + std::to_string(operands.size()) +
                " has " + std::to_string(found) + " columns",
            operand->offset);
    }
  }
  Analyzed all;
  all.duck = operands[0].duck;
  all.value_table = operands[0].value_table;
  std::vector<Type> types;
  for (size_t i = 0; i < operands[0].columns.size(); ++i) {
    std::vector<Typed> values;
    std::string names;
    bool null = true;
    for (const Analyzed& operand : operands) {
      values.push_back(operand.columns[i].value);
      names += (names.empty() ? "" : ", ") + ArgumentName(values.back());
      null = null && IsBareNull(operand, i);
    }
    const std::optional<Type> type = Supertype(values);
    if (!type) {
      Fault("Column " + std::to_string(i + 1) + " in " + query.set_operation +
                " has incompatible types: " + names,
            query.operands[1]->offset);
    }
    types.push_back(*type);
    OutputColumn column = operands[0].columns[i];
    column.value.type = *type;
    column.value.constant = false;
    column.value.literal = null ? Typed::Literal::kNull : Typed::Literal::kNone;
    all.columns.push_back(std::move(column));
  }
  if (query.set_operation != "UNION ALL") {
    CheckDistinct(all.columns, query.set_operation, query.offset);
  }
  const std::string word = query.set_operation == "UNION ALL"
                               ? "UNION ALL"
                               : query.set_operation.substr(0, query.set_operation.find(' '));
  for (const Analyzed& operand : operands) {
    if (!all.sql.empty()) all.sql = "(" + all.sql + ") " + word + " ";
    all.sql += Widen(operand, types);
  }
  return all;
}

void Analyzer::CheckDistinct(const std::vector<OutputColumn>& columns, const std::string& what,
                             size_t offset) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    const TypeKind kind = columns[i].value.type.kind;
    if (kind != TypeKind::kJson && kind != TypeKind::kArray && kind != TypeKind::kStruct) continue;
    const std::string name = columns[i].name.empty() ? std::to_string(i + 1) : columns[i].name;
    const std::string type = GoogleSqlName(columns[i].value.type);
    std::string said = "Column " + name;
    said.append(" of type ").append(type).append(" cannot be used in ").append(what);
    Fault(said, offset);
  }
}

std::string Analyzer::LimitSql(const Query& query) {
  std::string sql;
  for (const auto& [word, expr] :
       {std::pair<const char*, const Expr*>{" LIMIT ", query.limit.get()},
        {" OFFSET ", query.skip.get()}}) {
    if (expr == nullptr) continue;
    const bool plain = expr->kind == Kind::kInt || expr->kind == Kind::kParameter;
    const Typed value = plain ? Constant(*expr) : Typed{};
    const std::optional<int64_t> count = plain ? ReadInt64(value.text) : std::nullopt;
    if (value.type.kind != TypeKind::kInt64 || !count || *count < 0) {
      Fault("Syntax error: LIMIT expects a non-negative integer literal or parameter",
            expr->offset);
    }
    sql += word + std::to_string(*count);
  }
  return sql;
}

// ORDER BY and LIMIT of a set operation or of a query in parentheses: over its columns alone.
void Analyzer::OrderAndLimit(const Query& query, Analyzed& analyzed) {
  if (query.order_by.empty() && !query.limit) return;
  Scope scope;
  Source source;
  source.qualifier = NextAlias();
  std::vector<OutputColumn> columns = analyzed.columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    columns[i].value.sql = source.qualifier + "." + QuoteName(analyzed.duck[i]);
    columns[i].value.constant = false;
  }
  Place place;
  place.scope = &scope;
  place.clause = "ORDER BY clause after a set operation";
  const std::string order = SelectOrder(query, columns, place);
  analyzed.sql = "SELECT * FROM (" + analyzed.sql + ") AS " + source.qualifier +
                 (order.empty() ? "" : " " + order) + LimitSql(query);
}

std::string Analyzer::SelectOrder(const Query& query, const std::vector<OutputColumn>& items,
                                  Place place) {
  const bool distinct = query.select && query.select->distinct;
  place.aliases = &items;
  std::string sql;
  for (const OrderItem& item : query.order_by) {
    Typed value;
    if (IsLiteral(*item.expr)) Fault("Cannot ORDER BY literal values", item.expr->offset);
    if (item.expr->kind == Kind::kInt) {
      const std::optional<int64_t> ordinal = ReadInt64(item.expr->text);
      if (!ordinal || *ordinal < 1 || *ordinal > static_cast<int64_t>(items.size())) {
        Fault("ORDER BY column number item is out of range. Expected 1 through " +
                  std::to_string(items.size()),
              item.expr->offset);
      }
      value = items[static_cast<size_t>(*ordinal) - 1].value;
    } else {
      value = Translate(*item.expr, place);
    }
    if (value.constant) continue;
    if (distinct) {
      const auto found = std::find_if(items.begin(), items.end(), [&](const OutputColumn& column) {
        return column.value.sql == value.sql;
      });
      if (found == items.end()) {
        Fault(
            "ORDER BY clause expression references a column which is not visible after SELECT "
            "DISTINCT",
            item.expr->offset);
      }
      value.sql = std::to_string(found - items.begin() + 1);
      if (value.type.kind == TypeKind::kFloat64) value.type.kind = TypeKind::kInt64;
    }
    sql += (sql.empty() ? "ORDER BY " : ", ") + OrderKey(value, item);
  }
  return sql;
}

// The SQL of the GROUP BY keys: ordinals and aliases stand for the select list's expressions.
std::vector<std::string> Analyzer::Keys(const Select& select, const Place& place) {
  std::vector<std::string> keys;
  for (const ExprPtr& expr : select.group_by) {
    const Expr* meant = expr.get();
    if (expr->kind == Kind::kInt) {
      const std::optional<int64_t> ordinal = ReadInt64(expr->text);
      const auto last = static_cast<int64_t>(select.items.size());
      if (!ordinal || *ordinal < 1 || *ordinal > last) {
        Fault("GROUP BY column number item is out of range. Expected 1 through " +
                  std::to_string(last),
              expr->offset);
      }
      for (int64_t i = 0; i < *ordinal; ++i) {
        if (select.items[static_cast<size_t>(i)].star) {
          NotInSubset("A GROUP BY ordinal after a star", expr->offset);
        }
      }
      meant = select.items[static_cast<size_t>(*ordinal) - 1].expr.get();
    } else if (expr->kind == Kind::kName && expr->names.size() == 1) {
      for (const SelectItem& item : select.items) {
        if (!item.star && SameName(item.alias, expr->names[0])) meant = item.expr.get();
      }
    }
    if (HasAggregate(*meant)) {
      Fault("Aggregate functions are not allowed in GROUP BY", expr->offset);
    }
    Place ungrouped = place;
    ungrouped.clause = "GROUP BY clause";
    const Typed key = Translate(*meant, ungrouped);
    const TypeKind kind = key.type.kind;
    if (kind == TypeKind::kJson || kind == TypeKind::kArray || kind == TypeKind::kStruct) {
      Fault("Grouping by expressions of type " + GoogleSqlName(key.type) + " is not allowed",
            expr->offset);
    }
    if (key.constant && meant == expr.get()) {  // an alias of one is allowed
      Fault("Cannot GROUP BY literal values", expr->offset);
    }
    keys.push_back(key.sql);
  }
  return keys;
}

void Analyzer::AddStarred(const SelectItem& item, const Place& place, std::string name, Typed value,
                          std::vector<OutputColumn>& out) {
  const auto same = [&](const std::string& other) { return SameName(other, name); };
  if (std::any_of(item.except.begin(), item.except.end(), same)) return;
  for (const auto& [expr, replaced] : item.replace) {
    if (!same(replaced)) continue;
    out.push_back(OutputColumn{std::move(name), Translate(*expr, place)});
    return;
  }
  if (place.keys != nullptr &&
      std::find(place.keys->begin(), place.keys->end(), value.sql) == place.keys->end()) {
    Fault("Star expansion expression references column " + name +
              " which is neither grouped nor aggregated",
          item.offset);
  }
  out.push_back(OutputColumn{std::move(name), std::move(value)});
}

void Analyzer::ExpandStar(const SelectItem& item, const Place& place, Scope& scope,
                          std::vector<OutputColumn>& out) {
  std::vector<OutputColumn> all;
  const auto dropped = [&](const std::string& name) {
    return std::any_of(item.except.begin(), item.except.end(),
                       [&](const std::string& other) { return SameName(other, name); });
  };
  if (!item.expr) {
    if (scope.star.empty()) Fault("SELECT * must have a FROM clause", item.offset);
    for (const Starred& starred : scope.star) {
      Typed value = starred.value;
      if (!dropped(starred.name)) {
        for (const auto& [source, column] : starred.merged) ColumnOf(*source, *column);
        if (starred.source != nullptr) value = ColumnOf(*starred.source, *starred.column);
      }
      all.push_back(OutputColumn{starred.name, std::move(value)});
    }
  } else if (Source* source = nullptr;
             item.expr->kind == Kind::kName && item.expr->names.size() == 1 &&
             (source = [&]() -> Source* {
               for (const Scope* at = &scope; at != nullptr; at = at->parent) {
                 for (const Source& seen : at->sources) {
                   if (!seen.alias.empty() && SameName(seen.alias, item.expr->names[0])) {
                     return const_cast<Source*>(&seen);
                   }
                 }
               }
               return nullptr;
             }()) != nullptr) {
    for (const Visible& column : source->columns) {
      Typed value{column.type, source->SqlOf(column)};
      if (!dropped(column.name)) value = ColumnOf(*source, column);
      all.push_back(OutputColumn{column.name, std::move(value)});
    }
  } else {
    const Typed row = Translate(*item.expr, place);
    if (row.type.kind != TypeKind::kStruct) {
      Fault("Dot-star is not supported for type " + GoogleSqlName(row.type), item.offset);
    }
    for (size_t i = 0; i < row.type.fields.size(); ++i) {
      all.push_back(OutputColumn{row.type.fields[i].name,
                                 Typed{row.type.fields[i].type, MemberSql(row.sql, row.type, i)}});
    }
  }
  const auto check = [&](const std::string& name, const char* clause) {
    const bool there = std::any_of(all.begin(), all.end(), [&](const OutputColumn& column) {
      return SameName(column.name, name);
    });
    if (!there) {
      Fault("Column " + name + " in SELECT * " + clause + " list does not exist", item.offset);
    }
  };
  for (const std::string& name : item.except) check(name, "EXCEPT");
  for (const auto& replaced : item.replace) check(replaced.second, "REPLACE");
  const size_t before = out.size();
  for (OutputColumn& column : all) {
    AddStarred(item, place, std::move(column.name), std::move(column.value), out);
  }
  if (out.size() == before) {
    Fault("SELECT * expands to zero columns after applying EXCEPT", item.offset);
  }
}

std::vector<OutputColumn> Analyzer::Items(const Select& select, const Place& place, Scope& scope) {
  std::vector<OutputColumn> items;
  for (const SelectItem& item : select.items) {
    if (item.star) {
      ExpandStar(item, place, scope, items);
    } else {
      items.push_back(
          OutputColumn{NameOf(item), Translate(*item.expr, place), HasAggregate(*item.expr)});
    }
  }
  return items;
}

// The select list's SQL, and what it makes of the query's columns.
std::string Analyzer::Project(const Select& select, const std::vector<OutputColumn>& items,
                              bool final, Analyzed& analyzed) {
  if (select.as == Select::As::kValue) {
    if (items.size() != 1)
      Fault("SELECT AS VALUE query must have exactly one column", select.offset);
    if (final && items[0].value.type.kind == TypeKind::kStruct) {
      NotInSubset("SELECT AS VALUE of a STRUCT as a result", select.offset);
    }
  }
  if (select.as == Select::As::kStruct && !final) {
    OutputColumn row;
    row.value.type.kind = TypeKind::kStruct;
    for (const OutputColumn& item : items) {
      row.value.type.fields.push_back(Field{item.name, item.value.type});
    }
    for (size_t i = 0; i < items.size(); ++i) {
      row.value.sql += (i == 0 ? "" : ", ") + QuoteName(DuckFieldName(row.value.type, i)) +
                       " := " + items[i].value.sql;
    }
    row.value.sql = "struct_pack(" + row.value.sql + ")";
    analyzed.columns.push_back(row);
  } else {
    analyzed.columns = items;
  }
  analyzed.value_table = select.as != Select::As::kRow && !final;
  std::string list;
  size_t anonymous = 0;
  for (size_t i = 0; i < analyzed.columns.size(); ++i) {
    OutputColumn& column = analyzed.columns[i];
    std::string sql = column.value.sql;
    if (final && column.name.empty()) column.name = "f" + std::to_string(anonymous++) + "_";
    if (final && column.value.type.kind == TypeKind::kArray) {
      sql = WholeArray(sql, column.value.type, column.name);
    }
    analyzed.duck.push_back(final ? column.name : InternalName(i));
    list += (i == 0 ? "" : ", ") + sql + " AS " + QuoteName(analyzed.duck.back());
  }
  return list;
}

void Analyzer::CheckWithoutFrom(const Query& query, bool grouped) const {
  const Select& select = *query.select;
  const auto refuse = [&](const char* what) {
    Fault(std::string("Query without FROM clause cannot have ") + what, select.offset);
  };
  if (grouped) refuse("aggregation, GROUP BY or HAVING");
  if (!query.order_by.empty()) refuse("an ORDER BY clause");
  if (select.distinct) refuse("DISTINCT");
}

Analyzed Analyzer::AnalyzeSelect(const Query& query, const Scope* outer, bool final) {
  const Select& select = *query.select;
  Scope scope;
  scope.parent = outer;
  std::string from;
  if (select.from) from = " FROM " + FromSql(*select.from, scope);
  Place place;
  place.scope = &scope;
  std::string where;
  std::vector<const Expr*> conditions;
  if (select.where) {
    if (!select.from) Fault("Query without FROM clause cannot have a WHERE clause", select.offset);
    where = " WHERE " + Condition(*select.where, place, "WHERE clause").sql;
    Conjuncts(*select.where, conditions);
  }
  if (select.from) JoinConditions(*select.from, conditions);
  NarrowPartitions(conditions, scope);

  const auto aggregates = [](const ExprPtr& expr) { return expr && HasAggregate(*expr); };
  bool grouped = !select.group_by.empty() || select.having != nullptr;
  for (const SelectItem& item : select.items) grouped = grouped || aggregates(item.expr);
  for (const OrderItem& item : query.order_by) grouped = grouped || aggregates(item.expr);
  if (!select.from) CheckWithoutFrom(query, grouped);
  if (select.having && select.group_by.empty() && !aggregates(select.having) &&
      std::none_of(select.items.begin(), select.items.end(),
                   [&](const SelectItem& item) { return aggregates(item.expr); })) {
    Fault("The HAVING clause requires GROUP BY or aggregation to be present",
          select.having->offset);
  }
  const std::vector<std::string> keys = Keys(select, place);
  place.clause = "SELECT list";
  if (grouped) {
    place.aggregates = true;
    place.keys = &keys;
  }
  const std::vector<OutputColumn> items = Items(select, place, scope);
  if (select.distinct) CheckDistinct(items, "SELECT DISTINCT", select.offset);

  Analyzed analyzed;
  std::string sql = std::string("SELECT ") + (select.distinct ? "DISTINCT " : "") +
                    Project(select, items, final, analyzed) + from + where;
  for (size_t i = 0; i < keys.size(); ++i) sql += (i == 0 ? " GROUP BY " : ", ") + keys[i];
  Place late = place;
  late.aliases = &items;
  if (select.having) {
    late.clause = "HAVING clause";
    sql += " HAVING " + Condition(*select.having, late, "HAVING clause").sql;
  }
  late.clause = "ORDER BY clause";
  const std::string order = SelectOrder(query, items, late);
  if (!order.empty()) sql += " " + order;
  analyzed.sql = sql + LimitSql(query);
  for (OutputColumn& column : analyzed.columns) column.value.constant = false;
  return analyzed;
}

}  // namespace salvor::testing::bigquery::googlesql
