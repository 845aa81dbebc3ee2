// Private copies that somebody wrote to, and those of bytes, to which nobody can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/commit/fresh_name.h"
#include "delta/staging/staging.h"
#include "delta/table_test.h"
#include "testing/crashing_fs.h"

namespace salvor::delta {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kPath = "d=b/b.snappy.parquet";

class StagingChangesTest : public ::testing::Test {
 protected:
  StagingChangesTest() {
    table_.LoseDayB();
    engine_ = OpenTable(table_);
    made_ = PlanFor(*engine_, {Want("b", 1)});
  }
  void Persist(PersistOptions options = {}) {
    engine_ = MakeEngine(table_.fs, table_.clock, warehouse::NoProgress(), kTable, options).value();
    const auto persisted = PersistNow(*engine_, made_);
    ASSERT_TRUE(persisted) << persisted.error().Message();
    persisted_ = *persisted;
    if (seen_.empty()) seen_ = persisted->seen;
    table_.clock.Advance(Millis(5000));
  }
  Result<std::vector<warehouse::CopySeen>> Check() {
    return engine_->Staging()->CheckUnchanged(made_.plan, made_.digest, seen_);
  }
  std::string Changed() {
    const auto checked = Check();
    if (checked) return "nothing";
    EXPECT_EQ(checked.error().code, Code::kRefused);
    return checked.error().what;
  }
  [[nodiscard]] StagingPlace Place() const { return {made_.plan, made_.digest}; }
  [[nodiscard]] std::string Piece() const {
    return Place().File(StagedName(kPath, made_.digest, 0));
  }
  [[nodiscard]] std::string CopiedPiece() const {
    return Place().File("copied-" + StagedName(kPath, made_.digest, 0));
  }
  // Other rows in place, of the same size and with the same footer.
  void WriteInPlace() {
    std::string bytes = table_.fs.ReadFile(TestTable::Local(kPath), 1000).value();
    bytes[6] = 'X';
    table_.fs.Put(TestTable::Local(kPath), bytes);
  }
  io::FileInfo Info(const std::string& path) { return table_.fs.Lstat(path).value().value(); }

  TestTable table_;
  std::unique_ptr<warehouse::Engine> engine_;
  TestCase made_;
  warehouse::Persisted persisted_;
  std::vector<warehouse::CopySeen> seen_;
};

TEST_F(StagingChangesTest, NothingChangedIsNothingToNote) {
  Persist();
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].rows, 10);
  EXPECT_EQ(seen_[0].digest.size(), 64U);
  const auto checked = Check();
  ASSERT_TRUE(checked) << checked.error().Message();
  EXPECT_TRUE(checked->empty());
}

TEST_F(StagingChangesTest, RowsWrittenInPlaceAreNoticed) {
  Persist();
  WriteInPlace();
  EXPECT_THAT(Changed(), AllOf(HasSubstr("d=b"), HasSubstr("written to"), HasSubstr(kPath)));
}

TEST_F(StagingChangesTest, AFooterWrittenInPlaceIsNoticedThoughItsTimeWasSetBack) {
  Persist();
  const Instant before = Info(Piece()).modified;
  TinyParquet other{.content = std::string("rows of ") + kPath, .rows = 9};
  table_.fs.Put(TestTable::Local(kPath), other.Bytes());
  ASSERT_TRUE(table_.fs.SetModified(Piece(), before));
  EXPECT_THAT(Changed(), HasSubstr("footer"));
}

TEST_F(StagingChangesTest, AnotherFileUnderTheNameIsNoticed) {
  Persist();
  const auto before = Info(Piece());
  ASSERT_TRUE(table_.fs.Remove(Piece()));
  table_.fs.Put(Piece(), TestTable::Bytes(kPath));
  ASSERT_TRUE(table_.fs.SetModified(Piece(), before.modified));
  EXPECT_THAT(Changed(), HasSubstr("another file"));
}

TEST_F(StagingChangesTest, MoreOrFewerLinksAreNoChange) {
  Persist();
  ASSERT_EQ(table_.fs.Link(Piece(), "/another").value(), io::LinkOutcome::kLinked);
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(kPath)));
  EXPECT_EQ(Changed(), "nothing");
}

TEST_F(StagingChangesTest, AVectorWrittenInPlaceIsNoticed) {
  TestTable table;
  table.Commit({TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                TestTable::Metadata(), table.WithVector(table.Add(kPath, "b"))});
  auto engine = OpenTable(table);
  const TestCase made = PlanFor(*engine, {Want("b", 0)});
  const auto persisted = PersistNow(*engine, made);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  const std::string vector =
      TestTable::Local("deletion_vector_00000000-0000-0000-0000-000000000000.bin");
  const Instant before = table.fs.Lstat(vector).value()->modified;
  std::string bytes = TestTable::VectorBytes();
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  table.fs.Put(vector, bytes);
  ASSERT_TRUE(table.fs.SetModified(vector, before));
  const auto checked = engine->Staging()->CheckUnchanged(made.plan, made.digest, persisted->seen);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().what, HasSubstr("other bytes"));
}

TEST_F(StagingChangesTest, ACopyThatTheJournalDoesNotKnowIsRefused) {
  Persist();
  seen_[0].digest = std::string(64, '0');
  EXPECT_THAT(Changed(), HasSubstr("journal"));
}

