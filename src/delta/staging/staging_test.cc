#include "delta/staging/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/table_test.h"
#include "testing/crashing_fs.h"
#include "testing/faulty_fs.h"
#include "testing/intercepting_fs.h"
#include "testing/mem_fs.h"

namespace salvor::delta {
namespace {

using ::testing::HasSubstr;

class StagingTest : public ::testing::Test {
 protected:
  StagingTest() {
    table_.LoseDayB();
    engine_ = OpenTable(table_);
    made_ = PlanFor(*engine_, {Want("b", 1)});
  }

  [[nodiscard]] StagingPlace Place() const { return {made_.plan, made_.digest}; }
  [[nodiscard]] std::string Piece() const {
    return Place().File("part-00000-" + made_.digest.substr(0, 12) + ".parquet");
  }
  Error PersistError() {
    const auto persisted = PersistNow(*engine_, made_);
    EXPECT_FALSE(persisted);
    return persisted ? Error{} : persisted.error();
  }

  TestTable table_;
  std::unique_ptr<warehouse::Engine> engine_;
  TestCase made_;
};

TEST_F(StagingTest, CopyIsAHardLinkInAPrivateFolder) {
  const auto persisted = PersistNow(*engine_, made_);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  EXPECT_EQ(persisted->linked, 1);
  EXPECT_EQ(persisted->copied, 0);
  EXPECT_FALSE(persisted->already);
  EXPECT_THAT(persisted->privacy, HasSubstr("0700"));
  EXPECT_EQ(table_.fs.Stat(Place().Folder()).value()->mode, 0700U);
  const auto original = table_.fs.Stat(TestTable::Local("d=b/b.snappy.parquet")).value();
  EXPECT_TRUE(table_.fs.Stat(Piece()).value()->SameInode(*original));
}

TEST_F(StagingTest, CopyIsADeltaTableOfItsOwn) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  auto copy = MakeEngine(table_.fs, table_.clock, warehouse::NoProgress(), Place().Folder());
  ASSERT_TRUE(copy) << copy.error().Message();
  const auto examined = (*copy)->Reader()->Examine({Want("b", 0), Want("a", 0)});
  ASSERT_TRUE(examined) << examined.error().Message();
  EXPECT_EQ(examined->partitions[0].now.rows, 10);
  EXPECT_EQ(examined->partitions[0].files_gone, 0);
  EXPECT_EQ(examined->partitions[1].now.files, 0);
}

TEST_F(StagingTest, ProductionIsNotTouched) {
  const auto everything = [&] {
    auto all = table_.fs.Everything();
    std::erase_if(all, [](const auto& entry) { return entry.first.starts_with("/staging"); });
    return all;
  };
  const auto before = everything();
  ASSERT_TRUE(PersistNow(*engine_, made_));
  EXPECT_EQ(everything(), before);
}

TEST_F(StagingTest, SecondRunFindsTheCopyComplete) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  const auto before = table_.fs.Everything();
  const auto again = PersistNow(*engine_, made_);
  ASSERT_TRUE(again) << again.error().Message();
  EXPECT_TRUE(again->already);
  EXPECT_EQ(table_.fs.Everything(), before);
}

TEST_F(StagingTest, CompleteCopyNeedsNeitherOldFilesNorOldCommits) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  const auto found = engine_->Staging()->Find(made_.plan, made_.digest);
  ASSERT_TRUE(found) << found.error().Message();
  EXPECT_TRUE(found->has_value());
}

TEST_F(StagingTest, GoneFileIsTooLateAndNamed) {
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kTooLate);
  EXPECT_THAT(error.what, HasSubstr("d=b/b.snappy.parquet"));
}

TEST_F(StagingTest, FileOfAnotherSizeIsCorrupt) {
  // Its footer reads as before: only the size tells.
  table_.fs.Put(TestTable::Local("d=b/b.snappy.parquet"),
                "longer" + TestTable::Bytes("d=b/b.snappy.parquet"));
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kCorrupt);
  EXPECT_THAT(error.what, HasSubstr("where its log entry says"));
}

