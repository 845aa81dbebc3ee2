#include "journal/journal.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::journal {
namespace {

const std::string kPlan = Sha256Hex("a plan");

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override { fs_.PutFolder("/case"); }

  std::unique_ptr<Journal> Open() { return Journal::Open(fs_, clock_, "/case", kPlan).value(); }
  std::string Bytes() { return fs_.ReadFile("/case/journal.jsonl", 1 << 20).value(); }
  void Overwrite(const std::string& bytes) { fs_.Put("/case/journal.jsonl", bytes); }
  // Three lines: intent, outcome, note.
  void WriteThree() {
    const auto journal = Open();
    ASSERT_TRUE(journal->Append({"persist", Kind::kIntent, {{"by", "ann"}}}));
    ASSERT_TRUE(journal->Append({"persist", Kind::kOutcome, {{"files", 12}}}));
    ASSERT_TRUE(journal->Append({"apply", Kind::kNote}));
  }
  Error OpenError() { return Journal::Open(fs_, clock_, "/case", kPlan).error(); }

  testing::ScriptedClock clock_{InstantOfMillis(1'600'000'000'000), Millis(1500)};
  testing::MemFs fs_{clock_};
};

TEST_F(JournalTest, ALineIsWrittenAsTheFormatSays) {
  clock_.Set(InstantOfMillis(1'600'000'000'000));
  auto journal = Open();
  clock_.Set(InstantOfMillis(1'600'000'000'000));
  ASSERT_TRUE(journal->Append({"persist", Kind::kIntent, {{"z", 1}, {"by", "ann"}}}));
  const std::string head = R"({"at":"2020-09-13T12:26:40Z","data":{"by":"ann","z":1},)";
  const std::string tail = R"("kind":"intent","n":1,"prev":")" + kPlan + R"(","step":"persist"})";
  EXPECT_EQ(Bytes(), head + R"("hash":")" + Sha256Hex(head + tail) + R"(",)" + tail + "\n");
}

TEST_F(JournalTest, WhatWasWrittenIsReadBack) {
  WriteThree();
  const auto journal = Open();
  ASSERT_EQ(journal->Entries().size(), 3U);
  const Line& second = journal->Entries()[1];
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(second.entry.step, "persist");
  EXPECT_EQ(second.entry.kind, Kind::kOutcome);
  EXPECT_EQ(second.entry.data, (nlohmann::json{{"files", 12}}));
  EXPECT_EQ(second.previous, journal->Entries()[0].hash);
  EXPECT_EQ(journal->Entries()[0].previous, kPlan);
}

TEST_F(JournalTest, AReopenedJournalGoesOnWithTheChain) {
  WriteThree();
  { ASSERT_TRUE(Open()->Append({"apply", Kind::kIntent})); }
  EXPECT_EQ(ReadJournal(fs_, "/case", kPlan).value().lines.size(), 4U);
}

TEST_F(JournalTest, TheFileAndItsNameAreDurableBeforeTheFirstEntry) {
  const auto journal = Open();
  std::vector<std::string> methods;
  for (const auto& access : fs_.Accesses()) methods.push_back(access.method + " " + access.path);
  EXPECT_EQ(methods,
            (std::vector<std::string>{"Lstat /case/journal.jsonl", "OpenAppend /case/journal.jsonl",
                                      "ReadFile /case/journal.jsonl", "SyncDirectory /case"}));
}

TEST_F(JournalTest, LinkInItsPlaceIsNeitherFollowedNorMade) {
  fs_.PutSymlink("/case/journal.jsonl", "/elsewhere");
  EXPECT_EQ(OpenError().code, Code::kCorrupt);
  EXPECT_FALSE(*fs_.Stat("/elsewhere"));
}

TEST_F(JournalTest, ASecondProcessIsTurnedAway) {
  const auto first = Open();
  const Error error = OpenError();
  EXPECT_EQ(error.code, Code::kConflict);
  EXPECT_EQ(error.what, "another salvor works on this case");
}

TEST_F(JournalTest, LookingNeedsNoLockAndChangesNothing) {
  WriteThree();
  const auto held = Open();
  const auto before = fs_.Everything();
  EXPECT_EQ(ReadJournal(fs_, "/case", kPlan).value().lines.size(), 3U);
  EXPECT_EQ(fs_.Everything(), before);
}

TEST_F(JournalTest, WithoutAJournalThereAreNoLines) {
  EXPECT_TRUE(ReadJournal(fs_, "/case", kPlan).value().lines.empty());
  EXPECT_FALSE(fs_.Stat("/case/journal.jsonl").value());
}

TEST_F(JournalTest, WithoutACaseItIsNotFound) {
  EXPECT_EQ(Journal::Open(fs_, clock_, "/absent", kPlan).error().code, Code::kNotFound);
}

