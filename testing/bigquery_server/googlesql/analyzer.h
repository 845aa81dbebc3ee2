// Names and types: a parsed statement to DuckDB's SQL. One class in several files, named analyze_*.
// Every FROM item gets an alias of its own (_1, _2, ...) and every column of a subquery a name of
// its own (_c1, _c2, ...), so that GoogleSQL's rules for names decide and never DuckDB's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/googlesql/ast.h"
#include "testing/bigquery_server/googlesql/typed.h"

namespace salvor::testing::bigquery::googlesql {

struct Visible {
  std::string name;  // empty: anonymous
  Type type;
  std::string sql;        // relative to the source's alias
  bool of_value = false;  // a member of the value table's struct
  Typed::Literal literal = Typed::Literal::kNone;
  std::string text = {};
};

// What one FROM item makes visible.
struct Source {
  std::string alias;  // range variable, or empty
  std::string qualifier;
  std::vector<Visible> columns;
  std::vector<Visible> pseudo;
  bool value_table = false;  // the alias stands for `value`, not for a row
  Visible value = {};
  std::optional<size_t> read = {};  // index into Statement::reads
  std::string partition_column = {};
  bool require_filter = false;
  std::string said = {};  // the path, for messages

  [[nodiscard]] std::string SqlOf(const Visible& column) const;
};

// One column of `SELECT *`.
struct Starred {
  std::string name;
  Typed value;
  Source* source = nullptr;  // null: merged by USING
  const Visible* column = nullptr;
  std::vector<std::pair<Source*, const Visible*>> merged = {};
};

struct Scope {
  const Scope* parent = nullptr;
  std::deque<Source> sources;
  std::vector<Starred> star;
};

struct OutputColumn {
  std::string name;  // empty: anonymous
  Typed value;
  bool aggregated = false;
};

// Where an expression stands, and what may stand in it.
struct Place {
  const Scope* scope = nullptr;
  std::string_view clause = "WHERE clause";
  bool aggregates = false;
  bool in_aggregate = false;
  const std::vector<std::string>* keys = nullptr;  // grouped: what may be named outside aggregates
  const std::vector<OutputColumn>* aliases =
      nullptr;  // select-list aliases, for ORDER BY and HAVING
};

struct Analyzed {
  std::string sql;
  std::vector<OutputColumn> columns;
  std::vector<std::string> duck;  // the columns' names in `sql`
  bool value_table = false;
};

class Analyzer {
 public:
  using Variables = std::map<std::string, Typed>;  // by upper-case name

  Analyzer(std::string_view text, const std::vector<Parameter>& parameters,
           const Variables& variables, Catalog& catalog, Instant now);

  Statement Translate(const Parsed& parsed);
  // A variable's value, for DECLARE and SET.
  Typed Constant(const Expr& expr);

 private:
  // analyzer.cc
  [[noreturn]] void Fault(const std::string& what, size_t offset) const;
  [[noreturn]] void NotInSubset(const std::string& what, size_t offset) const;
  [[nodiscard]] TablePath PathOf(const std::vector<std::string>& path) const;
  std::string NextAlias();
  Instant InstantOf(const Expr& expr);
  Typed CoerceOrFault(const Typed& value, const Type& to, const std::string& what, size_t offset);
  void CheckReads(const Statement& statement) const;

