#include <algorithm>
#include <map>
#include <utility>

#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/calendar.h"
#include "testing/bigquery_server/googlesql/numbers.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {
namespace {

using Kind = Expr::Kind;

// A table's options and their types ("table_option_list"); 'L' labels.
const std::map<std::string, char>& KnownOptions() {
  static const std::map<std::string, char> kKnown = {
      {"expiration_timestamp", 'T'},
      {"partition_expiration_days", 'F'},
      {"require_partition_filter", 'b'},
      {"kms_key_name", 'S'},
      {"friendly_name", 'S'},
      {"description", 'S'},
      {"labels", 'L'},
      {"tags", 'L'},
      {"default_rounding_mode", 'S'},
      {"enable_change_history", 'b'},
  };
  return kKnown;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Begin, end and interval of RANGE_BUCKET(column, GENERATE_ARRAY(...)); empty if it is none.
std::vector<int64_t> RangeBounds(const Expr& bucket) {
  const Expr* range = bucket.args.size() == 2 ? bucket.args[1].get() : nullptr;
  if (range == nullptr || range->kind != Kind::kCall || range->text != "GENERATE_ARRAY" ||
      range->args.size() < 2 || range->args.size() > 3) {
    return {};
  }
  std::vector<int64_t> bounds;
  for (const ExprPtr& bound : range->args) {
    const std::optional<int64_t> value =
        bound->kind == Kind::kInt ? ReadInt64(bound->text) : std::nullopt;
    if (!value) return {};
    bounds.push_back(*value);
  }
  if (bounds.size() == 2) bounds.push_back(1);
  if (bounds[1] <= bounds[0] || bounds[2] <= 0) return {};
  return bounds;
}

}  // namespace

std::map<std::string, OptionValue> Analyzer::OptionsOf(const std::vector<OptionItem>& options) {
  std::map<std::string, OptionValue> made;
  for (const OptionItem& option : options) {
    const std::string name = Lower(option.name);
    const auto known = KnownOptions().find(name);
    if (known == KnownOptions().end()) Fault("Unknown option: " + option.name, option.offset);
    OptionValue value;
    const Expr& expr = *option.value;
    const auto wrong = [&](const Typed& typed) {
      Fault("Wrong type for option " + option.name + ": " + ArgumentName(typed), option.offset);
    };
    if (known->second == 'L' && expr.kind != Kind::kNull) {
      if (expr.kind != Kind::kArray) Fault("Wrong value for option " + option.name, option.offset);
      for (const ExprPtr& pair : expr.args) {
        if (pair->kind != Kind::kStruct || pair->args.size() != 2) {
          Fault("Option " + option.name + " must be an array of (name, value)", option.offset);
        }
        const Typed key = Constant(*pair->args[0]);
        const Typed text = Constant(*pair->args[1]);
        if (key.type.kind != TypeKind::kString) wrong(key);
        if (text.type.kind != TypeKind::kString) wrong(text);
        value.pairs.emplace_back(key.text, text.text);
      }
    } else if (expr.kind != Kind::kNull) {
      const Typed typed = Constant(expr);
      const TypeKind kind = typed.type.kind;
      value.text = typed.text;
      switch (known->second) {
        case 'T': {
          if (kind != TypeKind::kTimestamp && kind != TypeKind::kString) wrong(typed);
          const std::optional<int64_t> micros = ReadTimestamp(typed.text, "UTC");
          if (!micros) NotInSubset("Option " + option.name + " with this value", option.offset);
          value.text = FormatInstant(InstantOfMillis(*micros / 1000));
          break;
        }
        case 'F':
          if (kind != TypeKind::kInt64 && kind != TypeKind::kFloat64) wrong(typed);
          break;
        case 'b':
          if (kind != TypeKind::kBool) wrong(typed);
          value.text = typed.sql == "TRUE" ? "true" : "false";
          break;
        default:
          if (kind != TypeKind::kString) wrong(typed);
          break;
      }
    }
    if (!made.emplace(name, std::move(value)).second) {
      Fault("Duplicate option specified: " + option.name, option.offset);
    }
  }
  return made;
}

void Analyzer::Create(const Parsed& parsed, Statement& statement) {
  if (parsed.or_replace && parsed.if_not_exists) {
    Fault("CREATE TABLE cannot have both OR REPLACE and IF NOT EXISTS", parsed.offset);
  }
  for (const ColumnDefinition& definition : parsed.definitions) {
    statement.create_columns.push_back(definition.field);
  }
  if (parsed.query) {
    Analyzed analyzed = AnalyzeQuery(*parsed.query, nullptr, false);
    if (parsed.definitions.empty()) {
      for (size_t i = 0; i < analyzed.columns.size(); ++i) {
        const OutputColumn& column = analyzed.columns[i];
        if (column.name.empty()) {
          Fault("CREATE TABLE columns must be named, but column " + std::to_string(i + 1) +
                    " has no name",
                parsed.query->offset);
        }
        statement.create_columns.push_back(Field{column.name, column.value.type});
      }
    } else if (parsed.definitions.size() != analyzed.columns.size()) {
      Fault(
          "The number of columns in the column definition list does not match the number of "
          "columns in the query",
          parsed.query->offset);
    }
    statement.result = statement.create_columns;
    statement.duck_select =
        SelectNamed(analyzed, statement.create_columns, "Query", parsed.query->offset);
  }
  for (size_t i = 0; i < statement.create_columns.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (SameName(statement.create_columns[i].name, statement.create_columns[k].name)) {
        Fault("Duplicate column name " + statement.create_columns[i].name + " in CREATE TABLE",
              parsed.offset);
      }
    }
  }
  if (parsed.partition_by) PartitionOf(parsed, statement);
  for (const std::string& name : parsed.cluster_by) {
    const auto found =
        std::find_if(statement.create_columns.begin(), statement.create_columns.end(),
                     [&](const Field& field) { return SameName(field.name, name); });
    if (found == statement.create_columns.end()) Fault("Unrecognized name: " + name, parsed.offset);
    statement.cluster_by.push_back(found->name);
  }
  if (statement.cluster_by.size() > 4) {
    Fault("Too many columns in CLUSTER BY: at most 4", parsed.offset);
  }
  statement.options = OptionsOf(parsed.options);
}

