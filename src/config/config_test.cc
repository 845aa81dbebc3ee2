#include "config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kWhole = R"(warehouses:
  prod:
    bigquery: {project: shared-prod, staging: locked.derived, location: US, job_project: jobs}
  lake: {delta: {root: ./lake, staging: private}}
review:
  approvals: 1
  allowed_signers: ./allowed_signers
  distinct: [operator, author]
  people:
    Ann: {principals: [ann@example.com], os_users: [ann]}
    Bob: {emails: [bob@example.com]}
tables:
  prod:derived.events_v1:
    review: {approvals: 2, group: [Bob, Ann]}
  lake:ds.scratch:
    review: {approvals: 0}
)";

Config Parsed(std::string_view bytes) {
  auto config = ParseConfig(bytes, "/etc/team/salvor.yaml");
  EXPECT_TRUE(config) << config.error().Message();
  return config ? *config : Config{};
}

std::string ErrorOf(std::string_view bytes) {
  const auto config = ParseConfig(bytes, "/etc/team/salvor.yaml");
  if (config) return "accepted";
  EXPECT_THAT(config.error().code, ::testing::AnyOf(Code::kInvalidArgument, Code::kUnsupported));
  return config.error().Message();
}

constexpr bool kShared = true;
constexpr bool kLocal = false;

TEST(Config, AWarehouseMayLieInS3) {
  const Config config = Parsed(
      "warehouses:\n  lake: {delta: {root: 's3://lake/a/', region: r, endpoint: 'http://e', "
      "profile: p}}\n");
  const DeltaWarehouse& lake = *config.warehouses[0].delta;
  EXPECT_EQ(lake.root, "s3://lake/a");
  EXPECT_EQ(lake.region + lake.endpoint + lake.profile, "rhttp://ep");
  const auto table = ResolveTable(config, "lake:ds.t");
  ASSERT_TRUE(table && *table);
  EXPECT_EQ((*table)->address, "s3://lake/a/ds/t");
  const auto found = FindTable(config, "s3://lake/a/ds/t");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->warehouse->name, "lake");
}

TEST(Config, EveryKeyIsReadAndPathsCountFromTheFilesFolder) {
  const Config config = Parsed(kWhole);
  ASSERT_EQ(config.warehouses.size(), 2U);
  EXPECT_EQ(config.warehouses[0].bigquery->job_project, "jobs");
  EXPECT_EQ(config.warehouses[1].delta->root, "/etc/team/lake");
  EXPECT_EQ(config.warehouses[1].delta->staging, "/etc/team/private");
  EXPECT_EQ(config.allowed_signers, "/etc/team/allowed_signers");
  ASSERT_EQ(config.people.size(), 2U);
  EXPECT_EQ(model::PersonOf(config.people, {model::IdentityKind::kSigner, "BOB@example.com"}),
            "Bob");
}

TEST(Config, EmptyFileAsksForNothing) {
  EXPECT_TRUE(Parsed("").warehouses.empty());
  EXPECT_TRUE(Parsed("# nothing yet\n").warehouses.empty());
  EXPECT_TRUE(Parsed("warehouses:\nreview:\n").warehouses.empty());
}

