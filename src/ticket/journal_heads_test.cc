#include "ticket/journal_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::ticket {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kPlan(64, 'a');
const std::string kOne(64, '1');
const std::string kTwo(64, '2');

model::Anchor Head(int64_t line, const std::string& hash) { return {line, hash}; }

TEST(Heads, AreFoundWhereverTheyStand) {
  EXPECT_THAT(HeadsIn("plan " + kPlan + "; the journal so far: `salvor-journal 12 " + kTwo +
                          "`\nquoted: salvor-journal 3 " + kOne + ".",
                      kPlan),
              ElementsAre(Head(3, kOne), Head(12, kTwo)));
}

TEST(Heads, OfAnotherPlanAreNone) {
  EXPECT_THAT(HeadsIn("plan " + kOne + "; salvor-journal 12 " + kTwo, kPlan), IsEmpty());
}

TEST(Heads, WhatOnlyLooksLikeOneIsNone) {
  for (const std::string text :
       {"salvor-journal", "salvor-journal ", "salvor-journal 12", "salvor-journal 12 abc",
        "salvor-journal -1 ", "salvor-journal 99999999999999999999 ", "salvor-journal x "}) {
    EXPECT_THAT(HeadsIn(kPlan + " " + text, kPlan), IsEmpty()) << text;
  }
  EXPECT_THAT(HeadsIn(kPlan + " salvor-journal 1 " + std::string(64, 'G'), kPlan), IsEmpty());
  EXPECT_THAT(HeadsIn(kPlan + " salvor-journal -1 " + kOne, kPlan), IsEmpty());
}

TEST(Heads, ThatStandTwiceAreOne) {
  const std::string mark = " salvor-journal 7 " + kOne;
  EXPECT_THAT(HeadsIn(kPlan + mark + mark, kPlan), ElementsAre(Head(7, kOne)));
}

}  // namespace
}  // namespace salvor::ticket
