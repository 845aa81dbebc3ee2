// A subject token that a program says: "executable-sourced credentials".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/subject_token.h"

namespace salvor::bigquery::auth {

// From {executable: {command, timeout_millis, output_file}}. As MakeSubjectTokens.
Result<std::unique_ptr<SubjectTokens>> MakeSubjectProgram(const Outside& outside,
                                                          const Document& source,
                                                          SubjectContext context);

// The words of a command line: blanks between them, '…' and "…" around them, \ before a character.
// Nothing is expanded: no shell sees it. kInvalidArgument: a quotation mark without its other one,
// or no word at all.
Result<std::vector<std::string>> SplitCommand(std::string_view line);

}  // namespace salvor::bigquery::auth