  // analyze_expression.cc
  Typed Translate(const Expr& expr, const Place& place);
  Typed TranslateBare(const Expr& expr, const Place& place);
  std::vector<Typed> TranslateAll(const std::vector<ExprPtr>& exprs, const Place& place);
  Typed Condition(const Expr& expr, const Place& place, const std::string& what);
  Typed Literal(const Expr& expr);
  Typed TypedLiteral(const Expr& expr);
  Typed FromParameter(const Expr& expr);
  Typed ScalarParameter(const Parameter& parameter, const Type& type,
                        const std::optional<std::string>& value, size_t offset);
  Typed Name(const Expr& expr, const Place& place);
  std::optional<Typed> FindIn(const Scope& scope, const Expr& expr, size_t& used,
                              const Place& place, std::string& base);
  Typed ColumnOf(Source& source, const Visible& column);
  Typed RowOf(Source& source);
  Typed Member(Typed value, const std::string& name, size_t offset);
  Typed Element(const Expr& expr, const Place& place);
  Typed Case(const Expr& expr, const Place& place);
  Typed Cast(const Expr& expr, const Place& place);
  Typed ArrayOfElements(const Expr& expr, const Place& place);
  Typed StructOf(const Expr& expr, const Place& place);

  // analyze_operator.cc
  Typed Binary(const Expr& expr, const Place& place);
  Typed Arithmetic(const Expr& expr, std::vector<Typed> args);
  Typed Compare(const std::string& op, const Typed& left, const Typed& right, size_t offset);
  Typed Concat(const Expr& expr, std::vector<Typed> args);
  Typed Between(const Expr& expr, const Place& place);
  Typed In(const Expr& expr, const Place& place);
  Typed InQuery(const Expr& expr, const Place& place);
  Typed Distinct(const Expr& expr, const Place& place);
  Typed Subquery(const Expr& expr, const Place& place);
  [[noreturn]] void NoOperator(const std::string& op, const std::vector<Typed>& args,
                               size_t offset) const;

  // analyze_call.cc, analyze_time_call.cc
  Typed Call(const Expr& expr, const Place& place);
  Typed Plain(const std::string& name, const std::vector<Typed>& args, size_t offset);
  std::optional<Typed> SpecialTime(const Expr& expr, const Place& place);
  Typed CurrentTimestamp(const Expr& expr);
  Typed AddInterval(const Expr& expr, const Place& place);
  Typed Truncate(const Expr& expr, const Place& place);
  Typed GenerateDates(const Expr& expr, const Place& place);
  std::string PartName(const Expr& expr, std::string_view function) const;
  [[noreturn]] void NoFunction(const std::string& name, const std::vector<Typed>& args,
                               size_t offset) const;
  void Expects(const Expr& call, size_t least, size_t most) const;

  // analyze_special_call.cc
  std::optional<Typed> Special(const Expr& expr, const Place& place);
  Type Unify(const Expr& expr, std::vector<Typed>& args, size_t from);
  Typed If(const Expr& expr, std::vector<Typed> args);
  Typed IfNull(const Expr& expr, std::vector<Typed> args);
  Typed Least(const Expr& expr, std::vector<Typed> args);
  Typed JsonText(const Expr& expr, std::vector<Typed> args);
  Typed Raise(const Expr& expr, std::vector<Typed> args);
  Typed GenerateArray(const Expr& expr, std::vector<Typed> args);

  // analyze_aggregate.cc
  static bool IsAggregate(std::string_view name);
  static bool HasAggregate(const Expr& expr);
  Typed Aggregate(const Expr& expr, const Place& place);
  std::string OrderKey(const Typed& value, const OrderItem& item) const;

  // analyze_query.cc. `final` names the columns as the statement's result has them.
  Analyzed AnalyzeQuery(const Query& query, const Scope* outer, bool final);
  Analyzed AnalyzeBody(const Query& query, const Scope* outer, bool final);
  Analyzed AnalyzeSet(const Query& query, const Scope* outer, bool final);
  Analyzed AnalyzeSelect(const Query& query, const Scope* outer, bool final);
  std::string Widen(const Analyzed& operand, const std::vector<Type>& types);
  void OrderAndLimit(const Query& query, Analyzed& analyzed);
  std::string LimitSql(const Query& query);
  std::string SelectOrder(const Query& query, const std::vector<OutputColumn>& items, Place place);
  std::vector<OutputColumn> Items(const Select& select, const Place& place, Scope& scope);
  void ExpandStar(const SelectItem& item, const Place& place, Scope& scope,
                  std::vector<OutputColumn>& out);
  void AddStarred(const SelectItem& item, const Place& place, std::string name, Typed value,
                  std::vector<OutputColumn>& out);
  std::vector<std::string> Keys(const Select& select, const Place& place);
  void CheckWithoutFrom(const Query& query, bool grouped) const;
  std::string Project(const Select& select, const std::vector<OutputColumn>& items, bool final,
                      Analyzed& analyzed);
  void CheckDistinct(const std::vector<OutputColumn>& columns, const std::string& what,
                     size_t offset) const;

