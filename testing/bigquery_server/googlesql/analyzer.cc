#include "testing/bigquery_server/googlesql/analyzer.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/lexer.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

Analyzer::Analyzer(std::string_view text, const std::vector<Parameter>& parameters,
                   const Variables& variables, Catalog& catalog, Instant now)
    : text_(text), parameters_(parameters), variables_(variables), catalog_(catalog), now_(now) {}

void Analyzer::Fault(const std::string& what, size_t offset) const {
  Refuse(what + " at " + PlaceOf(text_, offset));
}

void Analyzer::NotInSubset(const std::string& what, size_t offset) const {
  Fault(what + " is not in this server's GoogleSQL subset", offset);
}

std::string Analyzer::NextAlias() { return "_" + std::to_string(++aliases_); }

TablePath Analyzer::PathOf(const std::vector<std::string>& path) const {
  TablePath found;
  const auto view = std::find_if(path.begin(), path.end(), [](const std::string& part) {
    return SameName(part, "INFORMATION_SCHEMA");
  });
  if (view != path.end() && path.end() - view == 2) {
    found.information_schema_view = Upper(path.back());
    const auto qualifiers = view - path.begin();
    if (qualifiers > 2) Refuse("Invalid table path with INFORMATION_SCHEMA");
    if (qualifiers > 0) found.dataset = path[static_cast<size_t>(qualifiers) - 1];
    if (qualifiers > 1) found.project = path[0];
    return found;
  }
  if (path.size() > 3) Refuse("Table name has more than three parts: \"" + path[0] + "...\"");
  found.table = path.back();
  if (path.size() > 1) found.dataset = path[path.size() - 2];
  if (path.size() > 2) found.project = path[0];
  return found;
}

// FOR SYSTEM_TIME AS OF: a constant, and an untyped string there is Los Angeles' time.
Instant Analyzer::InstantOf(const Expr& expr) {
  const Typed value = Constant(expr);
  std::optional<int64_t> micros;
  if (value.literal == Typed::Literal::kString || value.literal == Typed::Literal::kTextParameter) {
    micros = ReadTimestamp(value.text, "America/Los_Angeles");
  } else if (value.type.kind == TypeKind::kTimestamp) {
    if (value.text.empty()) {
      NotInSubset("FOR SYSTEM_TIME AS OF with this expression", expr.offset);
    }
    micros = ReadTimestamp(value.text, "UTC");
  } else {
    Fault("FOR SYSTEM_TIME AS OF must be of type TIMESTAMP but was of type " + ArgumentName(value),
          expr.offset);
  }
  if (!micros) Fault("Invalid timestamp in FOR SYSTEM_TIME AS OF", expr.offset);
  // Whole milliseconds, as the service keeps its versions; the earlier one.
  const int64_t millis = *micros >= 0 ? *micros / 1000 : -((-*micros + 999) / 1000);
  return InstantOfMillis(millis);
}

Typed Analyzer::Constant(const Expr& expr) {
  Scope nothing;
  Place place;
  place.scope = &nothing;
  place.clause = "constant expression";
  Typed value = Translate(expr, place);
  if (!value.constant) {
    NotInSubset("A constant expression that is not made of literals and parameters", expr.offset);
  }
  return value;
}

Typed Analyzer::CoerceOrFault(const Typed& value, const Type& to, const std::string& what,
                              size_t offset) {
  try {
    if (std::optional<std::string> sql = Coerce(value, to)) {
      Typed coerced = value;
      coerced.sql = std::move(*sql);
      coerced.literal = Typed::Literal::kNone;
      coerced.type = to;
      return coerced;
    }
  } catch (Refusal& refusal) {  // a literal's text; it has no place yet
    Fault(refusal.error.what, offset);
  }
  Fault(what, offset);
}

// One statement cannot read one table at two instants, nor write one that it reads in the past.
void Analyzer::CheckReads(const Statement& statement) const {
  for (const Statement::Read& read : statement.reads) {
    if (read.as_of && !write_identity_.empty() && read.identity == write_identity_) {
      Refuse("FOR SYSTEM_TIME AS OF is not allowed on the table that is written: " +
             read.path.table);
    }
    for (const Statement::Read& other : statement.reads) {
      if (read.identity == other.identity && read.as_of != other.as_of) {
        Refuse(
            "A single query statement cannot reference a single table at more than one point in "
            "time, including the current time: " +
            read.path.table);
      }
    }
  }
}

Statement Analyzer::Translate(const Parsed& parsed) {
  Statement statement;
  statement.kind = parsed.kind;
  statement.offset = parsed.offset;
  statement.or_replace = parsed.or_replace;
  statement.if_not_exists = parsed.if_not_exists;
  statement.if_exists = parsed.if_exists;
  if (!parsed.target.empty()) statement.target = PathOf(parsed.target);
  if (!statement.target.information_schema_view.empty()) {
    Fault("INFORMATION_SCHEMA cannot be written", parsed.target_offset);
  }
  switch (parsed.kind) {
    case StatementKind::kSelect: {
      Analyzed analyzed = AnalyzeQuery(*parsed.query, nullptr, true);
      statement.duck_select = std::move(analyzed.sql);
      for (OutputColumn& column : analyzed.columns) {
        statement.result.push_back(Field{column.name, column.value.type});
      }
      break;
    }
    case StatementKind::kInsert:
      Insert(parsed, statement);
      break;
    case StatementKind::kUpdate:
    case StatementKind::kDelete:
      Change(parsed, statement);
      break;
    case StatementKind::kMerge:
      Merge(parsed, statement);
      break;
    case StatementKind::kCreateTable:
    case StatementKind::kCreateTableAsSelect:
      Create(parsed, statement);
      break;
    case StatementKind::kCreateTableClone:
    case StatementKind::kCreateSnapshotTable:
      Clone(parsed, statement);
      break;
    case StatementKind::kAlterTable:
      Alter(parsed, statement);
      break;
    case StatementKind::kCreateRowAccessPolicy:
    case StatementKind::kDropRowAccessPolicies:
      Policy(parsed, statement);
      break;
    case StatementKind::kAssert:
      Assert(parsed, statement);
      break;
    case StatementKind::kTruncate:
    case StatementKind::kDropTable:
    case StatementKind::kBeginTransaction:
    case StatementKind::kCommitTransaction:
    case StatementKind::kRollbackTransaction:
      break;
  }
  statement.reads = std::move(reads_);
  CheckReads(statement);
  return statement;
}

}  // namespace salvor::testing::bigquery::googlesql
