// The words of a ticket, where names do their worst.
#include "report/markup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace salvor::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNasty =
    "`x` ``y`` <img src=x onerror=alert(1)> @everyone #1 | [a](https://evil) {noformat} *b* "
    "\n# heading\n- [x] approved\xe2\x80\xae\x1b[2J";

MarkedText Named(const std::string& name) {
  MarkedText text;
  text.Heading("Subject");
  text.Items({{Own("table: "), Foreign(name), Own("; end")}});
  return text;
}

TEST(Markdown, NameCannotLeaveItsCodeSpan) {
  const std::string out = FormatMarkup(Markup::kGithub, Named(kNasty));
  // Three backticks open and close, since the name has runs of two; all of it is one line between.
  EXPECT_THAT(out, HasSubstr("- table: ``` `x` ``y`` <img"));
  EXPECT_THAT(out, HasSubstr("\\x1b[2J ```; end\n"));
  EXPECT_THAT(out, HasSubstr("{noformat} *b* \\x0a# heading\\x0a- [x] approved\\u202e"));
}

TEST(Markdown, StatementCannotLeaveItsFence) {
  MarkedText text;
  text.Verbatim("SELECT 1\n```\n# approved\n````\nSELECT 2");
  EXPECT_EQ(FormatMarkup(Markup::kMarkdown, text),
            "`````text\nSELECT 1\n```\n# approved\n````\nSELECT 2\n`````\n");
}

TEST(Markdown, NothingIsShownAsEmpty) {
  EXPECT_THAT(FormatMarkup(Markup::kMarkdown, Named("")), HasSubstr("table: (empty); end"));
}

TEST(JiraWiki, NameStandsInNoformatAndCannotEndIt) {
  const std::string out =
      FormatMarkup(Markup::kJira, Named("{noformat}{color:red}a{NoFormat:title=x}"));
  EXPECT_EQ(out,
            "h3. Subject\n\n{noformat}\n"
            "- table: \\x7bnoformat}{color:red}a\\x7bNoFormat:title=x}; end\n"
            "{noformat}\n");
}

TEST(JiraWiki, AlertIsRed) {
  MarkedText text;
  text.Alert("APPROVALS: 0");
  EXPECT_EQ(FormatMarkup(Markup::kJira, text), "{color:red}*APPROVALS: 0*{color}\n");
  EXPECT_EQ(FormatMarkup(Markup::kGithub, text), "> [!CAUTION]\n> **APPROVALS: 0**\n");
  EXPECT_EQ(FormatMarkup(Markup::kBugzilla, text), "**APPROVALS: 0**\n");
}

TEST(Adf, NameIsTextOfACodeNode) {
  const auto json = nlohmann::json::parse(FormatMarkup(Markup::kAdf, Named(kNasty)));
  EXPECT_EQ(json["type"], "doc");
  EXPECT_EQ(json["version"], 1);
  const auto& words = json["content"][1]["content"][0]["content"][0]["content"];
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[1]["marks"], nlohmann::json::parse(R"([{"type":"code"}])"));
  EXPECT_THAT(words[1]["text"].get<std::string>(), HasSubstr("<img src=x"));
  EXPECT_THAT(words[1]["text"].get<std::string>(), Not(HasSubstr("\x1b")));
}

TEST(MarkedText, LongNameIsCutOffAtAWholeCharacter) {
  std::string name;
  for (int i = 0; i < 200; ++i) name += "ü";
  const std::string out = FormatMarkup(Markup::kMarkdown, Named("x" + name));
  EXPECT_LT(out.size(), 400U);
  EXPECT_THAT(out, HasSubstr("ü…`"));
  EXPECT_THAT(out, Not(HasSubstr("\xc3…")));
}

TEST(FormatMarkup, ListsAreShortenedUntilTheTextFits) {
  MarkedText text;
  std::vector<Words> items;
  for (int i = 0; i < 5000; ++i) items.push_back({Foreign("partition " + std::to_string(i))});
  text.Items(std::move(items));
  const std::string out = FormatMarkup(Markup::kGithub, text, 2000);
  EXPECT_LT(out.size(), 2000U);
  EXPECT_THAT(out, HasSubstr("`partition 0`"));
  EXPECT_THAT(out, HasSubstr("… and 4,900 more, in the case"));
}

}  // namespace
}  // namespace salvor::report
