// CommonMark with GitHub's extensions. Inside of a code span nothing is markup, a mention, an
// autolink or an HTML tag, and what would end it (a run of as many backticks) the text is measured
// for. Tables are not used: a bar inside of a code span would still end a cell.
#include <algorithm>

#include "report/markup_form.h"

namespace salvor::report {
namespace {

size_t LongestRun(std::string_view text, char c) {
  size_t longest = 0;
  size_t run = 0;
  for (const char one : text) {
    run = one == c ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

// A space next to a backtick is needed, and one at both ends would be stripped.
std::string CodeSpan(const std::string& text) {
  if (text.empty()) return "(empty)";
  const std::string fence(LongestRun(text, '`') + 1, '`');
  const bool pad =
      text.front() == '`' || text.back() == '`' || (text.front() == ' ' && text.back() == ' ');
  const std::string space = pad ? " " : "";
  return fence + space + text + space + fence;
}

std::string Inline(const Words& words) {
  std::string line;
  for (const Span& span : words) line += span.foreign ? CodeSpan(span.text) : span.text;
  return line;
}

std::string Fenced(const std::vector<Words>& lines) {
  size_t longest = 2;
  std::string body;
  for (const Words& words : lines) {
    for (const Span& span : words) {
      longest = std::max(longest, LongestRun(span.text, '`'));
      body += span.text;
    }
    body += "\n";
  }
  const std::string fence(longest + 1, '`');
  return fence + "text\n" + body + fence + "\n";
}

std::string AlertText(const std::string& text, bool github) {
  return github ? "> [!CAUTION]\n> **" + text + "**\n" : "**" + text + "**\n";
}

}  // namespace

std::string FormatMarkdown(const MarkedText& text, bool github) {
  std::string out;
  for (const Block& block : text.Blocks()) {
    if (!out.empty()) out += "\n";
    switch (block.kind) {
      case Block::Kind::kHeading:
        out += "### " + Inline(block.lines.front()) + "\n";
        break;
      case Block::Kind::kAlert:
        out += AlertText(Inline(block.lines.front()), github);
        break;
      case Block::Kind::kText:
        out += Inline(block.lines.front()) + "\n";
        break;
      case Block::Kind::kItems:
        for (const Words& words : block.lines) out += "- " + Inline(words) + "\n";
        break;
      case Block::Kind::kVerbatim:
        out += Fenced(block.lines);
        break;
    }
  }
  return out;
}

}  // namespace salvor::report
