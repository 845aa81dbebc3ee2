#include "testing/bigquery_server/store/store.h"

#include <gtest/gtest.h>

#include "testing/bigquery_server/rest/table_resource.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {
namespace {

const TableName kName{"p", "d", "t"};

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_.ProjectOf("p").datasets["d"] = Dataset{"p", "d", Json::object(), 0, 0, 0, {}};
    Make();
  }

  Table& Make() {
    const Json body = Json::parse(R"({"schema": {"fields": [{"name": "d", "type": "DATE"}]},
        "timePartitioning": {"type": "DAY", "field": "d"}})");
    Store::Change change(store_, clock_.NowMs());
    Table* const table = store_.AddTable(*TableOf(kName, body), change.at_ms()).value();
    EXPECT_TRUE(change.Commit());
    return *table;
  }

  // The instant of the insertion.
  int64_t Insert(const std::string& days) {
    Store::Change change(store_, clock_.NowMs());
    Table& table = *store_.FindTable(kName).value();
    const auto count = store_.rows().Insert(table, "SELECT CAST(unnest([" + days + "]) AS DATE)",
                                            {change.at_ms(), {}, false, {}});
    EXPECT_TRUE(count) << count.error().Message();
    EXPECT_TRUE(change.Commit());
    return change.at_ms();
  }

  int64_t Count(const Decorated& decorated) {
    const auto seen = Look(store_, kName, decorated, Purpose::kCopy);
    return seen ? store_.rows().Totals(*seen->table, seen->slice, {})->rows : -1;
  }

  ServerClock clock_{io::SystemClock()};
  Silences silences_;
  Store store_{clock_, silences_};
};

TEST_F(StoreTest, EveryInstantIsReadAsItWas) {
  const int64_t first = Insert("'2024-01-01', '2024-01-02'");
  const int64_t second = Insert("'2024-01-01'");
  EXPECT_LT(first, second);
  EXPECT_EQ(Count({"t", {}, first}), 2);
  EXPECT_EQ(Count({"t", {}, second}), 3);
  EXPECT_EQ(Count({"t", "20240101", first}), 1);
  EXPECT_EQ(Count({"t", "20240101", {}}), 2);
}

TEST_F(StoreTest, ChangeThatIsNotCommittedLeavesNothing) {
  {
    Store::Change change(store_, clock_.NowMs());
    Table& table = *store_.FindTable(kName).value();
    ASSERT_TRUE(
        store_.rows().Insert(table, "SELECT DATE '2024-01-01'", {change.at_ms(), {}, false, {}}));
    store_.EndTable(table, change.at_ms());
  }
  EXPECT_TRUE(store_.Exists(kName));
  EXPECT_EQ(Count({"t", {}, {}}), 0);
}

TEST_F(StoreTest, WindowEndsWhereTheDatasetSays) {
  const int64_t at = Insert("'2024-01-01'");
  clock_.Advance(8 * kDayMs);
  const auto seen = Look(store_, kName, {"t", {}, at}, Purpose::kCopy);
  ASSERT_FALSE(seen);
  EXPECT_NE(seen.error().what.find("Cannot read before"), std::string::npos);
}

TEST_F(StoreTest, LifeBeforeADropIsOutOfReachOnceTheNameIsTaken) {
  const int64_t at = Insert("'2024-01-01'");
  store_.EndTable(*store_.FindTable(kName).value(), clock_.NextCommit(clock_.NowMs()));
  EXPECT_EQ(Count({"t", {}, at}), 1);
  Make();
  EXPECT_EQ(Count({"t", {}, at}), -1);
}

TEST_F(StoreTest, SilenceWithoutThatAnswerIsRefused) {
  EXPECT_FALSE(silences_.Set("past-in-get", "maybe"));
  EXPECT_FALSE(silences_.Set("no-such-silence", "yes"));
}

}  // namespace
}  // namespace salvor::testing::bigquery
