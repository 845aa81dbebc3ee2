// One function for each markup; report/markup.h promises what they keep.
#pragma once

#include <string>

#include "report/markup.h"

namespace salvor::report {

std::string FormatMarkdown(const MarkedText& text, bool github);
std::string FormatJiraWiki(const MarkedText& text);
std::string FormatAdf(const MarkedText& text);

}  // namespace salvor::report