TEST_F(StagingTest, SymbolicLinkInPlaceOfADataFileIsRefused) {
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  table_.fs.Put("/etc/secret", TestTable::Bytes("d=b/b.snappy.parquet"));
  table_.fs.PutSymlink(TestTable::Local("d=b/b.snappy.parquet"), "/etc/secret");
  EXPECT_EQ(PersistError().code, Code::kRefused);
}

TEST_F(StagingTest, SymbolicLinkInPlaceOfAFolderIsRefused) {
  table_.fs.Put("/elsewhere/b.snappy.parquet", TestTable::Bytes("d=b/b.snappy.parquet"));
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  ASSERT_TRUE(table_.fs.RemoveDirectory(TestTable::Local("d=b")));
  table_.fs.PutSymlink(TestTable::Local("d=b"), "/elsewhere");
  EXPECT_EQ(PersistError().code, Code::kRefused);
}

TEST_F(StagingTest, OtherContentThanThePlanNamesIsStale) {
  made_.plan.partitions[0].content = std::string(64, '0');
  EXPECT_EQ(PersistError().code, Code::kStale);
}

TEST_F(StagingTest, OpenRootIsRefusedBeforeTheFirstByte) {
  table_.fs.PutFolder("/staging");
  table_.fs.SetMode("/staging", 0777);
  EXPECT_EQ(PersistError().code, Code::kRefused);
  EXPECT_TRUE(table_.fs.List("/staging").value().empty());
}

TEST_F(StagingTest, RootInsideTheTableIsRefused) {
  made_.plan.staging_root = TestTable::Local("staging");
  EXPECT_EQ(PersistError().code, Code::kRefused);
}

TEST_F(StagingTest, FolderThatWasOpenedSinceIsNotUsed) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  table_.fs.SetMode(Place().Folder(), 0755);
  const auto found = engine_->Staging()->Find(made_.plan, made_.digest);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kRefused);
}

// Opens the private copy to all while its files are being linked.
class OpeningFs final : public salvor::testing::InterceptingFs {
 public:
  OpeningFs(salvor::testing::MemFs& inner, std::string folder)
      : InterceptingFs(inner), files_(inner), folder_(std::move(folder)) {}

 protected:
  Status Before(salvor::testing::Call call, const std::string& /*path*/) const override {
    if (call == salvor::testing::Call::kLink) files_.SetMode(folder_, 0755);
    return Done{};
  }

 private:
  salvor::testing::MemFs& files_;
  std::string folder_;
};

TEST_F(StagingTest, CopyThatIsOpenedBetweenCheckAndUseIsRefusedAndNeverComplete) {
  OpeningFs fs(table_.fs, Place().Folder());
  auto engine = MakeEngine(fs, table_.clock, warehouse::NoProgress(), kTable);
  ASSERT_TRUE(engine) << engine.error().Message();
  const auto persisted = PersistNow(**engine, made_);
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kRefused);
  EXPECT_FALSE(*table_.fs.Stat(Place().CommitFile()));
}

TEST_F(StagingTest, AnotherFileSystemMeansACheckedCopy) {
  table_.fs.PutFolder("/staging", 0700);
  table_.fs.PutMount("/staging", 77);
  table_.fs.SetMode(TestTable::Local("d=b/b.snappy.parquet"), 0640);
  const auto persisted = PersistNow(*engine_, made_);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  EXPECT_EQ(persisted->copied, 1);
  EXPECT_EQ(table_.fs.Stat(Piece()).value()->mode, 0640U);
}

TEST_F(StagingTest, TooLittleRoomForACopyIsSaidBefore) {
  table_.fs.PutFolder("/staging", 0700);
  table_.fs.PutMount("/staging", 77);
  table_.fs.SetFreeBytes(1);
  EXPECT_EQ(PersistError().code, Code::kUnavailable);
}

TEST_F(StagingTest, ForbiddenLinkMeansACopy) {
  table_.fs.ForbidLinking(TestTable::Local("d=b/b.snappy.parquet"));
  const auto persisted = PersistNow(*engine_, made_);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  EXPECT_EQ(persisted->copied, 1);
}