TEST(Config, UnknownKeyIsNamedWithItsLineAndTheNearestThereIs) {
  EXPECT_THAT(ErrorOf("review:\n  approvals: 1\n  allowed_singers: ./x\n"),
              AllOf(HasSubstr("salvor.yaml:3"), HasSubstr("nearest is 'allowed_signers'")));
  EXPECT_THAT(ErrorOf("\nreveiw: {}\n"), AllOf(HasSubstr("salvor.yaml:2"), HasSubstr("'review'")));
  EXPECT_THAT(ErrorOf("warehouses:\n  lake: {delta: {root: 'gs://lake/t'}}\n"),
              HasSubstr("must be a folder or s3://BUCKET/PREFIX"));
  EXPECT_THAT(ErrorOf("warehouses:\n  lake: {delta: {root: 's3://lake/t', staging: /p}}\n"),
              HasSubstr("has no use yet"));
  EXPECT_THAT(ErrorOf("warehouses:\n  lake: {delta: {root: /l, staging: 's3://lake/t'}}\n"),
              HasSubstr("must be a folder"));
  EXPECT_THAT(ErrorOf("warehouses:\n  lake: {delta: {root: /l, region: r}}\n"),
              HasSubstr("is of tables in S3 alone"));
  EXPECT_THAT(ErrorOf("warehouses:\n  lake: {delta: {root: /l, stagin: /p}}\n"),
              AllOf(HasSubstr("salvor.yaml:2"), HasSubstr("'staging'")));
  EXPECT_THAT(ErrorOf("review:\n  distinct: [author, aprover]\n"),
              AllOf(HasSubstr("salvor.yaml:2"), HasSubstr("'approver'")));
  EXPECT_THAT(ErrorOf("warehouses: {lake: {delta: {root: /l}}}\ntables:\n  lale:a.b: {}\n"),
              AllOf(HasSubstr("salvor.yaml:3"), HasSubstr("'lake'")));
}

TEST(Config, WrongTypesAndValuesAreNamedWithTheirLine) {
  for (const char* bad : {"\nreview: {approvals: two}",
                          "\nreview: {approvals: \"1\"}",
                          "\nreview: {approvals: -1}",
                          "\nreview: {approvals: 1.5}",
                          "\nreview: {approvals: [1]}",
                          "\nreview: {approvals: 1000}",
                          "\nreview: [approvals]",
                          "\nreview: {allowed_signers: 7}",
                          "\nreview: {ssh_keygen: ssh-keygen}",
                          "\nreview: {group: Ann}",
                          "\nreview: {group: []}",
                          "\nreview: {distinct: [author]}",
                          "\nreview: {people: [Ann]}",
                          "\nreview: {people: {Ann: {emails: ann@x}}}",
                          "\nwarehouses: [lake]",
                          "\nwarehouses: {lake: {}}",
                          "\nwarehouses: {lake: {delta: {}}}",
                          "\nwarehouses: {lake: {delta: {root: true}}}",
                          "\nwarehouses: {bigquery: {delta: {root: a}}}",
                          "\nwarehouses: {'la ke': {delta: {root: a}}}",
                          "\nwarehouses: {w: {bigquery: {project: p, staging: d}}}",
                          "\n- a",
                          "\njust text",
                          "\n{unclosed: [",
                          "\n\ttab: 1",
                          "\nx: \"\\u0000\""}) {
    EXPECT_THAT(ErrorOf(bad), AllOf(HasSubstr("salvor.yaml:2"), Not(HasSubstr("accepted")))) << bad;
  }
}

// A value that slipped may be a password.
TEST(Config, WhatIsNoYamlIsToldInOurWordsWithItsPlaceAndWithoutAValue) {
  for (const char* bad : {"\ntoken: \"zQ\\qzQ\"",          // an escape that there is none of
                          "\ntoken: \"\\xzQ\"",            // a digit that is none
                          "\ntoken: \"\\uD800zQ\"",        // no character
                          "\ntoken: !zQ",                  // a tag
                          "\ntoken: &zQ a",                // an anchor
                          "\ntoken: *zQ",                  // an alias
                          "\ntoken: 'zQ",                  // not closed
                          "\ntoken: |zQ\n  a",             // after the mark of a block
                          "\ntoken: {zQ]",                 // closed by something else
                          "\ntoken: zQ: zQ",               // two colons
                          "\ntoken: @zQ",                  // nothing begins so
                          "\n%YAML zQ zQ\n---\ntoken: a",  // a directive
                          "\n%TAG zQ\n---\ntoken: a"}) {
    const std::string said = ErrorOf(bad);
    EXPECT_THAT(said,
                AllOf(HasSubstr("salvor.yaml:"), Not(HasSubstr("zQ")), Not(HasSubstr("accepted"))))
        << bad;
  }
  EXPECT_THAT(ErrorOf("\ntoken: \"zQ\\q\""),
              AllOf(HasSubstr("an escape (\\) that YAML does not know"), HasSubstr("salvor.yaml:2"),
                    HasSubstr("(column ")));
}

