#include "model/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace salvor::model {
namespace {

using testing::HasSubstr;
using testing::Not;

Plan Example() {
  Plan plan;
  plan.table = {"/lake/ds/t", "t", "an-id", "delta"};
  plan.state = {12, "schema", "layout", "constraints", "protocol"};
  plan.columns = {{"day", ColumnType::kDate}, {"country", ColumnType::kString}};
  PlannedPartition restored;
  restored.key.values = {"2024-01-02", std::nullopt};
  restored.disposition = Disposition::kRestore;
  restored.reason = "emptied by \"somebody\"\n\x1b[31m";
  restored.event = 7;
  restored.event_operation = "DELETE";
  restored.event_at = InstantOfMillis(1'700'000'000'123);
  restored.deadline = InstantOfMillis(1'700'600'000'000);
  restored.snapshot = {6, InstantOfMillis(1'600'000'000'000)};
  restored.restore = {10, 100, 1, 0};
  restored.content = "c";
  PlannedPartition left;
  left.key.values = {"2024-01-03", ""};
  left.health = Health::kPartial;
  left.reason = "few rows";
  plan.partitions = {restored, left};
  plan.intact = 40;
  plan.staging_root = "/lake/ds/.salvor-staging";
  plan.warnings = {"a stream will see the rows again"};
  return plan;
}

TEST(Plan, ReadsBackToTheSameBytes) {
  const std::string bytes = FormatPlan(Example());
  auto plan = ParsePlan(bytes);
  ASSERT_TRUE(plan) << plan.error().Message();
  EXPECT_EQ(FormatPlan(*plan), bytes);
  EXPECT_EQ(plan->partitions[0].key.values[1], std::nullopt);
  EXPECT_EQ(plan->partitions[1].key.values[1], "");
  EXPECT_EQ(ToRestore(*plan).size(), 1U);
}

TEST(Plan, KeysOfAnEarlierSalvorAreReadAsWhatTheyMean) {
  Plan plan = Example();
  plan.columns = {{"price", ColumnType::kDecimal}, {"rate", ColumnType::kFloat}};
  plan.partitions[0].key.values = {"01.10", "1"};
  plan.partitions[1].key.values = {"soon", std::nullopt};
  auto parsed = ParsePlan(FormatPlan(plan));
  ASSERT_TRUE(parsed) << parsed.error().Message();
  EXPECT_EQ(parsed->partitions[0].key, (PartitionKey{{"1.1", "1.0"}}));
  EXPECT_EQ(parsed->partitions[1].key, (PartitionKey{{"soon", std::nullopt}}));
  plan.partitions[1].key.values = {"1.10", "1.0"};
  parsed = ParsePlan(FormatPlan(plan));
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, Code::kStale);
}

TEST(Plan, PinsAreReadBackAndAreAbsentWhereThereAreNone) {
  EXPECT_THAT(FormatPlan(Example()), Not(HasSubstr("pins")));
  Plan plan = Example();
  plan.pins = {"p", "EU", "https://bigquery.googleapis.com", "{}", true, false};
  auto parsed = ParsePlan(FormatPlan(plan));
  ASSERT_TRUE(parsed) << parsed.error().Message();
  EXPECT_EQ(parsed->pins, plan.pins);
}

TEST(Plan, ContentsToChooseFromAreReadBackAndAreAbsentWhereThereAreNone) {
  EXPECT_THAT(FormatPlan(Example()), Not(HasSubstr("contents")));
  Plan plan = Example();
  plan.partitions[1].contents = {
      {3, {10, 100, 1, 0}, std::nullopt, std::nullopt, "", ""},
      {5, {9, 90, 1, 0}, 4, InstantOfMillis(1'600'000'000'000), "WRITE", "bob"}};
  plan.partitions[1].older_contents = 2;
  auto parsed = ParsePlan(FormatPlan(plan));
  ASSERT_TRUE(parsed) << parsed.error().Message();
  EXPECT_EQ(parsed->partitions[1].contents, plan.partitions[1].contents);
  EXPECT_EQ(parsed->partitions[1].older_contents, 2);
}

TEST(Plan, AnyByteChangedIsAnotherPlanOrNone) {
  const std::string bytes = FormatPlan(Example());
  const std::string digest = PlanDigest(bytes);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_NE(PlanDigest(changed), digest);
    (void)ParsePlan(changed);  // must not crash, whatever stands there
  }
}

TEST(Plan, ReformattedFileIsRefused) {
  auto plan = ParsePlan(FormatPlan(Example()) + "\n");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::kCorrupt);
}

TEST(Plan, UnknownFieldIsRefusedRatherThanIgnored) {
  std::string bytes = FormatPlan(Example());
  bytes.insert(1, R"("aaa":1,)");
  EXPECT_FALSE(ParsePlan(bytes));
}

TEST(Plan, NewerFormatIsUnsupported) {
  std::string bytes = FormatPlan(Example());
  const std::string field = "\"format\":1";
  bytes.replace(bytes.find(field), field.size(), "\"format\":2");
  auto plan = ParsePlan(bytes);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::kUnsupported);
  EXPECT_THAT(plan.error().Message(), HasSubstr("format 2"));
}

TEST(Plan, EveryPrefixIsRefused) {
  const std::string bytes = FormatPlan(Example());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(ParsePlan(bytes.substr(0, size)));
}

TEST(OperationKey, DependsOnPlanAndStep) {
  const std::string digest(64, 'a');
  EXPECT_EQ(OperationKey(digest, "apply"), OperationKey(digest, "apply"));
  EXPECT_NE(OperationKey(digest, "apply"), OperationKey(digest, "undo"));
  EXPECT_NE(OperationKey(digest, "apply"), OperationKey(std::string(64, 'b'), "apply"));
}

}  // namespace
}  // namespace salvor::model
