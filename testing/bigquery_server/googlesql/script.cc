#include <exception>
#include <utility>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/googlesql/analyzer.h"
#include "testing/bigquery_server/googlesql/parser.h"
#include "testing/bigquery_server/googlesql/refusal.h"
#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery {
namespace {

using googlesql::Analyzer;
using googlesql::Parsed;
using googlesql::Refusal;

class ParsedScript final : public Script {
 public:
  ParsedScript(std::string text, std::vector<Parsed> pieces, std::vector<Parameter> parameters)
      : text_(std::move(text)), pieces_(std::move(pieces)), parameters_(std::move(parameters)) {
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].piece == Parsed::Kind::kStatement) statements_.push_back(i);
    }
  }

  [[nodiscard]] size_t Count() const override { return statements_.size(); }
  [[nodiscard]] bool IsScript() const override {
    return pieces_.size() > 1 || pieces_[0].kind == StatementKind::kBeginTransaction;
  }

  Result<Statement> Translate(size_t index, Catalog& catalog, Instant now) override {
    try {
      const size_t end = statements_.at(index);
      for (; ready_ < end; ++ready_) {
        if (pieces_[ready_].piece != Parsed::Kind::kStatement) Bind(pieces_[ready_], catalog, now);
      }
      Statement statement =
          Analyzer(text_, parameters_, variables_, catalog, now).Translate(pieces_[end]);
      statement.drop_snapshot = pieces_[end].snapshot;
      return statement;
    } catch (Refusal& refusal) {
      return Fail(std::move(refusal.error));
    } catch (const std::exception& fault) {
      return Fail(Code::kInternal, std::string("Internal error in analysis: ") + fault.what());
    }
  }

 private:
  // DECLARE and SET: the value is a constant, and stands wherever the variable does.
  void Bind(const Parsed& piece, Catalog& catalog, Instant now) {
    Analyzer analyzer(text_, parameters_, variables_, catalog, now);
    for (const std::string& name : piece.variables) {
      const std::string key = googlesql::Upper(name);
      const auto known = variables_.find(key);
      const bool declares = piece.piece == Parsed::Kind::kDeclare;
      if (declares && known != variables_.end()) {
        googlesql::Refuse("Variable '" + name + "' redeclared");
      }
      if (!declares && known == variables_.end()) {
        googlesql::Refuse("Undeclared variable: " + name);
      }
      googlesql::Typed value;
      value.constant = true;
      if (piece.variable_value) value = analyzer.Constant(*piece.variable_value);
      if (!declares || piece.has_variable_type) {
        const Type type = declares ? piece.variable_type : known->second.type;
        if (!piece.variable_value) {
          value.sql = googlesql::TypedNull(type);
        } else {
          const auto sql = googlesql::Coerce(value, type);
          if (!sql) {
            googlesql::Refuse("Cannot coerce expression of type " + googlesql::ArgumentName(value) +
                              " to type " + GoogleSqlName(type));
          }
          value.sql = *sql;
        }
        value.type = type;
      }
      value.literal = googlesql::Typed::Literal::kNone;
      variables_[key] = std::move(value);
    }
  }

  std::string text_;
  std::vector<Parsed> pieces_;
  std::vector<Parameter> parameters_;
  std::vector<size_t> statements_;
  Analyzer::Variables variables_;
  size_t ready_ = 0;
};

}  // namespace

Result<std::unique_ptr<Script>> ParseScript(std::string_view text,
                                            std::vector<Parameter> parameters) {
  try {
    std::vector<Parsed> pieces = googlesql::Parser(text).Script();
    return std::make_unique<ParsedScript>(std::string(text), std::move(pieces),
                                          std::move(parameters));
  } catch (Refusal& refusal) {
    return Fail(std::move(refusal.error));
  } catch (const std::exception& fault) {
    return Fail(Code::kInternal, std::string("Internal error in parsing: ") + fault.what());
  }
}

}  // namespace salvor::testing::bigquery
