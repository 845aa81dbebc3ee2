// The library's face, called as a program of others' calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "custody/keys_test.h"
#include "demo/lake.h"
#include "io/clock.h"
#include "io/posix_fs.h"
#include "io/terminal.h"
#include "salvor/salvor.h"

namespace salvor {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Why a call failed, for EXPECT_TRUE(x) << Why(x).
template <typename T>
std::string Why(const Result<T>& result) {
  return result ? "" : result.error().Message();
}

class Told final : public Progress {
 public:
  void Tell(std::string_view step, int64_t /*done*/, int64_t /*total*/) override {
    const std::lock_guard lock(mutex_);
    steps.emplace_back(step);
  }
  void Note(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    notes.emplace_back(line);
  }
  std::vector<std::string> steps;
  std::vector<std::string> notes;

 private:
  std::mutex mutex_;
};

class LibraryTest : public ::testing::Test {
 protected:
  LibraryTest() {
    const Instant now = io::SystemClock().Now();
    auto built = demo::BuildLake(fs_, now, keys_.Path("demo"));
    EXPECT_TRUE(built) << Why(built);
    if (built) lake_ = *built;
    options_.config = keys_.Path("salvor.yaml");
    options_.progress = &told_;
    Configure("");
  }

  void Configure(const std::string& review) {
    keys_.Write("salvor.yaml", "warehouses: {}\n" + review);
  }

  // Sam must approve what this user does.
  void AskForSam() {
    keys_.Make("sam");
    keys_.Write("allowed_signers", "sam@example.com " + keys_.Public("sam") + "\n");
    Configure(
        "review:\n  approvals: 1\n  allowed_signers: ./allowed_signers\n  people:\n"
        "    Sam: {principals: [sam@example.com]}\n    Me: {os_users: [\"" +
        io::UserName() + "\"]}\n");
  }

  Table Opened() {
    auto table = Table::Open(lake_.table, options_);
    EXPECT_TRUE(table) << Why(table);
    return *std::move(table);
  }
  Case Planned() {
    auto incident = Opened().MakeCase({}, keys_.Path("case"));
    EXPECT_TRUE(incident) << Why(incident);
    return *std::move(incident);
  }
  int64_t Missing() {
    const auto inventory = Opened().ReadInventory();
    EXPECT_TRUE(inventory) << Why(inventory);
    return inventory ? inventory->missing : -1;
  }

  custody::Keys keys_;  // and the folder of all
  io::PosixFs fs_;
  demo::Lake lake_;
  Told told_;
  OpenOptions options_;
};

TEST_F(LibraryTest, InventoryNamesWhatIsMissing) {
  Table table = Opened();
  const auto inventory = table.ReadInventory();
  ASSERT_TRUE(inventory) << Why(inventory);
  EXPECT_EQ(inventory->missing, lake_.lost_days);
  EXPECT_EQ(inventory->recoverable, lake_.lost_days);
  EXPECT_EQ(inventory->name, "event_aggregates_v1");
  ASSERT_EQ(inventory->columns.size(), 1U);
  EXPECT_EQ(inventory->columns[0].type, "date");
  int64_t lost = 0;
  for (const PartitionHealth& one : inventory->partitions) {
    if (one.health != Health::kMissing) continue;
    EXPECT_EQ(NameOf(one.health), "missing");
    EXPECT_EQ(one.now.rows, 0);
    EXPECT_TRUE(one.deadline);
    EXPECT_EQ(one.partition.values.at(0), one.partition.name);
    lost += one.before.rows;
  }
  EXPECT_EQ(lost, lake_.lost_rows);
}

TEST_F(LibraryTest, PlanThatIsMadeTwiceIsOnePlanAndWritesNothing) {
  Table table = Opened();
  const auto one = table.MakePlan();
  const auto two = table.MakePlan();
  ASSERT_TRUE(one) << Why(one);
  ASSERT_TRUE(two) << Why(two);
  EXPECT_EQ(one->digest, two->digest);
  EXPECT_EQ(one->restores, lake_.lost_days);
  int64_t rows = 0;
  for (const PlannedPartition& partition : one->partitions) rows += partition.rows_restore;
  EXPECT_EQ(rows, lake_.lost_rows);
  EXPECT_FALSE(std::filesystem::exists(keys_.Path("case")));
}

TEST_F(LibraryTest, RecoveryRunsStepByStepAndEachStepMayBeRepeated) {
  Case incident = Planned();
  EXPECT_EQ(incident.Folder(), keys_.Path("case"));
  for (const bool again : {false, true}) {
    const auto copy = incident.Persist();
    ASSERT_TRUE(copy) << Why(copy);
    EXPECT_EQ(copy->already, again);
    EXPECT_THAT(copy->privacy, Not(IsEmpty()));
  }
  const auto forecast = incident.ForecastApply();
  ASSERT_TRUE(forecast) << Why(forecast);
  for (const bool again : {false, true}) {
    const auto applied = incident.Apply({incident.Planned().name});
    ASSERT_TRUE(applied) << Why(applied);
    EXPECT_EQ(applied->already, again);
    EXPECT_EQ(applied->restored, again ? 0 : lake_.lost_days);
  }
  EXPECT_EQ(Missing(), 0);
  const auto proof = incident.Verify();
  ASSERT_TRUE(proof) << Why(proof);
  EXPECT_TRUE(proof->proven);
  EXPECT_EQ(static_cast<int64_t>(proof->partitions.size()), lake_.lost_days);
  EXPECT_EQ(fs_.ReadFile(keys_.Path("case") + "/proof.json", 1 << 24).value(), proof->json);
  EXPECT_TRUE(incident.Clean().value());
  EXPECT_FALSE(incident.Clean().value());
}

TEST_F(LibraryTest, UndoTakesBackWhatApplyDid) {
  Case incident = Planned();
  ASSERT_TRUE(incident.Persist());
  ASSERT_TRUE(incident.Apply({incident.Planned().name}));
  const auto undone = incident.Undo({incident.Planned().name});
  ASSERT_TRUE(undone) << Why(undone);
  EXPECT_FALSE(undone->already);
  EXPECT_EQ(Missing(), lake_.lost_days);
}

TEST_F(LibraryTest, ProductionIsNotWrittenWithoutTheTablesName) {
  Case incident = Planned();
  ASSERT_TRUE(incident.Persist());
  for (const char* name : {"", "another_table", "EVENT_AGGREGATES_V1"}) {
    const auto applied = incident.Apply({name});
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, Code::kRefused);
  }
  EXPECT_EQ(Missing(), lake_.lost_days);
  ASSERT_TRUE(incident.Apply({incident.Planned().name}));
  EXPECT_EQ(incident.Undo({"another_table"}).error().code, Code::kRefused);
  EXPECT_EQ(Missing(), 0);
}

