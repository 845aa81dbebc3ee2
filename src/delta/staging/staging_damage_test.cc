// Files that are not what the log says: what they cost, and what is said of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "delta/commit/fresh_name.h"
#include "delta/staging/staging.h"
#include "delta/table_test.h"
#include "testing/intercepting_fs.h"

namespace salvor::delta {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Five days, all of them lost by one commit.
class StagingDamageTest : public ::testing::Test {
 protected:
  void Lose(const std::function<void(const std::string& day, Json& add)>& change = {}) {
    std::vector<Json> adds;
    for (const std::string& day : days_) {
      Json add = table_.Add(Path(day), day);
      if (change) change(day, add);
      adds.push_back(add);
    }
    std::vector<Json> first = {TestTable::Features({"deletionVectors"}, {"deletionVectors"}),
                               TestTable::Metadata()};
    first.insert(first.end(), adds.begin(), adds.end());
    table_.Commit(first);
    std::vector<Json> removes;
    for (const Json& add : adds) removes.push_back(table_.Remove(add));
    table_.Commit(removes, "DELETE");
    engine_ = OpenTable(table_);
    made_ = Plan(days_);
  }
  TestCase Plan(const std::vector<std::string>& days) {
    std::vector<warehouse::Wanted> wanted;
    for (const std::string& day : days) wanted.push_back(Want(day, 0));
    return PlanFor(*engine_, wanted);
  }
  static std::string Path(const std::string& day) { return "d=" + day + "/" + day + ".parquet"; }
  static std::string Local(const std::string& day) { return TestTable::Local(Path(day)); }
  // The same size and time, other bytes.
  void Garble(const std::string& path) {
    const auto before = *table_.fs.Lstat(path).value();
    table_.fs.Put(path, std::string(static_cast<size_t>(before.size), 'g'));
    ASSERT_TRUE(table_.fs.SetModified(path, before.modified));
  }
  Error PersistError() {
    const auto persisted = PersistNow(*engine_, made_);
    EXPECT_FALSE(persisted);
    return persisted ? Error{} : persisted.error();
  }
  // The staged names that are there.
  size_t Saved() {
    const StagingPlace place(made_.plan, made_.digest);
    size_t saved = 0;
    const std::vector<std::string> names = table_.fs.List(place.Folder()).value();
    for (const std::string& name : names) {
      if (name.starts_with("part-")) ++saved;
    }
    return saved;
  }
  Json RestoredAdd(const std::string& day) {
    const std::string prefix =
        "d=" + day + "/" + FreshPrefix(model::OperationKey(made_.digest, "apply"));
    for (const Json& add : table_.Actions(2, "add")) {
      if (add["path"].get<std::string>().starts_with(prefix)) return add;
    }
    return {};
  }
  void PersistAndApply() {
    const auto persisted = PersistNow(*engine_, made_);
    ASSERT_TRUE(persisted) << persisted.error().Message();
    warnings_ = persisted->warnings;
    const auto applied = ApplyNow(*engine_, made_);
    ASSERT_TRUE(applied) << applied.error().Message();
  }

  std::vector<std::string> days_ = {"a", "b", "c", "e", "f"};
  TestTable table_;
  std::unique_ptr<warehouse::Engine> engine_;
  TestCase made_;
  std::vector<std::string> warnings_;
};

TEST_F(StagingDamageTest, GarbageOfTheSameSizeCostsItsPartitionOnly) {
  Lose();
  Garble(Local("b"));
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kCorrupt);
  EXPECT_THAT(error.what, AllOf(HasSubstr("1 of 5"), HasSubstr("d=b"), HasSubstr("b.parquet"),
                                Not(HasSubstr("d=c"))));
  EXPECT_THAT(error.next, HasSubstr("--partitions"));
  EXPECT_EQ(Saved(), 4U);
}

TEST_F(StagingDamageTest, OneFlippedBitOfAFooterIsFound) {
  Lose();
  std::string bytes = TestTable::Bytes(Path("b"));
  bytes[bytes.size() - 12] = static_cast<char>(bytes[bytes.size() - 12] ^ 4);
  table_.fs.Put(Local("b"), bytes);
  EXPECT_THAT(PersistError().what, HasSubstr("footer"));
}

TEST_F(StagingDamageTest, OfFiveDaysWithOneCutFileFourAreSaved) {
  Lose();
  table_.fs.Put(Local("e"), TestTable::Bytes(Path("e")).substr(0, 20));
  EXPECT_THAT(PersistError().what, HasSubstr("d=e"));
  EXPECT_EQ(Saved(), 4U);
}

TEST_F(StagingDamageTest, ACopyThatLacksPartitionsIsRefusedByApply) {
  Lose();
  Garble(Local("b"));
  PersistError();
  const auto found = engine_->Staging()->Find(made_.plan, made_.digest);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kRefused);
  EXPECT_FALSE(ApplyNow(*engine_, made_));
}