// d; DATE(ts); DATE_TRUNC(d, MONTH), TIMESTAMP_TRUNC(ts, HOUR) and the like; _PARTITIONDATE and
// DATE(_PARTITIONTIME); RANGE_BUCKET(n, GENERATE_ARRAY(0, 100, 10)).
void Analyzer::PartitionOf(const Parsed& parsed, Statement& statement) {
  const Expr& expr = *parsed.partition_by;
  const Expr* column = &expr;
  std::string part = "DAY";
  std::string function;
  if (expr.kind == Kind::kCall && !expr.args.empty()) {
    function = expr.text;
    column = expr.args[0].get();
  }
  const auto fault = [&] {
    Fault(
        "PARTITION BY expression must be DATE(<timestamp_column>), DATE(<datetime_column>), "
        "DATETIME_TRUNC(<datetime_column>, DAY/HOUR/MONTH/YEAR), a DATE column, "
        "TIMESTAMP_TRUNC(<timestamp_column>, DAY/HOUR/MONTH/YEAR), "
        "DATE_TRUNC(<date_column>, MONTH/YEAR), or RANGE_BUCKET(<int64_column>, "
        "GENERATE_ARRAY(<int64_value>, <int64_value>[, <int64_value>]))",
        expr.offset);
  };
  if (column->kind != Kind::kName || column->names.size() != 1) fault();
  const std::string upper = Upper(column->names[0]);
  Type type;
  if (upper == "_PARTITIONDATE" || upper == "_PARTITIONTIME") {
    statement.partition_column = "_PARTITIONTIME";
    type.kind = upper == "_PARTITIONDATE" ? TypeKind::kDate : TypeKind::kTimestamp;
  } else {
    for (const Field& field : statement.create_columns) {
      if (!SameName(field.name, column->names[0])) continue;
      statement.partition_column = field.name;
      type = field.type;
    }
    if (statement.partition_column.empty()) {
      Fault("Unrecognized name: " + column->names[0], column->offset);
    }
  }
  if (function == "RANGE_BUCKET") {
    const std::vector<int64_t> bounds = RangeBounds(expr);
    if (type.kind != TypeKind::kInt64 || bounds.empty()) fault();
    statement.partition_type = "RANGE";
    statement.range_start = bounds[0];
    statement.range_end = bounds[1];
    statement.range_interval = bounds[2];
    statement.partition_by = "RANGE_BUCKET(" + statement.partition_column + ", GENERATE_ARRAY(" +
                             std::to_string(bounds[0]) + ", " + std::to_string(bounds[1]) + ", " +
                             std::to_string(statement.range_interval) + "))";
    return;
  }
  const std::map<std::string, TypeKind> truncates = {{"DATE_TRUNC", TypeKind::kDate},
                                                     {"DATETIME_TRUNC", TypeKind::kDatetime},
                                                     {"TIMESTAMP_TRUNC", TypeKind::kTimestamp}};
  if (const auto truncate = truncates.find(function); truncate != truncates.end()) {
    if (expr.args.size() != 2 || type.kind != truncate->second) fault();
    part = PartName(*expr.args[1], function);
    const bool wide = part == "MONTH" || part == "YEAR";
    const bool fine = part == "DAY" || (part == "HOUR" && type.kind != TypeKind::kDate);
    if (!wide && !fine) fault();
    statement.partition_by = function + "(" + column->names[0] + ", " + part + ")";
  } else if (function == "DATE") {
    if (type.kind == TypeKind::kDate || expr.args.size() != 1) fault();
    if (type.kind != TypeKind::kTimestamp && type.kind != TypeKind::kDatetime) fault();
    statement.partition_by = "DATE(" + column->names[0] + ")";
  } else {
    if (!function.empty() || type.kind != TypeKind::kDate) fault();
    statement.partition_by = column->names[0];
  }
  statement.partition_type = part;
}

void Analyzer::Clone(const Parsed& parsed, Statement& statement) {
  statement.source = PathOf(parsed.source);
  statement.is_copy = parsed.copy;
  if (parsed.as_of) statement.as_of = InstantOf(*parsed.as_of);
  statement.options = OptionsOf(parsed.options);
}

void Analyzer::Policy(const Parsed& parsed, Statement& statement) {
  statement.policy_name = parsed.policy_name;
  if (!parsed.policy_filter) return;
  Scope scope;
  From target;
  target.path = parsed.target;
  std::string duck_from;
  AddTable(target, std::nullopt, "t", scope, duck_from);
  reads_.clear();
  filters_.clear();
  for (Source& source : scope.sources) source.read.reset();
  Place place;
  place.scope = &scope;
  place.clause = "row access policy";
  statement.duck_where = Condition(*parsed.policy_filter, place, "FILTER USING clause").sql;
}

void Analyzer::Alter(const Parsed& parsed, Statement& statement) {
  statement.alterations = parsed.alterations;
  statement.options = OptionsOf(parsed.options);
  for (const Alteration& action : statement.alterations) {
    if (action.kind == Alteration::Kind::kAddColumn && action.column.required) {
      Fault("Column " + action.column.name + " cannot be added as NOT NULL to an existing table",
            parsed.offset);
    }
  }
}

}  // namespace salvor::testing::bigquery::googlesql
