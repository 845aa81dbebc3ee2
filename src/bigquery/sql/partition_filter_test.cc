#include "bigquery/sql/partition_filter.h"

#include <gtest/gtest.h>

#include "bigquery/jobs/job_id.h"
#include "bigquery/sql/projection.h"

namespace salvor::bigquery {
namespace {

PartitionFilter Filter(PartitionKind kind, const std::string& type) {
  const Field column{.name = "d", .type = type, .mode = "NULLABLE"};
  Partitioning partitioning{.kind = kind, .field = "d"};
  if (kind == PartitionKind::kRange) {
    partitioning.range_start = 0;
    partitioning.range_end = 25;
    partitioning.range_interval = 10;
  }
  return PartitionFilter::Make(partitioning, {column}).value();
}

TEST(PartitionFilter, NeighboursBecomeOneRange) {
  const PartitionFilter days = Filter(PartitionKind::kDay, "DATE");
  EXPECT_EQ(days.Where({"20240229", "20240301", "20240228"}).value(),
            "((t.`d` >= DATE '2024-02-28' AND t.`d` < DATE '2024-03-02'))");
  EXPECT_EQ(days.Where({"20240101", "20240103"}).value(),
            "(t.`d` = DATE '2024-01-01' OR t.`d` = DATE '2024-01-03')");
}

TEST(PartitionFilter, TheLastPartitionOfTheCalendarHasNoEnd) {
  EXPECT_EQ(Filter(PartitionKind::kMonth, "DATE").Where({"999912"}).value(),
            "((t.`d` >= DATE '9999-12-01'))");
  EXPECT_EQ(Filter(PartitionKind::kHour, "TIMESTAMP").Where({"9999123123"}).value(),
            "((t.`d` >= TIMESTAMP '9999-12-31 23:00:00+00'))");
}

TEST(PartitionFilter, TheLastRangeEndsWhereTheRangeDoes) {
  EXPECT_EQ(Filter(PartitionKind::kRange, "INTEGER").Where({"20"}).value(),
            "((t.`d` >= 20 AND t.`d` < 25))");
}

TEST(PartitionFilter, NullIsNamedByItself) {
  EXPECT_EQ(Filter(PartitionKind::kYear, "DATETIME").Where({"__NULL__"}).value(),
            "(t.`d` IS NULL)");
}

TEST(PartitionFilter, AWholeTableIsFilteredByItsPartitionColumnAllTheSame) {
  const Field column{"d", "DATE", "NULLABLE"};
  const auto whole =
      PartitionFilter::MakeWhole({.kind = PartitionKind::kDay, .field = "d"}, {column});
  ASSERT_TRUE(whole) << whole.error().Message();
  EXPECT_EQ(whole->Where({""}), "(t.`d` >= DATE '0001-01-01' OR t.`d` IS NULL)");
  EXPECT_EQ(whole->IdExpression({""}), "''");
  EXPECT_FALSE(whole->Where({"20240101"}));
}

TEST(PartitionFilter, WhatIsNoIdOfTheTableIsRefused) {
  const PartitionFilter days = Filter(PartitionKind::kDay, "DATE");
  for (const char* id :
       {"", "2024", "20240230", "2024010203", "2024-01-", "' OR TRUE", "00000101"}) {
    const auto where = days.Where({id});
    ASSERT_FALSE(where) << id;
    EXPECT_EQ(where.error().code, Code::kInvalidArgument);
  }
  const PartitionFilter range = Filter(PartitionKind::kRange, "INTEGER");
  for (const char* id : {"5", "30", "-10", "0x0", "99999999999999999999", "10 "}) {
    EXPECT_FALSE(range.Where({id})) << id;
  }
  EXPECT_FALSE(days.Where({}));
}

TEST(PartitionFilter, RowsWithoutATimeOfArrivalCannotBeNamed) {
  const auto arrival = PartitionFilter::Make({.kind = PartitionKind::kDay, .field = ""}, {});
  ASSERT_TRUE(arrival);
  const auto where = arrival->Where({"20240101", "__UNPARTITIONED__"});
  ASSERT_FALSE(where);
  EXPECT_EQ(where.error().code, Code::kUnsupported);
}

TEST(PartitionFilter, AColumnOfAnotherTypeIsRefused) {
  const Field column{.name = "d", .type = "STRING", .mode = "NULLABLE"};
  EXPECT_FALSE(PartitionFilter::Make({.kind = PartitionKind::kDay, .field = "d"}, {column}));
  EXPECT_FALSE(PartitionFilter::Make({.kind = PartitionKind::kDay, .field = "e"}, {column}));
}

TEST(Projection, EqualShapesAreReadAsTheyAre) {
  const std::vector<Field> fields{{.name = "r",
                                   .type = "RECORD",
                                   .mode = "REPEATED",
                                   .fields = {{.name = "a", .type = "FLOAT", .mode = "NULLABLE"}}}};
  EXPECT_EQ(SelectItems(fields, fields).value(), std::vector<std::string>{"t.`r` AS `r`"});
}

TEST(Projection, ARequiredColumnThatTheOldRowsLackIsRefused) {
  const std::vector<Field> wanted{{.name = "a", .type = "INTEGER", .mode = "REQUIRED"}};
  const auto items = SelectItems(wanted, {});
  ASSERT_FALSE(items);
  EXPECT_NE(items.error().what.find("column a"), std::string::npos);
}

TEST(JobId, DependsOnPlanStepPartitionAndAttemptAlone) {
  const std::string plan(64, 'a');
  const std::string id = JobIdOf(plan, "apply", "20240101", 1);
  EXPECT_EQ(id, JobIdOf(plan, "apply", "20240101", 1));
  EXPECT_NE(id, JobIdOf(std::string(64, 'b'), "apply", "20240101", 1));
  EXPECT_NE(id, JobIdOf(plan, "undo", "20240101", 1));
  EXPECT_NE(id, JobIdOf(plan, "apply", "20240102", 1));
  EXPECT_NE(id, JobIdOf(plan, "apply", "20240101", 2));
  EXPECT_EQ(
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
      std::string::npos);
}

}  // namespace
}  // namespace salvor::bigquery
