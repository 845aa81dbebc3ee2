// The members of a JSON object's text, without a document being made of it: for entries of the log
// that go back as they were but for a member or two, hundreds of thousands at a time.
//
// The text is what AddFile::raw is: compact, valid, its names plain and sorted, each there once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace salvor::delta {

// The text of the member's value; nothing where it is absent or null. Borrows.
std::optional<std::string_view> MemberText(std::string_view object, std::string_view name);

// The object with this text as the member's value, which it may have had before.
std::string WithMember(std::string_view object, std::string_view name, std::string_view value);

// A text as JSON, in quotes. What is no UTF-8 is replaced: texts of a log are UTF-8.
std::string QuoteJson(std::string_view text);

}  // namespace salvor::delta
