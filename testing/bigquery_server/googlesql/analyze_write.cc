#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

const Field* FieldNamed(const std::vector<Field>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return SameName(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

Typed DefaultOf(const Field& field) {
  return Typed{field.type, TypedNull(field.type), Typed::Literal::kNull, {}, true};
}

}  // namespace

std::string Analyzer::WholeArray(const std::string& sql, const Type& type,
                                 const std::string& name) {
  const std::string fault = "Array cannot have a null element; error in writing field " + name;
  return "(CASE WHEN list_count(" + sql + ") < len(" + sql + ") THEN CAST(bq_error(" +
         QuoteText(fault) + ") AS " + DuckName(type) + ") ELSE coalesce(" + sql + ", CAST([] AS " +
         DuckName(type) + ")) END)";
}

// `value` as it is stored in a column.
Typed Analyzer::Stored(const Typed& value, const Field& field, const std::string& what,
                       size_t offset) {
  Typed stored = CoerceOrFault(value, field.type,
                               what + " has type " + ArgumentName(value) +
                                   " which cannot be inserted into column " + field.name +
                                   ", which has type " + GoogleSqlName(field.type),
                               offset);
  if (field.type.kind == TypeKind::kArray) {
    stored.sql = WholeArray(stored.sql, field.type, field.name);
  }
  return stored;
}

// The query's columns, stored in `fields` one after the other.
std::string Analyzer::SelectNamed(const Analyzed& analyzed, const std::vector<Field>& fields,
                                  const std::string& what, size_t offset) {
  const std::string alias = NextAlias();
  std::string list;
  for (size_t i = 0; i < fields.size(); ++i) {
    Typed value = analyzed.columns[i].value;
    value.sql = alias + "." + QuoteName(analyzed.duck[i]);
    value = Stored(value, fields[i], what + " column " + std::to_string(i + 1), offset);
    list += (i == 0 ? "" : ", ") + value.sql + " AS " + QuoteName(fields[i].name);
  }
  return "SELECT " + list + " FROM (" + analyzed.sql + ") AS " + alias;
}

void Analyzer::Insert(const Parsed& parsed, Statement& statement) {
  const Relation relation = OrRefuse(catalog_.Resolve(statement.target, std::nullopt));
  write_identity_ = relation.identity;
  std::vector<Field> fields = relation.fields;
  if (parsed.has_columns) {
    std::vector<Field> known = relation.fields;
    known.insert(known.end(), relation.pseudo.begin(), relation.pseudo.end());
    fields.clear();
    for (const std::string& name : parsed.columns) {
      const Field* field = FieldNamed(known, name);
      if (field == nullptr) {
        Fault("Column " + name + " is not present in table " + statement.target.table,
              parsed.target_offset);
      }
      if (FieldNamed(fields, name) != nullptr) {
        Fault("INSERT has columns with duplicate name: " + name, parsed.target_offset);
      }
      fields.push_back(*field);
    }
  }
  for (const Field& field : fields) statement.columns.push_back(field.name);
  statement.result = fields;
  if (!parsed.query) return InsertRows(parsed, fields, statement);
  const Analyzed analyzed = AnalyzeQuery(*parsed.query, nullptr, false);
  if (analyzed.columns.size() != fields.size()) {
    Fault("Inserted row has wrong column count; Has " + std::to_string(analyzed.columns.size()) +
              ", expected " + std::to_string(fields.size()),
          parsed.query->offset);
  }
  statement.duck_select = SelectNamed(analyzed, fields, "Query", parsed.target_offset);
}

void Analyzer::InsertRows(const Parsed& parsed, const std::vector<Field>& fields,
                          Statement& statement) {
  Scope nothing;
  Place place;
  place.scope = &nothing;
  place.clause = "VALUES";
  std::string names;
  for (const Field& field : fields) names += (names.empty() ? "" : ", ") + QuoteName(field.name);
  std::string rows;
  for (const std::vector<ExprPtr>& row : parsed.values) {
    if (row.size() != fields.size()) {
      Fault("Inserted row has wrong column count; Has " + std::to_string(row.size()) +
                ", expected " + std::to_string(fields.size()),
            row[0]->offset);
    }
    std::string values;
    for (size_t i = 0; i < row.size(); ++i) {
      const Typed value =
          row[i]->kind == Expr::Kind::kDefault ? DefaultOf(fields[i]) : Translate(*row[i], place);
      values += (i == 0 ? "" : ", ") + Stored(value, fields[i], "Value", row[i]->offset).sql;
    }
    rows += (rows.empty() ? "(" : ", (") + values + ")";
  }
  statement.duck_select =
      "SELECT * FROM (VALUES " + rows + ") AS " + NextAlias() + "(" + names + ")";
}

std::map<std::string, std::string> Analyzer::Assign(const std::vector<Assignment>& set,
                                                    const std::vector<Field>& fields,
                                                    const Place& place) {
  std::map<std::string, std::string> made;
  for (const Assignment& assignment : set) {
    std::vector<std::string> column = assignment.column;
    const Scope& scope = *place.scope;
    if (column.size() > 1 && !scope.sources.empty() &&
        SameName(column[0], scope.sources[0].alias)) {
      column.erase(column.begin());
    }
    if (column.size() > 1) NotInSubset("UPDATE of a STRUCT's field", assignment.offset);
    const Field* field = FieldNamed(fields, column[0]);
    if (field == nullptr) Fault("Unrecognized name: " + column[0], assignment.offset);
    const Typed value = assignment.value->kind == Expr::Kind::kDefault
                            ? DefaultOf(*field)
                            : Translate(*assignment.value, place);
    const Typed stored =
        CoerceOrFault(value, field->type,
                      "Value of type " + ArgumentName(value) + " cannot be assigned to " +
                          field->name + ", which has type " + GoogleSqlName(field->type),
                      assignment.value->offset);
    std::string sql = stored.sql;
    if (field->type.kind == TypeKind::kArray) {
      sql = WholeArray(sql, field->type, field->name);
    }
    if (!made.emplace(field->name, std::move(sql)).second) {
      Fault("Update item " + field->name + " assigned more than once", assignment.offset);
    }
  }
  return made;
}

// UPDATE and DELETE.
void Analyzer::Change(const Parsed& parsed, Statement& statement) {
  Scope scope;
  From target;
  target.path = parsed.target;
  target.alias = parsed.target_alias;
  std::string duck_from;
  AddTable(target, std::nullopt, "t", scope, duck_from);
  write_identity_ = reads_[0].identity;
  const std::vector<Field> fields =
      OrRefuse(catalog_.Resolve(statement.target, std::nullopt)).fields;
  Place place;
  place.scope = &scope;
  place.clause = "UPDATE SET clause";
  statement.duck_set = Assign(parsed.set, fields, place);
  place.clause = "WHERE clause";
  statement.duck_where = Condition(*parsed.where, place, "WHERE clause").sql;
  std::vector<const Expr*> conditions;
  Conjuncts(*parsed.where, conditions);
  NarrowPartitions(conditions, scope);
}

std::map<std::string, std::string> Analyzer::InsertOf(const MergeWhen& when,
                                                      const std::vector<Field>& fields,
                                                      const Source& source, const Place& place) {
  std::vector<Field> into = fields;
  if (when.act == MergeWhen::Act::kInsertRow) {
    std::map<std::string, std::string> made;
    if (source.columns.size() != fields.size()) {
      Fault("INSERT ROW: the source has " + std::to_string(source.columns.size()) +
                " columns, the target " + std::to_string(fields.size()),
            when.offset);
    }
    for (const Field& field : fields) {
      const auto column =
          std::find_if(source.columns.begin(), source.columns.end(),
                       [&](const Visible& v) { return SameName(v.name, field.name); });
      if (column == source.columns.end()) {
        Fault("INSERT ROW: no column " + field.name + " in the source", when.offset);
      }
      const Typed value{column->type, source.SqlOf(*column)};
      made.emplace(field.name, Stored(value, field, "Value", when.offset).sql);
    }
    return made;
  }
  if (!when.columns.empty()) {
    into.clear();
    for (const std::string& name : when.columns) {
      const Field* field = FieldNamed(fields, name);
      if (field == nullptr) Fault("Unrecognized name: " + name, when.offset);
      into.push_back(*field);
    }
  }
  if (into.size() != when.values.size()) {
    Fault("Inserted row has wrong column count; Has " + std::to_string(when.values.size()) +
              ", expected " + std::to_string(into.size()),
          when.offset);
  }
  std::map<std::string, std::string> made;
  for (size_t i = 0; i < into.size(); ++i) {
    const Typed value = when.values[i]->kind == Expr::Kind::kDefault
                            ? DefaultOf(into[i])
                            : Translate(*when.values[i], place);
    const std::string sql = Stored(value, into[i], "Value", when.values[i]->offset).sql;
    if (!made.emplace(into[i].name, sql).second) {
      Fault("INSERT has columns with duplicate name: " + into[i].name, when.offset);
    }
  }
  return made;
}

void Analyzer::Merge(const Parsed& parsed, Statement& statement) {
  using When = Statement::MergeClause::When;
  Scope given;
  const std::string from = FromSql(*parsed.merge_source, given);
  Source source;
  source.alias = parsed.merge_source->alias;
  if (source.alias.empty() && !parsed.merge_source->path.empty()) {
    source.alias = parsed.merge_source->path.back();
  }
  source.qualifier = "s";
  std::string list;
  for (const Starred& starred : given.star) {
    const std::string name = "_c" + std::to_string(source.columns.size() + 1);
    list += (list.empty() ? "" : ", ") + ColumnOf(*starred.source, *starred.column).sql + " AS " +
            QuoteName(name);
    source.columns.push_back(Visible{starred.name, starred.value.type, QuoteName(name)});
  }
  NarrowPartitions({}, given);
  statement.duck_source = "(SELECT " + list + " FROM " + from + ") AS s";

  From target;
  target.path = parsed.target;
  target.alias = parsed.target_alias;
  Scope target_only;
  Scope source_only;
  Scope both;
  std::string duck_from;
  AddTable(target, std::nullopt, "t", target_only, duck_from);
  AddTable(target, std::nullopt, "t", both, duck_from);
  Show(source, source_only);
  Show(source, both);
  const Relation relation = OrRefuse(catalog_.Resolve(statement.target, std::nullopt));
  write_identity_ = relation.identity;
  Place place;
  place.scope = &both;
  place.clause = "MERGE ON clause";
  statement.duck_on = Condition(*parsed.merge_on, place, "MERGE ON clause").sql;
  std::vector<const Expr*> conditions;
  Conjuncts(*parsed.merge_on, conditions);
  NarrowPartitions(conditions, both);
  for (const MergeWhen& when : parsed.merge) {
    Place at;
    at.clause = "WHEN clause";
    at.scope = when.when == When::kMatched              ? &both
               : when.when == When::kNotMatchedByTarget ? &source_only
                                                        : &target_only;
    Statement::MergeClause clause;
    clause.when = when.when;
    if (when.condition) clause.duck_condition = Condition(*when.condition, at, "WHEN clause").sql;
    clause.is_delete = when.act == MergeWhen::Act::kDelete;
    clause.is_insert = when.when == When::kNotMatchedByTarget;
    if (clause.is_insert) {
      clause.duck_set = InsertOf(when, relation.fields, source, at);
    } else if (!clause.is_delete) {
      clause.duck_set = Assign(when.set, relation.fields, at);
    }
    statement.merge.push_back(std::move(clause));
  }
}

void Analyzer::Assert(const Parsed& parsed, Statement& statement) {
  Scope nothing;
  Place place;
  place.scope = &nothing;
  place.clause = "ASSERT";
  const Typed condition = Condition(*parsed.assertion, place, "ASSERT expression");
  statement.duck_select = "SELECT " + condition.sql + " AS \"f0_\"";
  statement.result.push_back(Field{"f0_", Type{TypeKind::kBool, {}}});
  statement.assert_message = parsed.assert_message;
}

}  // namespace salvor::testing::bigquery::googlesql
