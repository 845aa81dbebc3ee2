#include "report/table.h"

#include <gtest/gtest.h>

namespace salvor::report {
namespace {

Table Days() {
  Table table({{"HEALTH", Table::Align::kLeft},
               {"ROWS", Table::Align::kRight},
               {"EMPTY", Table::Align::kLeft},
               {"REASON", Table::Align::kLeft}});
  table.Add({"missing", "10", "", "deleted by ann on a rainy day"});
  table.Add({"intact", "1,234", "", ""});
  return table;
}

TEST(Table, IsAsWideAsItLikesWhereNobodySaysHowWide) {
  EXPECT_EQ(Days().Format(),
            "HEALTH    ROWS  REASON\n"
            "missing     10  deleted by ann on a rainy day\n"
            "intact   1,234\n");
  EXPECT_EQ(Days().Format(80), Days().Format());
}

TEST(Table, LaterColumnsGoOnBelowWithTheirTitles) {
  EXPECT_EQ(Days().Format(40),
            "HEALTH    ROWS\n"
            "  REASON\n"
            "missing     10\n"
            "  deleted by ann on a rainy day\n"
            "intact   1,234\n");
}

TEST(Table, CellThatIsWiderGoesOnAtASpace) {
  EXPECT_EQ(Days().Format(20),
            "HEALTH    ROWS\n"
            "  REASON\n"
            "missing     10\n"
            "  deleted by ann on\n"
            "    a rainy day\n"
            "intact   1,234\n");
}

TEST(Table, NoLineIsWiderThanAskedUnlessAWordIs) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.Add({"ein sch\xc3\xb6ner Tag", "2024-01-02T03:04:05Z", std::string(50, 'x')});
  for (size_t width = 24; width < 60; ++width) {
    const std::string text = table.Format(width);
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      if (line.find("xxx") == std::string::npos) {
        EXPECT_LE(line.size(), width + 1) << line;  // a letter of two bytes
      }
      at = end + 1;
    }
  }
}

TEST(Table, CellsAreMadePrintable) {
  Table table({{"A"}});
  table.Add({"\x1b[31m"});
  EXPECT_EQ(table.Format().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace salvor::report
