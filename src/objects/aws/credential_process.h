// Keys from a program that a profile names (credential_process).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "objects/aws/key_source.h"
#include "objects/aws/outside.h"

namespace salvor::objects::aws {

// A line as a shell splits it into words, with both kinds of quotes and the backslash, and nothing
// else of a shell. kInvalidArgument where a quote does not end or there are no words.
Result<std::vector<std::string>> SplitWords(std::string_view line, const std::string& where);

// Runs the program, without a shell, each time keys are wanted. What it says on its standard error
// is not repeated.
std::unique_ptr<KeySource> MakeProgramKeys(const Outside& outside, std::vector<std::string> words,
                                           std::string where);

}  // namespace salvor::objects::aws