TEST_F(LibraryTest, ReviewHoldsForTheLibraryToo) {
  AskForSam();
  Case incident = Planned();
  EXPECT_EQ(incident.Planned().approvals, 1);
  ASSERT_TRUE(incident.Persist());
  const Confirmation sure{incident.Planned().name};
  EXPECT_EQ(incident.Apply(sure).error().code, Code::kRefused);
  ApproveRequest word;
  word.who = "nobody@example.com";
  word.key = keys_.Path("sam");
  EXPECT_FALSE(Case::Approve(incident.Folder(), word, options_));
  word.who = "sam@example.com";
  const auto approved = Case::Approve(incident.Folder(), word, options_);
  ASSERT_TRUE(approved) << Why(approved);
  EXPECT_TRUE(std::filesystem::exists(*approved));
  const auto applied = incident.Apply(sure);
  EXPECT_TRUE(applied) << Why(applied);
  EXPECT_EQ(Missing(), 0);
}

TEST_F(LibraryTest, RejectionNeedsAReasonAndHolds) {
  AskForSam();
  Case incident = Planned();
  ASSERT_TRUE(incident.Persist());
  ApproveRequest word;
  word.who = "sam@example.com";
  word.key = keys_.Path("sam");
  ASSERT_TRUE(Case::Approve(incident.Folder(), word, options_));
  word.reject = true;
  EXPECT_EQ(Case::Approve(incident.Folder(), word, options_).error().code, Code::kInvalidArgument);
  word.reason = "a privacy request";
  ASSERT_TRUE(Case::Approve(incident.Folder(), word, options_));
  EXPECT_EQ(incident.Apply({incident.Planned().name}).error().code, Code::kRefused);
  EXPECT_EQ(Missing(), lake_.lost_days);
}

TEST_F(LibraryTest, WholeTableMakesNoCase) {
  Case incident = Planned();
  ASSERT_TRUE(incident.Persist());
  ASSERT_TRUE(incident.Apply({incident.Planned().name}));
  const auto second = Opened().MakeCase({}, keys_.Path("second"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kRefused);
  EXPECT_FALSE(std::filesystem::exists(keys_.Path("second")));
}

TEST_F(LibraryTest, ErrorsSayWhatAndWhere) {
  const auto none = Table::Open(keys_.Path("none"), options_);
  const auto looked =
      none ? Result<Inventory>(Fail(Code::kInternal, "opened")) : Fail(none.error());
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, Code::kNotFound);
  EXPECT_THAT(looked.error().Message(), HasSubstr("none"));
  const auto no_case = Case::Open(keys_.Path("none"), options_);
  ASSERT_FALSE(no_case);
  EXPECT_EQ(no_case.error().code, Code::kNotFound);
  PlanRequest impossible;
  impossible.event = 1'000'000;
  EXPECT_FALSE(Opened().MakePlan(impossible));
}

TEST_F(LibraryTest, TablesAndCasesMove) {
  Table table = Opened();
  Table moved = std::move(table);
  EXPECT_TRUE(moved.ReadInventory());
  Case incident = Planned();
  Case other = std::move(incident);
  EXPECT_TRUE(other.Persist());
}

}  // namespace
}  // namespace salvor
