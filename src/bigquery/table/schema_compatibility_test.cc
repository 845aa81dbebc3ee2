#include "bigquery/table/schema_compatibility.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace salvor::bigquery {
namespace {

using ::testing::HasSubstr;

Field Column(std::string name, std::string type, std::string mode = "NULLABLE",
             std::vector<Field> fields = {}) {
  Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  field.mode = std::move(mode);
  field.fields = std::move(fields);
  return field;
}

const std::vector<Field> kThen{
    Column("day", "DATE"), Column("n", "INTEGER"),
    Column("info", "RECORD", "NULLABLE", {Column("os", "STRING"), Column("build", "INTEGER")})};

std::vector<Field> Now(size_t index, Field changed) {
  std::vector<Field> now = kThen;
  now[index] = std::move(changed);
  return now;
}

TEST(SchemaFit, TheSameColumnsAreForCopyJobs) {
  const SchemaFit fit = FitSchema(kThen, kThen);
  EXPECT_TRUE(fit.same);
  EXPECT_EQ(fit.by_name + fit.refusal + fit.incomparable, "");
}

TEST(SchemaFit, WhatWasAddedMovedOrWidenedGoesByName) {
  auto added = kThen;
  added.insert(added.begin(), Column("late", "STRING"));
  EXPECT_EQ(FitSchema(kThen, added).by_name, "new since then: late");
  EXPECT_EQ(FitSchema(kThen, {kThen[1], kThen[0], kThen[2]}).by_name,
            "the columns are in another order");
  EXPECT_EQ(FitSchema(kThen, Now(1, Column("n", "NUMERIC"))).by_name,
            "column n was NULLABLE INTEGER and is NULLABLE NUMERIC now");
  const auto inside =
      Column("info", "RECORD", "NULLABLE",
             {Column("os", "STRING"), Column("build", "INTEGER"), Column("late", "STRING")});
  EXPECT_EQ(FitSchema(kThen, Now(2, inside)).by_name, "new since then: info.late");
  for (const auto& now : {added, Now(2, inside)}) EXPECT_EQ(FitSchema(kThen, now).refusal, "");
}

TEST(SchemaFit, WhatWouldBeLostIsRefusedWithWhatToDo) {
  const SchemaFit gone = FitSchema(kThen, {kThen[0], kThen[2]});
  EXPECT_THAT(gone.refusal, HasSubstr("column n: the table no longer has it"));
  EXPECT_THAT(gone.next, HasSubstr("ADD COLUMN"));
  const SchemaFit inside =
      FitSchema(kThen, Now(2, Column("info", "RECORD", "NULLABLE", {Column("os", "STRING")})));
  EXPECT_THAT(inside.refusal, HasSubstr("column info.build"));
  const SchemaFit narrow = FitSchema(Now(1, Column("n", "NUMERIC")), kThen);
  EXPECT_THAT(narrow.refusal, HasSubstr("column n: it was NUMERIC and is INT64 now"));
  EXPECT_THAT(narrow.next, HasSubstr("before the deadline"));
}

TEST(SchemaFit, WhatOldRowsMayLackIsRefusedWithWhatToDo) {
  auto added = kThen;
  added.push_back(Column("late", "STRING", "REQUIRED"));
  for (const auto& now : {Now(1, Column("n", "INTEGER", "REQUIRED")), added}) {
    const SchemaFit fit = FitSchema(kThen, now);
    EXPECT_THAT(fit.refusal, HasSubstr("REQUIRED now"));
    EXPECT_THAT(fit.next, HasSubstr("DROP NOT NULL"));
    EXPECT_EQ(fit.by_name, "");
  }
}

TEST(SchemaFit, RowsWithoutACanonicalTextCannotBeComparedWhateverElseFits) {
  const auto with = [](const char* type) { return Now(1, Column("n", type)); };
  EXPECT_EQ(FitSchema(with("JSON"), with("JSON")).incomparable, "");
  const SchemaFit fit = FitSchema(with("GEOGRAPHY"), with("GEOGRAPHY"));
  EXPECT_TRUE(fit.same);
  EXPECT_THAT(fit.incomparable, HasSubstr("n (GEOGRAPHY)"));
}

}  // namespace
}  // namespace salvor::bigquery
