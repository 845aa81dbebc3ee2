#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

std::string Said(const std::vector<std::string>& path) {
  std::string said;
  for (const std::string& part : path) said += (said.empty() ? "" : ".") + part;
  return said;
}

}  // namespace

// Adds the source to the scope, and its columns to what `*` gives.
Source& Analyzer::Show(Source source, Scope& scope) {
  if (!source.alias.empty()) {
    for (const Source& other : scope.sources) {
      if (SameName(other.alias, source.alias)) {
        Refuse("Duplicate table alias " + source.alias + " in the same FROM clause");
      }
    }
  }
  scope.sources.push_back(std::move(source));
  Source& shown = scope.sources.back();
  for (const Visible& column : shown.columns) {
    Typed value{column.type, shown.SqlOf(column)};
    value.literal = column.literal;
    value.text = column.text;
    scope.star.push_back(Starred{column.name, std::move(value), &shown, &column});
  }
  return shown;
}

std::string Analyzer::FromSql(const From& from, Scope& scope) {
  switch (from.kind) {
    case From::Kind::kJoin:
      return JoinSql(from, scope);
    case From::Kind::kUnnest:
      return UnnestSql(from, *from.array, scope);
    case From::Kind::kQuery: {
      const Analyzed analyzed = AnalyzeQuery(*from.query, scope.parent, false);
      return QuerySql(from, scope, analyzed, "(" + analyzed.sql + ")");
    }
    case From::Kind::kTable:
      break;
  }
  return TableSql(from, scope);
}

// A subquery or a common table in FROM.
std::string Analyzer::QuerySql(const From& from, Scope& scope, const Analyzed& analyzed,
                               const std::string& sql) {
  Source source;
  source.alias = from.alias;
  source.qualifier = NextAlias();
  if (analyzed.value_table) {
    source.value_table = true;
    source.value = Visible{{}, analyzed.columns[0].value.type, QuoteName(analyzed.duck[0])};
    const Type& type = source.value.type;
    if (type.kind == TypeKind::kStruct) {
      for (size_t i = 0; i < type.fields.size(); ++i) {
        source.columns.push_back(Visible{type.fields[i].name, type.fields[i].type,
                                         QuoteText(DuckFieldName(type, i)), true});
      }
    } else {
      source.columns.push_back(Visible{from.alias, type, source.value.sql});
    }
  } else {
    for (size_t i = 0; i < analyzed.columns.size(); ++i) {
      const OutputColumn& column = analyzed.columns[i];
      Visible visible{column.name, column.value.type, QuoteName(analyzed.duck[i])};
      source.columns.push_back(std::move(visible));
    }
  }
  const std::string qualifier = source.qualifier;
  Show(std::move(source), scope);
  return sql + " AS " + qualifier;
}

bool Analyzer::NamesRangeVariable(const From& from, const Scope& scope) {
  if (from.path.size() < 2) return false;
  for (const Scope* at = &scope; at != nullptr; at = at->parent) {
    for (const Source& source : at->sources) {
      if (!source.alias.empty() && SameName(source.alias, from.path[0])) return true;
    }
  }
  return false;
}

std::string Analyzer::TableSql(const From& from, Scope& scope) {
  if (NamesRangeVariable(from, scope)) {  // FROM t, t.list
    if (from.as_of) Fault("FOR SYSTEM_TIME AS OF is not allowed with an array", from.offset);
    Expr array;
    array.kind = Kind::kName;
    array.offset = from.offset;
    array.names = from.path;
    return UnnestSql(from, array, scope);
  }
  if (from.with_offset) Fault("WITH OFFSET is only allowed with an array", from.offset);
  if (from.path.size() == 1) {
    for (auto common = common_tables_.rbegin(); common != common_tables_.rend(); ++common) {
      if (!SameName(common->name, from.path[0])) continue;
      if (from.as_of) {
        Fault("FOR SYSTEM_TIME AS OF is not allowed with WITH subqueries", from.offset);
      }
      From named;
      named.alias = from.alias.empty() ? from.path[0] : from.alias;
      const Analyzed analyzed = common->analyzed;
      const std::string duck = common->duck;
      return QuerySql(named, scope, analyzed, duck);
    }
  }
  std::optional<Instant> as_of;
  if (from.as_of) as_of = InstantOf(*from.as_of);
  std::string duck_from;
  const std::string qualifier = NextAlias();
  AddTable(from, as_of, qualifier, scope, duck_from);
  return duck_from + " AS " + qualifier;
}