  // analyze_from.cc
  std::string FromSql(const From& from, Scope& scope);
  std::string TableSql(const From& from, Scope& scope);
  std::string QuerySql(const From& from, Scope& scope, const Analyzed& analyzed,
                       const std::string& sql);
  std::string UnnestSql(const From& from, const Expr& array, Scope& scope);
  std::string JoinSql(const From& from, Scope& scope);
  std::string UsingSql(const From& from, Scope& scope, size_t base, size_t middle);
  Source& Show(Source source, Scope& scope);
  Source& AddTable(const From& from, std::optional<Instant> as_of, std::string qualifier,
                   Scope& scope, std::string& duck_from);
  static bool NamesRangeVariable(const From& from, const Scope& scope);
  void NarrowPartitions(const std::vector<const Expr*>& conditions, Scope& scope);
  bool IsPartitionColumn(const Expr& expr, Source& source, const Place& place);
  bool Constrains(const Expr& expr, Source& source, const Place& place);
  void AddFilter(const Source& source, const std::string& filter);
  static void Conjuncts(const Expr& expr, std::vector<const Expr*>& out);
  static void JoinConditions(const From& from, std::vector<const Expr*>& out);

  // analyze_write.cc
  void Insert(const Parsed& parsed, Statement& statement);
  void InsertRows(const Parsed& parsed, const std::vector<Field>& fields, Statement& statement);
  std::map<std::string, std::string> Assign(const std::vector<Assignment>& set,
                                            const std::vector<Field>& fields, const Place& place);
  void Change(const Parsed& parsed, Statement& statement);
  void Merge(const Parsed& parsed, Statement& statement);
  std::map<std::string, std::string> InsertOf(const MergeWhen& when,
                                              const std::vector<Field>& fields,
                                              const Source& source, const Place& place);
  void Assert(const Parsed& parsed, Statement& statement);
  // A result or a table has no NULL array, and no array with a NULL in it.
  static std::string WholeArray(const std::string& sql, const Type& type, const std::string& name);
  Typed Stored(const Typed& value, const Field& field, const std::string& what, size_t offset);
  std::string SelectNamed(const Analyzed& analyzed, const std::vector<Field>& fields,
                          const std::string& what, size_t offset);

  // analyze_definition.cc
  void Create(const Parsed& parsed, Statement& statement);
  void Clone(const Parsed& parsed, Statement& statement);
  void PartitionOf(const Parsed& parsed, Statement& statement);
  void Policy(const Parsed& parsed, Statement& statement);
  void Alter(const Parsed& parsed, Statement& statement);
  std::map<std::string, OptionValue> OptionsOf(const std::vector<OptionItem>& options);

  struct CommonTable {
    std::string name;
    std::string duck;
    Analyzed analyzed;
  };

  std::string_view text_;
  const std::vector<Parameter>& parameters_;
  const Variables& variables_;
  Catalog& catalog_;
  Instant now_;
  size_t aliases_ = 0;
  std::vector<CommonTable> common_tables_;
  std::vector<Statement::Read> reads_;
  std::vector<std::optional<std::string>> filters_;  // beside reads_; nullopt: not yet known
  std::string write_identity_;  // INSERT's target: must not be read in its past
};

}  // namespace salvor::testing::bigquery::googlesql