TEST_F(StagingDamageTest, ANewPlanTakesOverWhatWasSaved) {
  Lose();
  Garble(Local("b"));
  PersistError();
  const auto saved = *table_.fs.Lstat(Local("c")).value();
  for (const char* day : {"a", "c", "e", "f"}) ASSERT_TRUE(table_.fs.Remove(Local(day)));
  made_ = Plan({"a", "c", "e", "f"});
  const auto persisted = PersistNow(*engine_, made_);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  EXPECT_EQ(persisted->linked, 4);
  const StagingPlace place(made_.plan, made_.digest);
  const std::string staged = place.File(StagedName(Path("c"), made_.digest, 1));
  EXPECT_TRUE(table_.fs.Lstat(staged).value()->SameInode(saved));
}

TEST_F(StagingDamageTest, WhatWasChangedSinceItWasSavedIsNotTakenOver) {
  Lose();
  Garble(Local("b"));
  PersistError();
  table_.fs.Put(Local("c"), TestTable::Bytes("d=c/x.parquet"));  // the saved link has it too
  std::string longer = TinyParquet{.content = "other rows", .rows = 11}.Bytes();
  longer.resize(TestTable::Bytes(Path("c")).size(), 'x');
  table_.fs.Put(Local("c"), longer);
  made_ = Plan({"a", "c"});
  EXPECT_THAT(PersistError().what, HasSubstr("d=c"));
}

TEST_F(StagingDamageTest, AGoneFileCostsItsPartitionOnly) {
  Lose();
  ASSERT_TRUE(table_.fs.Remove(Local("c")));
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kTooLate);
  EXPECT_THAT(error.what, AllOf(HasSubstr("d=c"), HasSubstr("gone")));
  EXPECT_EQ(Saved(), 4U);
}

TEST_F(StagingDamageTest, ACountThatTheFooterDoesNotHaveIsPutRight) {
  Lose([](const std::string& day, Json& add) {
    if (day == "b") add["add"]["stats"] = R"({"numRecords":7,"minValues":{"x":1}})";
  });
  PersistAndApply();
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], AllOf(HasSubstr("d=b"), HasSubstr("7 rows"), HasSubstr("10")));
  EXPECT_EQ(RestoredAdd("b")["stats"], R"({"numRecords":10})");
  EXPECT_EQ(RestoredAdd("c")["stats"], R"({"numRecords":10})") << "as the log has it";
}

TEST_F(StagingDamageTest, StatisticsThatNobodyCanReadAreReplacedAndAbsentOnesStayAbsent) {
  Lose([](const std::string& day, Json& add) {
    if (day == "a") add["add"]["stats"] = "";
    if (day == "b") add["add"]["stats"] = R"({"numRecords":)";
    if (day == "c") add["add"]["stats"] = R"({"numRecords":-1})";
    if (day == "e") add["add"].erase("stats");
    if (day == "f") add["add"]["stats"] = R"({"minValues":{"x":1}})";
  });
  PersistAndApply();
  for (const char* day : {"a", "b", "c"}) {
    EXPECT_EQ(RestoredAdd(day)["stats"], R"({"numRecords":10})") << day;
  }
  EXPECT_FALSE(RestoredAdd("e").contains("stats"));
  EXPECT_EQ(RestoredAdd("f")["stats"], R"({"minValues":{"x":1}})");
}

TEST_F(StagingDamageTest, ASizeOfZeroInTheLogBecomesTheFiles) {
  Lose([](const std::string& day, Json& add) {
    if (day == "b") add["add"]["size"] = 0;
  });
  PersistAndApply();
  EXPECT_EQ(RestoredAdd("b")["size"], TestTable::Bytes(Path("b")).size());
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("0 bytes"));
}

TEST_F(StagingDamageTest, AWrongCountBesideAVectorIsRefused) {
  Lose([this](const std::string& day, Json& add) {
    if (day == "b") add = table_.WithVector(add);
    if (day == "b") add["add"]["stats"] = R"({"numRecords":9})";
  });
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kUnsupported);
  EXPECT_THAT(error.what, AllOf(HasSubstr("d=b"), HasSubstr("vector")));
}

TEST_F(StagingDamageTest, ARightVectorIsSaved) {
  Lose([this](const std::string& day, Json& add) {
    if (day == "b") add = table_.WithVector(add);
  });
  const auto persisted = PersistNow(*engine_, made_);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  EXPECT_EQ(persisted->linked, 6);
}

TEST_F(StagingDamageTest, OneFlippedBitOfAVectorIsFound) {
  Lose([this](const std::string& day, Json& add) {
    if (day != "b") return;
    std::string bytes = TestTable::VectorBytes();
    bytes[40] = static_cast<char>(bytes[40] ^ 1);
    add = table_.WithVector(add, bytes);
  });
  const Error error = PersistError();
  EXPECT_EQ(error.code, Code::kCorrupt);
  EXPECT_THAT(error.what, AllOf(HasSubstr("d=b/b.parquet"), HasSubstr("checksum")));
  EXPECT_EQ(Saved(), 5U) << "the data file is sound";
}