Source& Analyzer::AddTable(const From& from, std::optional<Instant> as_of, std::string qualifier,
                           Scope& scope, std::string& duck_from) {
  const TablePath path = PathOf(from.path);
  Relation relation = OrRefuse(catalog_.Resolve(path, as_of));
  duck_from = relation.duck_from;
  Source source;
  source.alias = from.alias.empty() ? from.path.back() : from.alias;
  source.qualifier = std::move(qualifier);
  source.partition_column = relation.partition_column;
  source.require_filter = relation.require_partition_filter;
  source.said = Said(from.path);
  for (const Field& field : relation.fields) {
    source.columns.push_back(Visible{field.name, field.type, QuoteName(field.name)});
  }
  for (const Field& field : relation.pseudo) {
    source.pseudo.push_back(Visible{field.name, field.type, QuoteName(field.name)});
  }
  for (size_t i = 0; i < reads_.size(); ++i) {
    if (reads_[i].identity == relation.identity && reads_[i].as_of == as_of) source.read = i;
  }
  if (!source.read) {
    source.read = reads_.size();
    reads_.push_back(Statement::Read{path, as_of, relation.identity, {}, {}});
    filters_.emplace_back();
  }
  return Show(std::move(source), scope);
}

std::string Analyzer::UnnestSql(const From& from, const Expr& array, Scope& scope) {
  Place place;
  place.scope = &scope;
  place.clause = "FROM clause";
  const Typed list = Translate(array, place);
  if (list.type.kind != TypeKind::kArray) {
    Fault("Values referenced in UNNEST must be arrays. UNNEST contains expression of type " +
              ArgumentName(list),
          array.offset);
  }
  Source source;
  source.alias = from.alias;
  if (source.alias.empty() && from.kind == From::Kind::kTable) source.alias = from.path.back();
  source.qualifier = NextAlias();
  source.value_table = true;
  source.value = Visible{{}, ElementOf(list.type), "\"_v\""};
  const Type& type = source.value.type;
  if (type.kind == TypeKind::kStruct) {
    for (size_t i = 0; i < type.fields.size(); ++i) {
      source.columns.push_back(Visible{type.fields[i].name, type.fields[i].type,
                                       QuoteText(DuckFieldName(type, i)), true});
    }
  } else {
    source.columns.push_back(Visible{source.alias, type, "\"_v\""});
  }
  const std::string qualifier = source.qualifier;
  Show(std::move(source), scope);
  std::string sql = "SELECT unnest(" + list.sql + ") AS \"_v\"";
  if (from.with_offset) {
    sql += ", unnest(range(len(" + list.sql + "))) AS \"_o\"";
    Source position;
    position.alias = from.offset_alias;
    position.qualifier = qualifier;
    position.value_table = true;
    position.value = Visible{{}, Type{}, "\"_o\""};
    position.columns.push_back(Visible{from.offset_alias, Type{}, "\"_o\""});
    Show(std::move(position), scope);
  }
  return "LATERAL (" + sql + ") AS " + qualifier;
}