TEST_F(JournalTest, ATornLastLineIsCutOffAndNoted) {
  WriteThree();
  const std::string whole = Bytes();
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (size_t size = last + 1; size < whole.size(); ++size) {
    Overwrite(whole.substr(0, size));
    EXPECT_EQ(ReadJournal(fs_, "/case", kPlan).value().torn_bytes,
              static_cast<int64_t>(size - last));
    const auto journal = Open();
    ASSERT_EQ(journal->Entries().size(), 3U) << size;
    EXPECT_EQ(journal->Entries()[2].entry.step, "journal");
    EXPECT_EQ(journal->Entries()[2].entry.data["cut_bytes"], size - last);
    EXPECT_EQ(Bytes().substr(0, last), whole.substr(0, last));
  }
}

TEST_F(JournalTest, EveryChangedByteIsFound) {
  WriteThree();
  const std::string whole = Bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (changed.find('\n') == std::string::npos || changed.back() != '\n') continue;
    Overwrite(changed);
    const Error error = OpenError();
    ASSERT_EQ(error.code, Code::kCorrupt) << "byte " << at;
    EXPECT_EQ(error.where.rfind("/case/journal.jsonl:", 0), 0U);
  }
}

TEST_F(JournalTest, ALineThatWasTakenOutIsFoundWithItsNumber) {
  WriteThree();
  const std::string whole = Bytes();
  const size_t first_end = whole.find('\n') + 1;
  const size_t second_end = whole.find('\n', first_end) + 1;
  Overwrite(whole.substr(0, first_end) + whole.substr(second_end));
  EXPECT_EQ(OpenError().where, "/case/journal.jsonl:2");
  Overwrite(whole.substr(first_end));
  EXPECT_EQ(OpenError().where, "/case/journal.jsonl:1");
}

TEST_F(JournalTest, LinesInAnotherOrderAreFound) {
  WriteThree();
  const std::string whole = Bytes();
  const size_t first_end = whole.find('\n') + 1;
  const size_t second_end = whole.find('\n', first_end) + 1;
  Overwrite(whole.substr(0, first_end) + whole.substr(second_end) +
            whole.substr(first_end, second_end - first_end));
  EXPECT_EQ(OpenError().where, "/case/journal.jsonl:2");
}

TEST_F(JournalTest, AnotherSpellingOfTheSameContentIsFound) {
  WriteThree();
  std::string bytes = Bytes();
  Overwrite(bytes.insert(1, " "));
  EXPECT_EQ(OpenError().code, Code::kCorrupt);
}

TEST_F(JournalTest, AJournalOfAnotherPlanIsRefused) {
  WriteThree();
  const auto opened = Journal::Open(fs_, clock_, "/case", Sha256Hex("another plan"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_NE(opened.error().what.find("plan.json"), std::string::npos);
}

TEST_F(JournalTest, ADeeplyNestedLineIsRefusedAndNotRecursedInto) {
  Overwrite(std::string(1 << 20, '[') + std::string(1 << 20, ']') + "\n");
  EXPECT_EQ(OpenError().code, Code::kCorrupt);
  Overwrite(R"({"data":)" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + "}\n");
  EXPECT_EQ(OpenError().code, Code::kCorrupt);
}

TEST_F(JournalTest, TextThatIsNotUtf8IsWrittenVisiblyAndReadBack) {
  {
    const auto journal = Open();
    ASSERT_TRUE(journal->Append({"apply",
                                 Kind::kNote,
                                 {{"path",
                                   "a\xff"
                                   "b\nc"}}}));
    EXPECT_EQ(journal->Entries()[0].entry.data["path"],
              "a\xef\xbf\xbd"
              "b\nc");
  }
  EXPECT_EQ(Open()->Entries()[0].entry.data["path"],
            "a\xef\xbf\xbd"
            "b\nc");
}

TEST_F(JournalTest, AnEntryWithoutDataHasAnEmptyObject) {
  const auto journal = Open();
  ASSERT_TRUE(journal->Append({"apply", Kind::kNote, nullptr}));
  EXPECT_EQ(ReadJournal(fs_, "/case", kPlan).value().lines[0].entry.data, nlohmann::json::object());
}

TEST_F(JournalTest, AnEntryThatCouldNotBeReadBackIsNotWritten) {
  const auto journal = Open();
  EXPECT_EQ(journal->Append({"apply", Kind::kNote, "text"}).error().code, Code::kInternal);
  EXPECT_EQ(Bytes(), "");
}

TEST_F(JournalTest, TheLastLineOfAStepIsFound) {
  WriteThree();
  const auto journal = Open();
  EXPECT_EQ(FindLast(journal->Entries(), "persist", Kind::kOutcome), &journal->Entries()[1]);
  EXPECT_EQ(FindLast(journal->Entries(), "persist", Kind::kNote), nullptr);
}

}  // namespace
}  // namespace salvor::journal