TEST_F(StagingTest, DamagedLeftoverIsMadeAnew) {
  table_.fs.PutFolder(Place().Root(), 0700);
  table_.fs.PutFolder(Place().Folder(), 0700);
  table_.fs.Put(Piece(), TestTable::Bytes("d=b/b.snappy.PARQUET"));
  ASSERT_TRUE(PersistNow(*engine_, made_));
  EXPECT_EQ(table_.fs.ReadFile(Piece(), 1000).value(), TestTable::Bytes("d=b/b.snappy.parquet"));
}

TEST_F(StagingTest, LeftoverIsKeptWhenTheOriginalWentMeanwhile) {
  table_.fs.PutFolder(Place().Root(), 0700);
  table_.fs.PutFolder(Place().Folder(), 0700);
  table_.fs.Put(Piece(), TestTable::Bytes("d=b/b.snappy.parquet"));
  ASSERT_TRUE(table_.fs.Remove(TestTable::Local("d=b/b.snappy.parquet")));
  const auto persisted = PersistNow(*engine_, made_);
  EXPECT_TRUE(persisted) << persisted.error().Message();
}

TEST_F(StagingTest, TamperedManifestIsCorrupt) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  constexpr int64_t kLimit = 1 << 20;
  std::string manifest = table_.fs.ReadFile(Place().ManifestFile(), kLimit).value();
  // What no log entry and no plan confirms.
  const std::string of_piece = R"("inode":)";
  ASSERT_THAT(manifest, HasSubstr(of_piece));
  manifest.insert(manifest.find(of_piece) + of_piece.size(), "1");
  table_.fs.Put(Place().ManifestFile(), manifest, 0600);
  const auto found = engine_->Staging()->Find(made_.plan, made_.digest);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kCorrupt);
}

TEST_F(StagingTest, CopyOfAnotherPlanIsCorrupt) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  const std::string made = Place().Folder();
  made_.plan.warnings = {"another plan"};
  made_.digest = model::PlanDigest(model::FormatPlan(made_.plan));
  for (const auto& [path, bytes] : table_.fs.Everything()) {
    if (!path.starts_with(made)) continue;
    const std::string to = Place().Folder() + path.substr(made.size());
    if (table_.fs.Lstat(path).value()->type == io::FileInfo::Type::kFile) {
      table_.fs.Put(to, bytes, 0600);
    } else {
      table_.fs.PutFolder(to, 0700);
    }
  }
  const auto found = engine_->Staging()->Find(made_.plan, made_.digest);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kCorrupt) << found.error().Message();
  EXPECT_THAT(found.error().what, HasSubstr("another plan"));
}

TEST_F(StagingTest, LostPieceIsBroughtAgain) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  ASSERT_TRUE(table_.fs.Remove(Piece()));
  EXPECT_EQ(engine_->Staging()->Find(made_.plan, made_.digest).error().code, Code::kCorrupt);
  ASSERT_TRUE(PersistNow(*engine_, made_));
  EXPECT_TRUE(engine_->Staging()->Find(made_.plan, made_.digest).value().has_value());
}

TEST_F(StagingTest, DropRemovesExactlyWhatWasMade) {
  const auto before = table_.fs.Everything();
  ASSERT_TRUE(PersistNow(*engine_, made_));
  EXPECT_TRUE(engine_->Dropper()->Drop(made_.plan, made_.digest).value());
  ASSERT_TRUE(table_.fs.RemoveDirectory("/staging"));
  EXPECT_EQ(table_.fs.Everything(), before);
  EXPECT_FALSE(engine_->Dropper()->Drop(made_.plan, made_.digest).value());
}

TEST_F(StagingTest, DropLeavesWhatItDoesNotKnow) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  table_.fs.Put(Place().File("notes.txt"), "mine");
  const auto before = table_.fs.Everything();
  const auto dropped = engine_->Dropper()->Drop(made_.plan, made_.digest);
  ASSERT_FALSE(dropped);
  EXPECT_EQ(dropped.error().code, Code::kRefused);
  EXPECT_THAT(dropped.error().where, HasSubstr("notes.txt"));
  EXPECT_EQ(table_.fs.Everything(), before);
}