std::string Analyzer::JoinSql(const From& from, Scope& scope) {
  const size_t base = scope.star.size();
  std::string left = FromSql(*from.left, scope);
  const size_t middle = scope.star.size();
  std::string right = FromSql(*from.right, scope);
  if (from.right->kind == From::Kind::kJoin) right = "(" + right + ")";
  const bool lateral = right.rfind("LATERAL ", 0) == 0;
  if (lateral && (from.join == From::Join::kRight || from.join == From::Join::kFull)) {
    NotInSubset("RIGHT or FULL JOIN of UNNEST", from.right->offset);
  }
  std::string word;
  switch (from.join) {
    case From::Join::kCross:
      return left + " CROSS JOIN " + right;
    case From::Join::kInner:
      word = " JOIN ";
      break;
    case From::Join::kLeft:
      word = " LEFT JOIN ";
      break;
    case From::Join::kRight:
      word = " RIGHT JOIN ";
      break;
    case From::Join::kFull:
      word = " FULL JOIN ";
      break;
  }
  std::string on = "TRUE";
  if (from.on) {
    Place place;
    place.scope = &scope;
    place.clause = "JOIN ON clause";
    on = Condition(*from.on, place, "JOIN ON clause").sql;
  } else if (!from.using_columns.empty()) {
    on = UsingSql(from, scope, base, middle);
  }
  return left + word + right + " ON " + on;
}

// USING (k): one column k comes first, then the left side's others, then the right side's.
std::string Analyzer::UsingSql(const From& from, Scope& scope, size_t base, size_t middle) {
  std::string on;
  std::vector<Starred> merged;
  std::set<size_t> gone;
  const auto find = [&](const std::string& name, size_t begin, size_t end, const char* side) {
    size_t found = end;
    for (size_t i = begin; i < end; ++i) {
      if (!SameName(scope.star[i].name, name)) continue;
      if (found != end) Fault("Column name " + name + " is ambiguous in USING", from.offset);
      found = i;
    }
    if (found == end) {
      Fault("Column " + name + " in USING clause not found on " + side + " side of join",
            from.offset);
    }
    gone.insert(found);
    return scope.star[found];
  };
  const auto seen = [&](const Starred& starred) {
    for (const auto& [source, column] : starred.merged) ColumnOf(*source, *column);
    return starred.source == nullptr ? starred.value : ColumnOf(*starred.source, *starred.column);
  };
  for (const std::string& name : from.using_columns) {
    const Starred left = find(name, base, middle, "left");
    const Starred right = find(name, middle, scope.star.size(), "right");
    const Typed one = seen(left);
    const Typed other = seen(right);
    on += (on.empty() ? "" : " AND ") + Compare("=", one, other, from.offset).sql;
    Starred both;
    both.name = left.name;
    both.merged = left.merged;
    both.merged.insert(both.merged.end(), right.merged.begin(), right.merged.end());
    for (const Starred& side : {left, right}) {
      if (side.source != nullptr) both.merged.emplace_back(side.source, side.column);
    }
    both.value = from.join == From::Join::kRight ? other : one;
    if (from.join == From::Join::kFull) {
      const std::optional<Type> type = Supertype({one, other});
      both.value.type = *type;
      both.value.sql = "coalesce(" + *Coerce(one, *type) + ", " + *Coerce(other, *type) + ")";
    }
    merged.push_back(std::move(both));
  }
  for (size_t i = base; i < scope.star.size(); ++i) {
    if (gone.count(i) == 0) merged.push_back(scope.star[i]);
  }
  scope.star.resize(base);
  scope.star.insert(scope.star.end(), merged.begin(), merged.end());
  return on;
}

void Analyzer::Conjuncts(const Expr& expr, std::vector<const Expr*>& out) {
  if (expr.kind != Kind::kAnd) {
    out.push_back(&expr);
    return;
  }
  for (const ExprPtr& arg : expr.args) Conjuncts(*arg, out);
}

void Analyzer::JoinConditions(const From& from, std::vector<const Expr*>& out) {
  if (from.kind != From::Kind::kJoin) return;
  if (from.on && from.join == From::Join::kInner) Conjuncts(*from.on, out);
  if (from.join == From::Join::kInner || from.join == From::Join::kCross) {
    JoinConditions(*from.left, out);
    JoinConditions(*from.right, out);
  }
}