TEST(Config, SameKeyTwiceIsRefusedWithBothLines) {
  EXPECT_THAT(ErrorOf("review:\n  approvals: 2\n  approvals: 0\n"),
              AllOf(HasSubstr("salvor.yaml:3"), HasSubstr("line 2")));
}

TEST(Config, OnePersonUnderTwoNamesIsRefused) {
  EXPECT_THAT(
      ErrorOf("review:\n  people:\n    Ann: {emails: [a@x]}\n    Bob: {principals: [A@X]}\n"),
      AllOf(HasSubstr("salvor.yaml:4"), HasSubstr("Ann")));
}

TEST(Config, WhatAnotherVersionWillUnderstandIsRefusedByName) {
  EXPECT_THAT(
      ErrorOf(
          "warehouses: {l: {delta: {root: /l}}}\ntables:\n  l:a.b:\n    calendar: {every: day}\n"),
      AllOf(HasSubstr("calendar"), HasSubstr("salvor.yaml:4")));
  EXPECT_THAT(ErrorOf("warehouses: {l: {delta: {root: /l}}}\ntables: {l:a.b: {sources: [x]}}\n"),
              HasSubstr("sources"));
}

TEST(Config, BombsCyclesAndDepthAreRefused) {
  EXPECT_THAT(ErrorOf("a: &a [1]\nreview: *a\n"), HasSubstr("anchor"));
  EXPECT_THAT(ErrorOf("review: &a [*a]\n"), HasSubstr("anchor"));
  EXPECT_THAT(ErrorOf("review: *a\n"), Not(HasSubstr("accepted")));
  EXPECT_THAT(ErrorOf("review: !ruby/object {}\n"), HasSubstr("tag"));
  EXPECT_THAT(ErrorOf(std::string(200'000, '[')), Not(HasSubstr("accepted")));
  EXPECT_THAT(ErrorOf(std::string(100'000, '{')), Not(HasSubstr("accepted")));
  std::string many = "review: [";
  for (int i = 0; i < 30'000; ++i) many += "1,";
  EXPECT_THAT(ErrorOf(many + "]"), HasSubstr("values"));
  EXPECT_THAT(ErrorOf("review: {}\n---\nreview: {}\n"), HasSubstr("more than one document"));
  EXPECT_THAT(ErrorOf(std::string_view("review: \0", 9)), HasSubstr("NUL"));
}

TEST(ResolveTable, NamesBecomePathsAndBigQueryAddresses) {
  const Config config = Parsed(kWhole);
  const auto lake = ResolveTable(config, "lake:ds.t");
  ASSERT_TRUE(lake && *lake);
  EXPECT_EQ((*lake)->address, "/etc/team/lake/ds/t");
  EXPECT_EQ((*lake)->staging, "/etc/team/private");
  const auto prod = ResolveTable(config, "prod:derived.events_v1");
  ASSERT_TRUE(prod && *prod);
  EXPECT_EQ((*prod)->address, "bigquery:shared-prod.derived.events_v1");
}

TEST(ResolveTable, WhatIsNoConfiguredNameIsLeftAlone) {
  const Config config = Parsed(kWhole);
  for (const char* text : {"./lake/ds/t", "bigquery:p.d.t", "other:d.t", "lake", ""}) {
    const auto resolved = ResolveTable(config, text);
    EXPECT_TRUE(resolved && !*resolved) << text;
  }
}

TEST(ResolveTable, NamesThatWouldLeaveTheRootAreRefused) {
  const Config config = Parsed(kWhole);
  for (const char* text : {"lake:t", "lake:a.b.c", "lake:../x.t", "lake:a/b.t", "lake:..t",
                           "lake:.t", "lake:a.", "lake:"}) {
    EXPECT_FALSE(ResolveTable(config, text)) << text;
  }
}

TEST(PolicyFor, WithoutAnyFileWhatPeopleShareAsksForOneAndALocalPathForNone) {
  const Config none;
  EXPECT_EQ(PolicyFor(none, "bigquery:p.d.t", kShared).approvals, 1);
  EXPECT_THAT(PolicyFor(none, "bigquery:p.d.t", kShared).distinct,
              ElementsAre("approver", "author"));
  EXPECT_EQ(PolicyFor(none, "/lake/t", kLocal).approvals, 0);
  EXPECT_FALSE(PolicyFor(none, "/lake/t", kLocal).waived);
}

TEST(PolicyFor, TableUnderItsPathHasTheRulesOfItsName) {
  const Config config = Parsed(kWhole);
  EXPECT_EQ(PolicyFor(config, "bigquery:shared-prod.derived.events_v1", kShared).approvals, 2);
  EXPECT_EQ(PolicyFor(config, "/etc/team/lake/ds/other", kLocal).approvals, 1);
  EXPECT_EQ(PolicyFor(config, "/somewhere/else", kLocal).approvals, 1);
  const auto waived = PolicyFor(config, "/etc/team/lake/ds/scratch", kLocal);
  EXPECT_EQ(waived.approvals, 0);
  EXPECT_TRUE(waived.waived);
}

TEST(PolicyFor, ReviewWithoutANumberAsksForOne) {
  const Config config = Parsed("review: {allowed_signers: ./a}\n");
  EXPECT_EQ(PolicyFor(config, "/lake/t", kLocal).approvals, 1);
}

TEST(PolicyFor, WhatTakesRowsOutMayAskForMoreAndNeverForLess) {
  const Config config = Parsed("review: {approvals: 2, replace: {approvals: 3}}\n");
  EXPECT_EQ(PolicyFor(config, "/lake/t", kLocal).approvals, 2);
  EXPECT_EQ(PolicyFor(config, "/lake/t", kLocal, true).approvals, 3);
  const Config less = Parsed("review: {approvals: 2, replace: {approvals: 1}}\n");
  EXPECT_EQ(PolicyFor(less, "/lake/t", kLocal, true).approvals, 2);
  const Config waived = Parsed("review: {approvals: 0, replace: {approvals: 1}}\n");
  EXPECT_TRUE(PolicyFor(waived, "/lake/t", kLocal).waived);
  EXPECT_EQ(PolicyFor(waived, "/lake/t", kLocal, true).approvals, 1);
  EXPECT_FALSE(PolicyFor(waived, "/lake/t", kLocal, true).waived);
}

TEST(ParseConfig, ReplaceWithoutANumberSaysNothingAndIsRefused) {
  EXPECT_FALSE(ParseConfig("review: {replace: {}}\n", "/etc/team/salvor.yaml"));
  EXPECT_FALSE(ParseConfig("review: {replace: {approvals: 0}}\n", "/etc/team/salvor.yaml"));
}

class FindConfigTest : public ::testing::Test {
 protected:
  FindConfigTest() {
    fs_.PutFolder("/home/ann/project/lake");
    fs_.PutFolder("/srv/lake");
  }
  std::string Found(const std::string& folder) {
    const auto found = FindConfig(fs_, folder, "/home/ann");
    EXPECT_TRUE(found) << found.error().Message();
    return found && *found ? **found : "none";
  }
  static void ExpectRefused(const Result<Config>& loaded) {
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::kRefused);
  }
  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_{clock_};
};

TEST_F(FindConfigTest, TheNearestFolderAboveCounts) {
  EXPECT_EQ(Found("/home/ann/project/lake"), "none");
  fs_.Put("/home/ann/salvor.yaml", "");
  EXPECT_EQ(Found("/home/ann/project/lake"), "/home/ann/salvor.yaml");
  fs_.Put("/home/ann/project/salvor.yaml", "");
  EXPECT_EQ(Found("/home/ann/project/lake"), "/home/ann/project/salvor.yaml");
}

TEST_F(FindConfigTest, TheSearchStopsAtHome) {
  fs_.Put("/home/salvor.yaml", "");
  EXPECT_EQ(Found("/home/ann/project"), "none");
  fs_.Put("/salvor.yaml", "");
  EXPECT_EQ(Found("/srv/lake"), "/salvor.yaml");
}

TEST_F(FindConfigTest, APolicyThatMayNotBeSeenIsNotOneThatIsAbsent) {
  fs_.PutFolder("/closed/below");
  fs_.SetMode("/closed", 0600);
  const auto found = FindConfig(fs_, "/closed/below", "");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kPermission);
  EXPECT_THAT(found.error().next, HasSubstr("--config"));
}

TEST_F(FindConfigTest, FileThatOthersCouldHaveWrittenIsRefused) {
  fs_.Put("/srv/salvor.yaml", "");
  EXPECT_TRUE(LoadConfig(fs_, "/srv/salvor.yaml", false));
  fs_.SetOwner("/srv/salvor.yaml", 4711, 4711);
  ExpectRefused(LoadConfig(fs_, "/srv/salvor.yaml", false));
  EXPECT_TRUE(LoadConfig(fs_, "/srv/salvor.yaml", true));
  fs_.SetMode("/srv/salvor.yaml", 0666);
  ExpectRefused(LoadConfig(fs_, "/srv/salvor.yaml", true));
  fs_.SetMode("/srv/salvor.yaml", 0664);
  EXPECT_TRUE(LoadConfig(fs_, "/srv/salvor.yaml", true));
  fs_.SetMode("/srv", 0777);
  ExpectRefused(LoadConfig(fs_, "/srv/salvor.yaml", true));
  fs_.SetMode("/srv", 01777);
  EXPECT_TRUE(LoadConfig(fs_, "/srv/salvor.yaml", true));
}

TEST_F(FindConfigTest, ProgramThatSomebodyElseThanRootCouldChangeIsRefused) {
  fs_.Put("/opt/bin/ssh-keygen", "program");
  for (const char* path : {"/", "/opt", "/opt/bin", "/opt/bin/ssh-keygen"}) {
    fs_.SetOwner(path, 0, 0);
  }
  EXPECT_TRUE(CheckRootsAlone(fs_, "/opt/bin/ssh-keygen"));
  for (const char* path : {"/opt", "/opt/bin", "/opt/bin/ssh-keygen"}) {
    const uint32_t mode = fs_.Stat(path).value()->mode;
    for (const uint32_t open : {020U, 002U}) {
      fs_.SetMode(path, mode | open);
      const Status checked = CheckRootsAlone(fs_, "/opt/bin/ssh-keygen");
      ASSERT_FALSE(checked) << path << " " << open;
      EXPECT_EQ(checked.error().code, Code::kRefused);
      EXPECT_EQ(checked.error().where, path);
    }
    fs_.SetMode(path, mode);
    fs_.SetOwner(path, 1000, 1000);
    EXPECT_FALSE(CheckRootsAlone(fs_, "/opt/bin/ssh-keygen")) << path;
    fs_.SetOwner(path, 0, 0);
  }
}

TEST_F(FindConfigTest, OneTableUnderTwoNamesIsAnError) {
  fs_.PutFolder("/srv/lake");
  fs_.PutSymlink("/srv/same", "/srv/lake");
  const std::string tables =
      "tables:\n  a:d.t: {review: {approvals: 2}}\n  b:d.t: {review: {approvals: 0}}\n";
  fs_.Put("/srv/salvor.yaml",
          "warehouses:\n  a: {delta: {root: ./lake}}\n  b: {delta: {root: ./same}}\n" + tables);
  const auto config = LoadConfig(fs_, "/srv/salvor.yaml", false);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, Code::kInvalidArgument);
  EXPECT_THAT(config.error().what, HasSubstr("'a:d.t' and 'b:d.t'"));
  fs_.Put("/srv/salvor.yaml",
          "warehouses:\n  a: {delta: {root: ./lake}}\n  b: {delta: {root: ./else}}\n" + tables);
  EXPECT_TRUE(LoadConfig(fs_, "/srv/salvor.yaml", false));
}

}  // namespace
}  // namespace salvor::config
