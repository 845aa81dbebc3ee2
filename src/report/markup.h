// Text for a ticket, in the markup of whoever shows it. What comes from tables, logs and people is
// marked as foreign and can never act as markup, as a mention or as a link: it goes into code, with
// a fence that it does not contain, and its control characters are made visible.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::report {

enum class Markup {
  kMarkdown,
  kGithub,    // its Markdown, with an alert in red
  kBugzilla,  // Markdown that also reads well where the server shows plain text
  kJira,      // wiki markup: REST API 2
  kAdf,       // Atlassian's document format as JSON: REST API 3
};

struct Span {
  std::string text;
  bool foreign = false;
};
// Words of our own source: no character of them may mean anything in any of the markups.
Span Own(std::string text);
Span Foreign(std::string text);
using Words = std::vector<Span>;

struct Block {
  enum class Kind {
    kHeading,
    kAlert,     // in red, or bold where there is no red
    kText,      // one paragraph
    kItems,     // a list; what is left out by Shorten is counted in its last line
    kVerbatim,  // lines as they are, such as statements
  };
  Kind kind = Kind::kText;
  std::vector<Words> lines;
};

class MarkedText {
 public:
  void Heading(std::string own);
  void Alert(std::string own);
  void Text(Words words);
  void Items(std::vector<Words> items);
  // Foreign as a whole; its line breaks stay line breaks.
  void Verbatim(std::string_view text);

  [[nodiscard]] const std::vector<Block>& Blocks() const { return blocks_; }
  // The same with at most that many items in a list and lines in a verbatim block, saying how many
  // are left out.
  [[nodiscard]] MarkedText Shorten(size_t most) const;

 private:
  std::vector<Block> blocks_;
};

// Ends with a newline (but for kAdf, which is one JSON document without one).
std::string FormatMarkup(Markup markup, const MarkedText& text);
// As long as `most_bytes` allow: lists are shortened first, to 200 entries and then by halves.
std::string FormatMarkup(Markup markup, const MarkedText& text, size_t most_bytes);

// "jira", "bugzilla", "github", "markdown".
std::optional<Markup> MarkupOf(std::string_view name);
// What the tracker takes at most, in characters, with room to spare.
size_t MostBytes(Markup markup);

}  // namespace salvor::report
