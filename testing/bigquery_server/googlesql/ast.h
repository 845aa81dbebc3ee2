// A script as it was written, before any name has a meaning. Offsets are bytes into the text.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/bigquery_server/googlesql.h"

namespace salvor::testing::bigquery::googlesql {

struct Expr;
struct Query;
using ExprPtr = std::unique_ptr<Expr>;
using QueryPtr = std::unique_ptr<Query>;

struct OrderItem {
  ExprPtr expr;
  bool descending = false;
  std::optional<bool> nulls_first = {};
};

struct Expr {
  enum class Kind {
    kNull,
    kBool,     // text: TRUE or FALSE
    kInt,      // text
    kFloat,    // text
    kString,   // text
    kBytes,    // text
    kTyped,    // DATE 'text'; type
    kName,     // names: a.b.c
    kField,    // args[0].text
    kElement,  // args[0][text(args[1])]: OFFSET, ORDINAL, SAFE_OFFSET, SAFE_ORDINAL, or "" (plain)
    kParameter,  // text is the name; `position` from 0 for "?"
    kCall,       // text is the upper-case name, args, distinct
    kCast,       // args[0] AS type; flag: SAFE
    kCase,       // flag: has an operand, args[0]; then pairs WHEN, THEN; an odd rest is the ELSE
    kNegate,
    kBinary,  // text: + - * / || = != < <= > >= & | ^
    kAnd,     // two or more args
    kOr,
    kNot,
    kIs,            // text: NULL, TRUE, FALSE; flag: NOT
    kDistinctFrom,  // flag: IS NOT DISTINCT FROM
    kBetween,       // three args; flag: NOT
    kLike,          // flag: NOT
    kIn,            // args[0] IN (args[1...]); flag: NOT
    kInQuery,       // flag: NOT
    kInUnnest,      // args[1] an array; flag: NOT
    kQuery,
    kArrayQuery,
    kExists,
    kArray,     // args; type if it is written ARRAY<...>[...]
    kStruct,    // args with names; type if it is written STRUCT<...>(...)
    kInterval,  // args[0], text the part
    kDefault,   // DEFAULT in INSERT and UPDATE
  };
  Kind kind = Kind::kNull;
  size_t offset = 0;
  size_t depth = 1;
  bool flag = false;
  bool has_type = false;
  size_t position = 0;
  std::string text;
  std::vector<std::string> names;
  std::vector<ExprPtr> args;
  Type type;
  QueryPtr query;
  bool distinct = false;
};

struct SelectItem {
  ExprPtr expr;       // null: `*`; with `star`: `expr.*`
  bool star = false;  // `*` or `expr.*`
  std::string alias;
  std::vector<std::string> except;
  std::vector<std::pair<ExprPtr, std::string>> replace;
  size_t offset = 0;
};

struct From {
  enum class Kind { kTable, kQuery, kUnnest, kJoin };
  enum class Join { kInner, kLeft, kRight, kFull, kCross };
  Kind kind = Kind::kTable;
  size_t offset = 0;
  size_t depth = 1;
  std::vector<std::string> path;  // kTable
  ExprPtr as_of;
  QueryPtr query;
  ExprPtr array;  // kUnnest
  bool with_offset = false;
  std::string offset_alias;
  std::string alias;
  Join join = Join::kCross;
  std::unique_ptr<From> left, right;
  ExprPtr on;
  std::vector<std::string> using_columns;
};

struct Select {
  enum class As { kRow, kStruct, kValue };
  bool distinct = false;
  As as = As::kRow;
  std::vector<SelectItem> items;
  std::unique_ptr<From> from;
  ExprPtr where, having;
  std::vector<ExprPtr> group_by;
  size_t offset = 0;
};

struct Query {
  struct With {
    std::string name;
    QueryPtr query;
  };
  std::vector<With> with;
  std::unique_ptr<Select> select;  // or
  std::string set_operation;  // "UNION ALL", "UNION DISTINCT", ..., or "" for one in parentheses
  std::vector<QueryPtr> operands;
  std::vector<OrderItem> order_by;
  ExprPtr limit, skip;
  size_t offset = 0;
  size_t depth = 1;
};

struct ColumnDefinition {
  Field field;
  size_t offset = 0;
};

struct Assignment {
  std::vector<std::string> column;
  ExprPtr value;
  size_t offset = 0;
};

struct MergeWhen {
  Statement::MergeClause::When when = Statement::MergeClause::When::kMatched;
  ExprPtr condition;
  enum class Act { kUpdate, kDelete, kInsert, kInsertRow } act = Act::kUpdate;
  std::vector<Assignment> set;
  std::vector<std::string> columns;
  std::vector<ExprPtr> values;
  size_t offset = 0;
};

struct OptionItem {
  std::string name;
  ExprPtr value;
  size_t offset = 0;
};

// One statement, or a piece of a script that makes none.
struct Parsed {
  enum class Kind { kStatement, kDeclare, kSet };
  Kind piece = Kind::kStatement;
  StatementKind kind = StatementKind::kSelect;
  size_t offset = 0;

  QueryPtr query;  // SELECT, INSERT ... SELECT, AS SELECT
  std::vector<std::string> target;
  size_t target_offset = 0;
  std::string target_alias;
  std::vector<std::string> columns;  // INSERT
  bool has_columns = false;
  std::vector<std::vector<ExprPtr>> values;
  std::vector<Assignment> set;  // UPDATE
  ExprPtr where;
  std::unique_ptr<From> merge_source;
  ExprPtr merge_on;
  std::vector<MergeWhen> merge;

  bool or_replace = false;
  bool if_not_exists = false;
  bool if_exists = false;
  bool snapshot = false;  // DROP SNAPSHOT TABLE
  std::vector<ColumnDefinition> definitions;
  ExprPtr partition_by;
  std::vector<std::string> cluster_by;
  std::vector<OptionItem> options;
  std::vector<std::string> source;  // CLONE, COPY
  size_t source_offset = 0;
  bool copy = false;
  ExprPtr as_of;
  std::vector<Alteration> alterations;
  std::string policy_name;
  ExprPtr policy_filter;
  ExprPtr assertion;
  std::string assert_message;

  std::vector<std::string> variables;  // DECLARE, SET
  Type variable_type;
  bool has_variable_type = false;
  ExprPtr variable_value;
};

}  // namespace salvor::testing::bigquery::googlesql
