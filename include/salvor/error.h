// What can go wrong.
//
// A code names the next action, not the place: callers branch on it, and the exit code of the
// program follows from it.
#pragma once

#include <string>
#include <string_view>

#pragma GCC visibility push(default)
namespace salvor {

enum class Code {
  kInvalidArgument,  ///< the caller asked for something that makes no sense: ask differently
  kNotFound,         ///< the named thing is not there: check the name
  kConflict,         ///< somebody else did something in between: look, then decide again
  kStale,            ///< the table moved since the plan: plan anew
  kRefused,          ///< a rule or policy forbids it: satisfy the rule
  kUnsupported,      ///< salvor does not understand this (a feature, a type): it touches nothing
  kPermission,       ///< the system denies access: get the right, run again
  kTooLate,          ///< what is needed has been removed for good
  kUnavailable,      ///< a passing fault (disk full, I/O error, network): mend it, run again
  kCorrupt,          ///< stored bytes are not what they must be
  kOutcomeUnknown,   ///< an act may or may not have happened: run the same again, it will ask
  kInternal,         ///< a bug in salvor
};

/// The code's name in JSON and in the journal, for example "outcome_unknown".
std::string_view CodeName(Code code);

/// A message for a person: what happened, where (table, file, line, version, partition), what to do
/// next. Data from outside may stand in any of them; it is made printable only when it is shown.
struct Error {
  Code code = Code::kInternal;
  std::string what;
  std::string where = {};
  std::string next = {};

  /// "what (where). next"
  [[nodiscard]] std::string Message() const;

  /// The same error, with the place or the advice filled in where it is still empty.
  [[nodiscard]] Error At(std::string place) &&;
  [[nodiscard]] Error Next(std::string advice) &&;
};

}  // namespace salvor
#pragma GCC visibility pop