bool Analyzer::IsPartitionColumn(const Expr& expr, Source& source, const Place& place) {
  static const std::set<std::string> kThrough = {"DATE", "TIMESTAMP", "DATE_TRUNC",
                                                 "TIMESTAMP_TRUNC", "DATETIME_TRUNC"};
  if (expr.kind == Kind::kCast || (expr.kind == Kind::kCall && kThrough.count(expr.text) > 0)) {
    return !expr.args.empty() && IsPartitionColumn(*expr.args[0], source, place);
  }
  if (expr.kind != Kind::kName) return false;
  const std::string sql = Translate(expr, place).sql;
  const auto is = [&](const Visible& column) { return source.SqlOf(column) == sql; };
  if (std::any_of(source.pseudo.begin(), source.pseudo.end(), [&](const Visible& column) {
        return is(column) && source.partition_column.rfind('_', 0) == 0;
      })) {
    return true;
  }
  return std::any_of(source.columns.begin(), source.columns.end(), [&](const Visible& column) {
    return SameName(column.name, source.partition_column) && is(column);
  });
}

// Whether a condition is one on the partition column alone, of the kinds that BigQuery prunes by.
bool Analyzer::Constrains(const Expr& expr, Source& source, const Place& place) {
  static const std::set<std::string> kComparisons = {"=", "<", "<=", ">", ">="};
  const auto constant = [&](const ExprPtr& arg) { return Translate(*arg, place).constant; };
  const auto column = [&](const ExprPtr& arg) { return IsPartitionColumn(*arg, source, place); };
  const auto rest = [&] { return std::all_of(expr.args.begin() + 1, expr.args.end(), constant); };
  switch (expr.kind) {
    case Kind::kAnd:
    case Kind::kOr:
      return std::all_of(expr.args.begin(), expr.args.end(),
                         [&](const ExprPtr& arg) { return Constrains(*arg, source, place); });
    case Kind::kBinary:
      if (kComparisons.count(expr.text) == 0) return false;
      return (column(expr.args[0]) && constant(expr.args[1])) ||
             (constant(expr.args[0]) && column(expr.args[1]));
    case Kind::kBetween:
    case Kind::kIn:
    case Kind::kInUnnest:
      return !expr.flag && column(expr.args[0]) && rest();
    case Kind::kIs:
      return expr.text == "NULL" && column(expr.args[0]);
    default:
      return false;
  }
}

// Two readings of one table in one statement are one read: of the partitions that either wants.
void Analyzer::AddFilter(const Source& source, const std::string& filter) {
  std::optional<std::string>& known = filters_[*source.read];
  if (!known) {
    known = filter;
  } else if (known->empty() || filter.empty()) {
    known = "";
  } else if (*known != filter && known->find("(" + filter + ")") == std::string::npos) {
    known = "(" + *known + ") OR (" + filter + ")";
  }
  reads_[*source.read].duck_partition_filter = *known;
}

void Analyzer::NarrowPartitions(const std::vector<const Expr*>& conditions, Scope& scope) {
  Place place;
  place.scope = &scope;
  for (Source& source : scope.sources) {
    if (!source.read) continue;
    std::string filter;
    for (const Expr* condition : conditions) {
      if (source.partition_column.empty() || !Constrains(*condition, source, place)) continue;
      const std::string qualifier = std::exchange(source.qualifier, std::string());
      filter += (filter.empty() ? "" : " AND ") + Translate(*condition, place).sql;
      source.qualifier = qualifier;
    }
    if (source.require_filter && filter.empty()) {
      const bool pseudo = source.partition_column.rfind('_', 0) == 0;
      Refuse("Cannot query over table '" + source.said + "' without a filter over column(s) " +
             (pseudo ? "'_PARTITION_LOAD_TIME', '_PARTITIONDATE', '_PARTITIONTIME'"
                     : "'" + source.partition_column + "'") +
             " that can be used for partition elimination");
    }
    AddFilter(source, filter);
  }
}

}  // namespace salvor::testing::bigquery::googlesql