TEST_F(StagingDamageTest, AVectorThatNamesRowsBehindTheLastIsDamage) {
  days_ = {"b"};
  Lose([this](const std::string& day, Json& add) {
    add = table_.WithVector(table_.Add("d=b/short.parquet", day, 3));
    add["add"]["stats"] = R"({"numRecords":3})";
  });
  EXPECT_THAT(PersistError().what, HasSubstr("rows that the file does not have"));
}

TEST_F(StagingDamageTest, AColumnWhoseRowsCannotBeReadIsRefusedBeforeTheReview) {
  const Json schema =
      TestTable::Schema({TestTable::Field("d", "string"), TestTable::Field("x", "long"),
                         TestTable::Field("v", "variant")});
  table_.LoseDayB(TestTable::Features({"variantType"}, {"variantType"}),
                  TestTable::Metadata(Json::object(), schema));
  const auto examined = OpenTable(table_)->Reader()->Examine({Want("b", 1)});
  ASSERT_TRUE(examined) << examined.error().Message();
  EXPECT_THAT(examined->partitions[0].refusal, AllOf(HasSubstr("'v'"), HasSubstr("variant")));
}

TEST_F(StagingDamageTest, AColumnOfNothingButNullIsNotRefused) {
  const Json schema =
      TestTable::Schema({TestTable::Field("d", "string"), TestTable::Field("x", "long"),
                         TestTable::Field("n", "void")});
  table_.LoseDayB(TestTable::Protocol(), TestTable::Metadata(Json::object(), schema));
  const auto examined = OpenTable(table_)->Reader()->Examine({Want("b", 1)});
  ASSERT_TRUE(examined) << examined.error().Message();
  EXPECT_EQ(examined->partitions[0].refusal, "");
}

// Swaps what is on the disk right before a call.
class SwappingFs final : public testing::InterceptingFs {
 public:
  SwappingFs(io::Fs& inner, testing::Call call, std::function<void()> swap)
      : InterceptingFs(inner), call_(call), swap_(std::move(swap)) {}

 protected:
  Status Before(testing::Call call, const std::string& path) const override {
    if (call != call_ || path.find("b.parquet") == std::string::npos) {
      if (call != call_ || call != testing::Call::kLink) return Done{};
    }
    if (auto swap = std::exchange(swap_, nullptr)) swap();
    return Done{};
  }

 private:
  testing::Call call_;
  mutable std::function<void()> swap_;
};

class SwappedFolderTest : public StagingDamageTest {
 protected:
  SwappedFolderTest() {
    days_ = {"b"};
    Lose();
    table_.fs.Put("/foreign/b.parquet", TestTable::Bytes("d=X/b.parquet"));
  }
  void Swap() {
    ASSERT_TRUE(table_.fs.Remove(Local("b")));
    ASSERT_TRUE(table_.fs.RemoveDirectory(TestTable::Local("d=b")));
    table_.fs.PutSymlink(TestTable::Local("d=b"), "/foreign");
  }
  Result<warehouse::Persisted> PersistThrough(SwappingFs& fs) {
    engine_ = MakeEngine(fs, table_.clock, warehouse::NoProgress(), kTable).value();
    return PersistNow(*engine_, made_);
  }
};

TEST_F(SwappedFolderTest, AFolderSwappedForALinkAfterItWasCheckedIsRefused) {
  SwappingFs fs(table_.fs, testing::Call::kOpen, [this] { Swap(); });
  const auto persisted = PersistThrough(fs);
  ASSERT_FALSE(persisted);
  EXPECT_EQ(persisted.error().code, Code::kRefused);
  EXPECT_EQ(Saved(), 0U);
}

TEST_F(SwappedFolderTest, WhatWasLookedAtIsLinkedThoughTheFolderIsSwappedThen) {
  const auto original = *table_.fs.Lstat(Local("b")).value();
  ASSERT_TRUE(table_.fs.Link(Local("b"), "/kept").value() == io::LinkOutcome::kLinked);
  SwappingFs fs(table_.fs, testing::Call::kLink, [this] { Swap(); });
  const auto persisted = PersistThrough(fs);
  ASSERT_TRUE(persisted) << persisted.error().Message();
  const StagingPlace place(made_.plan, made_.digest);
  const auto staged = table_.fs.Lstat(place.File(StagedName(Path("b"), made_.digest, 0))).value();
  EXPECT_TRUE(staged->SameInode(original));
}

TEST_F(SwappedFolderTest, ALinkWithinTheTableIsRefusedToo) {
  ASSERT_TRUE(table_.fs.Remove(Local("b")));
  ASSERT_TRUE(table_.fs.RemoveDirectory(TestTable::Local("d=b")));
  table_.fs.Put(TestTable::Local("moved/b.parquet"), TestTable::Bytes(Path("b")));
  table_.fs.PutSymlink(TestTable::Local("d=b"), "moved");
  EXPECT_EQ(PersistError().code, Code::kRefused);
  const auto examined = engine_->Reader()->Examine({Want("b", 0)});
  ASSERT_TRUE(examined);
  EXPECT_THAT(examined->partitions[0].refusal, HasSubstr("symbolic link"));
}

}  // namespace
}  // namespace salvor::delta
