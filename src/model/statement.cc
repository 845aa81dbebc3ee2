#include "model/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/digest.h"
#include "model/document.h"

namespace salvor::model {
namespace {

using Json = nlohmann::json;

constexpr std::array kVerbs{Verb::kAbandon, Verb::kApply, Verb::kUndo};

Result<Decision> ParseDecision(std::string_view name) {
  for (const Decision decision :
       {Decision::kApprove, Decision::kMade, Decision::kReject, Decision::kWithdraw}) {
    if (DecisionName(decision) == name) return decision;
  }
  return Fail(Code::kCorrupt, fmt::format("'{}' is no decision", name));
}

Result<std::vector<Verb>> VerbsFromJson(const Json& json) {
  SALVOR_TRY(const std::vector<std::string> names, TextsField(json, "verbs"));
  std::vector<Verb> verbs;
  for (const std::string& name : names) {
    auto verb = ParseVerb(name);
    if (!verb) return Fail(Code::kCorrupt, std::move(verb).error().what);
    verbs.push_back(*verb);
  }
  const auto unordered = std::adjacent_find(verbs.begin(), verbs.end(), std::greater_equal<>());
  if (unordered != verbs.end()) return Fail(Code::kCorrupt, "its verbs are not in order");
  return verbs;
}

Result<Statement> StatementFromJson(const Json& json) {
  SALVOR_TRY(const int64_t format, IntegerField(json, "format"));
  if (format != kStatementFormat) {
    return Fail(Code::kUnsupported, fmt::format("the statement has format {}", format), {},
                "Use the version of salvor that wrote it");
  }
  Statement statement;
  SALVOR_TRY(statement.plan, TextField(json, "plan"));
  SALVOR_TRY(const std::string decision, TextField(json, "decision"));
  SALVOR_TRY(statement.decision, ParseDecision(decision));
  SALVOR_TRY(statement.reason, TextField(json, "reason"));
  SALVOR_TRY(statement.verbs, VerbsFromJson(json));
  if (statement.verbs.empty() != (statement.decision == Decision::kMade)) {
    return Fail(Code::kCorrupt, "it names no verbs, or an author's names some");
  }
  SALVOR_TRY(statement.who, TextField(json, "who"));
  SALVOR_TRY(statement.signed_at, InstantField(json, "signed_at"));
  SALVOR_TRY(statement.expires, OptionalInstantField(json, "expires"));
  SALVOR_TRY(const Json anchor, ObjectField(json, "anchor"));
  SALVOR_TRY(statement.anchor.line, IntegerField(anchor, "line"));
  SALVOR_TRY(statement.anchor.hash, TextField(anchor, "hash"));
  if (!IsSha256Hex(statement.plan) || !IsSha256Hex(statement.anchor.hash)) {
    return Fail(Code::kCorrupt, "a digest in it is not one");
  }
  return statement;
}

}  // namespace

std::string_view DecisionName(Decision decision) {
  switch (decision) {
    case Decision::kApprove:
      return "approve";
    case Decision::kMade:
      return "author";
    case Decision::kReject:
      return "reject";
    case Decision::kWithdraw:
      return "withdraw";
  }
  return {};
}

std::string_view VerbName(Verb verb) {
  switch (verb) {
    case Verb::kAbandon:
      return "abandon";
    case Verb::kApply:
      return "apply";
    case Verb::kUndo:
      return "undo";
  }
  return {};
}

Result<Verb> ParseVerb(std::string_view name) {
  for (const Verb verb : kVerbs) {
    if (VerbName(verb) == name) return verb;
  }
  return Fail(Code::kInvalidArgument, fmt::format("'{}' is none of apply, undo and abandon", name));
}

std::string FormatStatement(const Statement& statement) {
  Json verbs = Json::array();
  for (const Verb verb : statement.verbs) verbs.push_back(VerbName(verb));
  return Canonical(
      {{"format", kStatementFormat},
       {"plan", statement.plan},
       {"decision", DecisionName(statement.decision)},
       {"reason", statement.reason},
       {"verbs", std::move(verbs)},
       {"who", statement.who},
       {"signed_at", FormatInstant(statement.signed_at)},
       {"expires", OptionalInstant(statement.expires)},
       {"anchor", {{"line", statement.anchor.line}, {"hash", statement.anchor.hash}}}});
}

Result<Statement> ParseStatement(std::string_view bytes) {
  SALVOR_TRY(const Json json, ParseDocument(bytes, "the statement"));
  SALVOR_TRY(Statement statement, StatementFromJson(json));
  if (FormatStatement(statement) != bytes) {
    return Fail(Code::kCorrupt, "it is not spelled as salvor writes statements");
  }
  return statement;
}

}  // namespace salvor::model
