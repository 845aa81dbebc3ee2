#include "bigquery/rest/table_name.h"

#include <gtest/gtest.h>

#include "bigquery/sql/quoting.h"

namespace salvor::bigquery {
namespace {

TEST(TableName, ReadsBackWhatItWrites) {
  for (const char* uri : {"bigquery:moz-fx-data-shared-prod.contextual_services_derived.t_v1",
                          "bigquery:example.com:proj.ds.table", "bigquery:p.d.with space-and-dash",
                          "bigquery:p.d.caf\xc3\xa9"}) {
    auto name = ParseTableUri(uri);
    ASSERT_TRUE(name) << uri;
    EXPECT_EQ(UriOf(*name), uri);
  }
  EXPECT_EQ(ParseTableUri("bigquery:example.com:proj.ds.table")->project, "example.com:proj");
}

TEST(TableName, RefusesWhatWouldMeanAnotherTable) {
  for (const char* uri :
       {"bigquery:p.d.t$20260101", "bigquery:p.d.t@1700000000000", "bigquery:p.d.t*",
        "bigquery:p.d", "bigquery:.d.t", "bigquery:p..t", "bigquery:p.d.", "p.d.t",
        "bigquery:p.d.t`x", "bigquery:p.d.t\n", "bigquery:p.d.a/b", "bigquery:P.d.t",
        "bigquery:p.d-x.t", "bigquery: p.d.t", "bigquery::p.d.t", "bigquery:p.d.t ", "bigquery:"}) {
    EXPECT_FALSE(ParseTableUri(uri)) << uri;
  }
}

TEST(TableName, StagingIsAProjectAndADataset) {
  EXPECT_EQ(FormatName(*ParseDatasetName("sandbox.locked_down")), "sandbox.locked_down");
  EXPECT_FALSE(ParseDatasetName("sandbox"));
  EXPECT_FALSE(ParseDatasetName("sandbox.a-b"));
}

TEST(TableName, OneDayOfAShardedTableIsKnownByItsName) {
  EXPECT_TRUE(LooksSharded("events_20260131"));
  EXPECT_FALSE(LooksSharded("events_20261331"));
  EXPECT_FALSE(LooksSharded("events20260131"));
  EXPECT_FALSE(LooksSharded("_20260131"));
  EXPECT_FALSE(LooksSharded("event_aggregates_v1"));
}

TEST(Quoting, NothingEndsTheQuotes) {
  EXPECT_EQ(QuoteName("a`b\\"), "`a\\`b\\\\`");
  EXPECT_EQ(QuoteText("it's\n"), "'it\\'s\\x0a'");
  EXPECT_EQ(QuoteTable({"p", "d", "t"}), "`p`.`d`.`t`");
}

}  // namespace
}  // namespace salvor::bigquery