TEST_F(StagingTest, HalfDroppedCopyIsNotComplete) {
  ASSERT_TRUE(PersistNow(*engine_, made_));
  testing::FaultyFs faulty(table_.fs);
  faulty.FailOnce(testing::Call::kRemove, 2, testing::AccessDenied());
  auto half = MakeEngine(faulty, table_.clock, warehouse::NoProgress(), kTable);
  ASSERT_FALSE((*half)->Dropper()->Drop(made_.plan, made_.digest));
  EXPECT_FALSE(engine_->Staging()->Find(made_.plan, made_.digest).value().has_value());
  EXPECT_TRUE(engine_->Dropper()->Drop(made_.plan, made_.digest).value());
  EXPECT_FALSE(table_.fs.Lstat(Place().Folder()).value());
}

TEST_F(StagingTest, PersistGoesOnAfterACrashAnywhere) {
  constexpr int64_t kMaxOperations = 40;
  for (int64_t operation = 1; operation < kMaxOperations; ++operation) {
    TestTable table;
    table.LoseDayB();
    testing::CrashingFs crashing(table.fs, "/graveyard");
    auto engine = MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable).value();
    const TestCase made = PlanFor(*engine, {Want("b", 1)});
    crashing.CrashAt(operation, testing::Moment::kDuring);
    const bool whole = PersistNow(*engine, made).has_value();
    crashing.Reboot(testing::Loss::kEverything);
    const auto again = PersistNow(*engine, made);
    ASSERT_TRUE(again) << operation << ": " << again.error().Message();
    EXPECT_TRUE(engine->Staging()->Find(made.plan, made.digest).value().has_value()) << operation;
    if (whole) return;
  }
  FAIL() << "persist never ended";
}

// A run that was killed may have made folders and files, and synced nothing.
TEST_F(StagingTest, WhatPersistMadeOutlivesAPowerFailureWhateverARunBeforeLeft) {
  constexpr int64_t kMaxOperations = 40;
  bool whole = false;
  for (int64_t operation = 1; !whole; ++operation) {
    ASSERT_LT(operation, kMaxOperations) << "persist never ended";
    TestTable table;
    table.LoseDayB();
    testing::CrashingFs crashing(table.fs, "/graveyard");
    auto engine = MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable).value();
    const TestCase made = PlanFor(*engine, {Want("b", 1)});
    crashing.CrashAt(operation, testing::Moment::kAfter);
    whole = PersistNow(*engine, made).has_value();
    crashing.Reboot(testing::Loss::kNothing);
    ASSERT_TRUE(PersistNow(*engine, made)) << operation;
    crashing.Reboot(testing::Loss::kEverything);
    EXPECT_TRUE(engine->Staging()->Find(made.plan, made.digest).value().has_value()) << operation;
    EXPECT_TRUE(crashing.Lstat(Piece()).value().has_value()) << operation;
  }
}

TEST_F(StagingTest, CopyDroppedByHalfIsNotCompleteAfterAPowerFailure) {
  constexpr int64_t kMaxOperations = 40;
  constexpr uint64_t kSeeds = 12;
  bool whole = false;
  for (int64_t operation = 1; !whole; ++operation) {
    ASSERT_LT(operation, kMaxOperations) << "the drop never ended";
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      TestTable table;
      table.LoseDayB();
      testing::CrashingFs crashing(table.fs, "/graveyard");
      auto engine = MakeEngine(crashing, table.clock, warehouse::NoProgress(), kTable).value();
      const TestCase made = PlanFor(*engine, {Want("b", 1)});
      ASSERT_TRUE(PersistNow(*engine, made));
      crashing.Reboot(testing::Loss::kNothing);
      crashing.CrashAt(operation, testing::Moment::kDuring);
      whole = engine->Dropper()->Drop(made.plan, made.digest).has_value();
      crashing.Reboot(testing::Loss::kSomething, seed);
      const auto found = engine->Staging()->Find(made.plan, made.digest);
      ASSERT_TRUE(found) << found.error().Message();
      if (*found) {
        EXPECT_TRUE(crashing.Lstat(Piece()).value().has_value()) << operation << ", seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace salvor::delta