TEST_F(StagingChangesTest, TheTimesThatApplySetAreNoChangeAndLaterOnesAre) {
  Persist();
  ASSERT_TRUE(ApplyNow(*engine_, made_));
  EXPECT_EQ(Changed(), "nothing");
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(kPath)));
  EXPECT_EQ(Changed(), "nothing") << "a VACUUM took the old name";
  const std::string fresh =
      TestTable::Local(FreshPath(kPath, model::OperationKey(made_.digest, "apply"), 0));
  std::string bytes = table_.fs.ReadFile(fresh, 1000).value();
  bytes[6] = 'X';
  table_.fs.Put(fresh, bytes);
  EXPECT_THAT(Changed(), HasSubstr("written to"));
}

TEST_F(StagingChangesTest, AnApplyKilledAnywhereLeavesNoTimeThatNobodyCanExplain) {
  constexpr int64_t kMaxOperations = 40;
  for (int64_t operation = 1; operation < kMaxOperations; ++operation) {
    TestTable table;
    table.LoseDayB();
    testing::CrashingFs crashing(table.fs, "/graveyard");
    auto engine = MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable).value();
    const TestCase made = PlanFor(*engine, {Want("b", 1)});
    const auto persisted = PersistNow(*engine, made);
    ASSERT_TRUE(persisted);
    crashing.Reboot(testing::Loss::kNothing);
    crashing.CrashAt(operation, testing::Moment::kDuring);
    const bool whole = ApplyNow(*engine, made).has_value();
    crashing.Reboot(testing::Loss::kNothing);
    const auto checked = engine->Staging()->CheckUnchanged(made.plan, made.digest, persisted->seen);
    EXPECT_TRUE(checked) << operation << ": " << checked.error().Message();
    if (whole) return;
  }
  FAIL() << "apply never ended";
}

TEST_F(StagingChangesTest, ACopyOfBytesIsAnotherFile) {
  Persist({.copy = true});
  EXPECT_EQ(persisted_.copied, 1);
  EXPECT_EQ(persisted_.linked, 0);
  EXPECT_FALSE(Info(CopiedPiece()).SameInode(Info(TestTable::Local(kPath))));
  EXPECT_FALSE(table_.fs.Lstat(Piece()).value()) << "the link is not needed any more";
  WriteInPlace();
  EXPECT_EQ(Changed(), "nothing");
}

TEST_F(StagingChangesTest, LinksAreReplacedByBytesLater) {
  Persist();
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local(kPath)));
  Persist({.copy = true});
  EXPECT_FALSE(persisted_.already);
  EXPECT_EQ(persisted_.seen.front().digest, seen_.front().digest);
  EXPECT_EQ(Changed(), "nothing");
  Persist({.copy = true});
  EXPECT_TRUE(persisted_.already);
}

TEST_F(StagingChangesTest, ApplyGivesTheTableNoPartOfACopyOfBytes) {
  Persist({.copy = true});
  const auto outcome = ApplyNow(*engine_, made_);
  ASSERT_TRUE(outcome) << outcome.error().Message();
  const std::string fresh =
      TestTable::Local(FreshPath(kPath, model::OperationKey(made_.digest, "apply"), 0));
  EXPECT_FALSE(Info(fresh).SameInode(Info(CopiedPiece())));
  EXPECT_TRUE(Info(fresh).SameInode(Info(TestTable::Local(kPath))))
      << "the old file still is the same";
}

TEST_F(StagingChangesTest, AnOldFileThatWasWrittenToIsNotPutBackInPlaceOfTheCopy) {
  Persist({.copy = true});
  WriteInPlace();
  ASSERT_TRUE(ApplyNow(*engine_, made_));
  const std::string fresh =
      TestTable::Local(FreshPath(kPath, model::OperationKey(made_.digest, "apply"), 0));
  EXPECT_EQ(table_.fs.ReadFile(fresh, 1000).value(), TestTable::Bytes(kPath));
}

TEST_F(StagingChangesTest, CopyingBytesCanBeKilledAnywhere) {
  constexpr int64_t kMaxOperations = 60;
  for (int64_t operation = 1; operation < kMaxOperations; ++operation) {
    TestTable table;
    table.LoseDayB();
    testing::CrashingFs crashing(table.fs, "/graveyard");
    const auto open = [&](PersistOptions options) {
      return MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable, options).value();
    };
    auto engine = open({});
    const TestCase made = PlanFor(*engine, {Want("b", 1)});
    const auto first = PersistNow(*engine, made);
    ASSERT_TRUE(first);
    // What only the copy has from now on.
    ASSERT_TRUE(table.fs.Remove(TestTable::Local(kPath)));
    auto copying = open({.copy = true});
    crashing.Reboot(testing::Loss::kNothing);
    crashing.CrashAt(operation, testing::Moment::kDuring);
    const bool whole = PersistNow(*copying, made).has_value();
    crashing.Reboot(testing::Loss::kEverything);
    const auto found = engine->Staging()->Find(made.plan, made.digest);
    ASSERT_TRUE(found && found->has_value())
        << operation << ": " << (found ? "" : found.error().Message());
    const auto again = PersistNow(*copying, made);
    ASSERT_TRUE(again) << operation << ": " << again.error().Message();
    EXPECT_EQ(again->seen.front().digest, first->seen.front().digest);
    const auto checked = copying->Staging()->CheckUnchanged(made.plan, made.digest, first->seen);
    EXPECT_TRUE(checked) << operation << ": " << checked.error().Message();
    if (whole) return;
  }
  FAIL() << "persist never ended";
}

}  // namespace
}  // namespace salvor::delta
