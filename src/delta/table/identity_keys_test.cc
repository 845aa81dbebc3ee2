#include "delta/table/identity_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "delta/table_test.h"

namespace salvor::delta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Metadata With(std::optional<int64_t> mark, int64_t step = 1, bool identity = true) {
  Json of_field = Json::object();
  if (identity) of_field = {{"delta.identity.start", 1}, {"delta.identity.step", step}};
  if (identity && mark) of_field["delta.identity.highWaterMark"] = *mark;
  Metadata metadata;
  metadata.schema = TestTable::Schema({TestTable::Field("d", "string"),
                                       TestTable::Field("id", "long", true, of_field)})
                        .dump();
  return metadata;
}

AddFile File(int64_t rows, std::optional<int64_t> low = {}, int64_t high = 0) {
  Json stats = {{"numRecords", rows}};
  if (low) {
    stats["minValues"] = {{"id", *low}};
    stats["maxValues"] = {{"id", high}};
  }
  AddFile file;
  file.raw = Json({{"stats", stats.dump()}}).dump();
  file.num_records = rows;
  return file;
}

std::vector<std::string> Warnings(const Metadata& today, const std::vector<Metadata>& past,
                                  const AddFile& file) {
  auto warnings = IdentityWarnings(today, past, {&file});
  EXPECT_TRUE(warnings) << warnings.error().Message();
  return warnings ? *warnings : std::vector<std::string>();
}

TEST(IdentityKeys, ColumnThatCountedOnGivesNoKeyTwice) {
  EXPECT_THAT(Warnings(With(200), {With(100), With(100)}, File(100, 1, 100)),
              ElementsAre(HasSubstr("its next value stays")));
}

TEST(IdentityKeys, ColumnThatBeganAnewIsNamedWithTheKeysThatWillBeThereTwice) {
  EXPECT_THAT(
      Warnings(With(30), {With(100), With(std::nullopt)}, File(100, 1, 100)),
      ElementsAre(AllOf(HasSubstr("'id'"), HasSubstr("stands at 30"), HasSubstr("up to 30 of"),
                        HasSubstr("up to 70 have keys that will be"))));
}

TEST(IdentityKeys, ColumnThatBeganAnewAndPassedItsOldMarkIsNamedToo) {
  EXPECT_THAT(Warnings(With(500), {With(100), With(std::nullopt)}, File(100, 1, 100)),
              ElementsAre(AllOf(HasSubstr("up to 100 of"), HasSubstr("up to 0 have"))));
}

TEST(IdentityKeys, ColumnThatBecameAnIdentityOnlyWithTheNewTableDidNotBeginAnew) {
  EXPECT_THAT(Warnings(With(30), {With({}, 1, false), With(std::nullopt)}, File(10, 1, 10)),
              ElementsAre(Not(HasSubstr("anew"))));
}

TEST(IdentityKeys, KeysBeyondTheMarkWillBeGivenOutAgain) {
  EXPECT_THAT(Warnings(With(30), {With(30)}, File(10, 41, 50)),
              ElementsAre(HasSubstr("up to 10 have keys that will be")));
}

TEST(IdentityKeys, ColumnThatCountsDownwardsIsComparedThatWay) {
  EXPECT_THAT(
      Warnings(With(-30, -1), {With(-100, -1), With(std::nullopt, -1)}, File(100, -100, -1)),
      ElementsAre(AllOf(HasSubstr("up to 30 of"), HasSubstr("up to 70 have"))));
}

TEST(IdentityKeys, FilesWithoutStatisticsMayHoldAnyKey) {
  EXPECT_THAT(Warnings(With(30), {With(100), With(std::nullopt)}, File(100)),
              ElementsAre(AllOf(HasSubstr("may be there twice"), Not(HasSubstr("up to")))));
}

TEST(IdentityKeys, OrdinaryColumnsAreNotSpokenOf) {
  EXPECT_THAT(Warnings(With({}, 1, false), {With({}, 1, false)}, File(10, 1, 10)), IsEmpty());
}

}  // namespace
}  // namespace salvor::delta
