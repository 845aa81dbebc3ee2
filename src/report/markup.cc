#include "report/markup.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "report/markup_form.h"

namespace salvor::report {
namespace {

constexpr size_t kLongestForeign = 300;  // bytes; a name that is longer is cut off visibly

std::string Cut(std::string text) {
  if (text.size() <= kLongestForeign) return text;
  size_t end = kLongestForeign;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

}  // namespace

Span Own(std::string text) { return {std::move(text), false}; }

Span Foreign(std::string text) { return {Cut(Printable(text)), true}; }

void MarkedText::Heading(std::string own) {
  blocks_.push_back({Block::Kind::kHeading, {{Own(std::move(own))}}});
}

void MarkedText::Alert(std::string own) {
  blocks_.push_back({Block::Kind::kAlert, {{Own(std::move(own))}}});
}

void MarkedText::Text(Words words) { blocks_.push_back({Block::Kind::kText, {std::move(words)}}); }

void MarkedText::Items(std::vector<Words> items) {
  if (!items.empty()) blocks_.push_back({Block::Kind::kItems, std::move(items)});
}

void MarkedText::Verbatim(std::string_view text) {
  Block block{Block::Kind::kVerbatim, {}};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    block.lines.push_back({Span{Printable(text.substr(0, end)), true}});
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  if (!block.lines.empty()) blocks_.push_back(std::move(block));
}

MarkedText MarkedText::Shorten(size_t most) const {
  MarkedText shorter;
  for (Block block : blocks_) {
    const bool list = block.kind == Block::Kind::kItems || block.kind == Block::Kind::kVerbatim;
    if (list && block.lines.size() > most) {
      const size_t left_out = block.lines.size() - most;
      block.lines.resize(most);
      block.lines.push_back({Own(
          fmt::format("… and {} more, in the case", FormatCount(static_cast<int64_t>(left_out))))});
    }
    shorter.blocks_.push_back(std::move(block));
  }
  return shorter;
}

std::string FormatMarkup(Markup markup, const MarkedText& text) {
  switch (markup) {
    case Markup::kMarkdown:
    case Markup::kGithub:
    case Markup::kBugzilla:
      return FormatMarkdown(text, markup == Markup::kGithub);
    case Markup::kJira:
      return FormatJiraWiki(text);
    case Markup::kAdf:
      return FormatAdf(text);
  }
  return {};
}

std::string FormatMarkup(Markup markup, const MarkedText& text, size_t most_bytes) {
  std::string formatted = FormatMarkup(markup, text);
  for (size_t most = 200; formatted.size() > most_bytes && most > 0; most /= 2) {
    formatted = FormatMarkup(markup, text.Shorten(most));
  }
  return formatted;
}

std::optional<Markup> MarkupOf(std::string_view name) {
  if (name == "jira") return Markup::kJira;
  if (name == "bugzilla") return Markup::kBugzilla;
  if (name == "github") return Markup::kGithub;
  if (name == "markdown") return Markup::kMarkdown;
  return std::nullopt;
}

// Jira: 32,767 characters in a text field, by default. Bugzilla: 65,535. GitHub: 65,536. Bytes are
// at least as many as characters. Jira counts the text of a document, not its JSON: twice is
// enough.
size_t MostBytes(Markup markup) {
  switch (markup) {
    case Markup::kJira:
      return 32'000;
    case Markup::kAdf:
      return 60'000;
    case Markup::kBugzilla:
    case Markup::kGithub:
    case Markup::kMarkdown:
      return 65'000;
  }
  return 32'000;
}

}  // namespace salvor::report
