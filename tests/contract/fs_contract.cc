#include "tests/contract/fs_contract.h"

#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace salvor::contract {
namespace {

using io::FileInfo;
using io::LinkOutcome;
using Names = std::vector<std::string>;

TEST_P(FsContract, ACreatedFileHasItsBytesAndMode) {
  const std::string bytes("a\0b\n\xff", 5);
  EXPECT_TRUE(fs_.CreateNew(Path("f"), bytes, 0604).value());
  EXPECT_EQ(Read("f"), bytes);
  const FileInfo info = Info("f");
  EXPECT_EQ(info.type, FileInfo::Type::kFile);
  EXPECT_EQ(info.size, 5);
  EXPECT_EQ(info.mode, 0604U);
  EXPECT_EQ(info.links, 1U);
  EXPECT_EQ(info.uid, fs_.EffectiveUser());
}

TEST_P(FsContract, CreatingATakenNameIsFalseAndChangesNothing) {
  Create("f", "old", 0600);
  EXPECT_FALSE(fs_.CreateNew(Path("f"), "new", 0644).value());
  EXPECT_EQ(Read("f"), "old");
  EXPECT_EQ(Info("f").mode, 0600U);
}

TEST_P(FsContract, CreatingOverADanglingLinkIsFalse) {
  scene_->Symlink(Path("link"), "nowhere");
  EXPECT_FALSE(fs_.CreateNew(Path("link"), "x", 0644).value());
  EXPECT_FALSE(fs_.Lstat(Path("nowhere")).value());
}

TEST_P(FsContract, CreatingInAnAbsentFolderIsNotFoundAndSaysWhere) {
  const auto created = fs_.CreateNew(Path("absent/f"), "x", 0644);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, Code::kNotFound);
  EXPECT_EQ(created.error().where, Path("absent/f"));
  EXPECT_FALSE(created.error().next.empty());
}

TEST_P(FsContract, OfManyThreadsThatCreateOneNameExactlyOneWins) {
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < 6; ++number) {
    threads.emplace_back([&, number] {
      const auto created = fs_.CreateNew(Path("f"), std::string(5000, char('a' + number)), 0600);
      if (created && *created) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(Read("f"), std::string(5000, Read("f")[0]));
}

TEST_P(FsContract, ReplaceMakesAndReplaces) {
  ASSERT_TRUE(fs_.Replace(Path("f"), "one", 0644));
  EXPECT_EQ(Read("f"), "one");
  const FileInfo before = Info("f");
  const auto held = fs_.Open(Path("f")).value();
  ASSERT_TRUE(fs_.Replace(Path("f"), "two", 0600));
  EXPECT_EQ(Read("f"), "two");
  EXPECT_EQ(Info("f").mode, 0600U);
  EXPECT_FALSE(Info("f").SameInode(before)) << "who reads the old one goes on reading the old one";
  std::array<char, 3> buffer{};
  ASSERT_EQ(held->ReadAt(0, buffer.data(), 3).value(), 3U);
  EXPECT_EQ(std::string(buffer.data(), 3), "one");
}

TEST_P(FsContract, ReplaceLeavesOtherNamesOfTheOldFileAlone) {
  Create("f", "one");
  ASSERT_EQ(fs_.Link(Path("f"), Path("g")).value(), LinkOutcome::kLinked);
  ASSERT_TRUE(fs_.Replace(Path("f"), "two", 0644));
  EXPECT_EQ(Read("g"), "one");
  EXPECT_EQ(Info("g").links, 1U);
}

TEST_P(FsContract, AnAbsentPathIsNothing) {
  EXPECT_FALSE(fs_.Stat(Path("absent")).value());
  EXPECT_FALSE(fs_.Lstat(Path("absent")).value());
  EXPECT_FALSE(fs_.Stat(Path("absent/below")).value());
  Create("f", "x");
  EXPECT_FALSE(fs_.Stat(Path("f/below")).value()) << "a file is no folder";
}

TEST_P(FsContract, ReadingWhatIsAbsentIsNotFound) {
  EXPECT_EQ(fs_.ReadFile(Path("absent"), 10).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.Open(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.List(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.ListEntries(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.RealPath(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.HasExtendedAcl(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.FreeBytes(Path("absent")).error().code, Code::kNotFound);
}

TEST_P(FsContract, AFolderIsNotReadAsAFile) {
  EXPECT_EQ(fs_.ReadFile(root_, 10).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.Open(root_).error().code, Code::kInvalidArgument);
}

TEST_P(FsContract, ReadFileTakesTheLimitAndNotAByteMore) {
  Create("f", "12345");
  EXPECT_EQ(fs_.ReadFile(Path("f"), 5).value(), "12345");
  EXPECT_EQ(fs_.ReadFile(Path("f"), 4).error().code, Code::kInvalidArgument);
}

TEST_P(FsContract, AnEmptyFileIsRead) {
  Create("f", "");
  EXPECT_EQ(Read("f"), "");
  EXPECT_EQ(fs_.Open(Path("f")).value()->Size(), 0);
}

TEST_P(FsContract, ReadAtGivesLessOnlyAtTheEnd) {
  Create("f", "0123456789");
  const auto file = fs_.Open(Path("f")).value();
  EXPECT_EQ(file->Size(), 10);
  std::array<char, 4> buffer{};
  ASSERT_EQ(file->ReadAt(3, buffer.data(), 4).value(), 4U);
  EXPECT_EQ(std::string(buffer.data(), 4), "3456");
  ASSERT_EQ(file->ReadAt(8, buffer.data(), 4).value(), 2U);
  EXPECT_EQ(file->ReadAt(10, buffer.data(), 4).value(), 0U);
  EXPECT_EQ(file->ReadAt(99, buffer.data(), 4).value(), 0U);
}

TEST_P(FsContract, AnOpenFileOutlivesItsName) {
  Create("f", "kept");
  const auto file = fs_.Open(Path("f")).value();
  ASSERT_TRUE(fs_.Remove(Path("f")).value());
  std::array<char, 4> buffer{};
  EXPECT_EQ(file->ReadAt(0, buffer.data(), 4).value(), 4U);
}

TEST_P(FsContract, ListIsSortedByByte) {
  for (const char* name : {"b", "a", "B", "_x", ".hidden", "\xc3\xa4"}) Create(name, "x");
  const Names expected = {".hidden", "B", "_x", "a", "b", "\xc3\xa4"};
  EXPECT_EQ(fs_.List(root_).value(), expected);
  const auto entries = fs_.ListEntries(root_).value();
  Names names;
  for (const auto& entry : entries) names.push_back(entry.name);
  EXPECT_EQ(names, expected);
}

TEST_P(FsContract, ListEntriesDescribesAndDoesNotFollow) {
  Create("f", "123", 0640);
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0700).value());
  scene_->Symlink(Path("l"), "f");
  const auto entries = fs_.ListEntries(root_).value();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].info.type, FileInfo::Type::kDirectory);
  EXPECT_EQ(entries[0].info.mode, 0700U);
  EXPECT_EQ(entries[1].info.size, 3);
  EXPECT_TRUE(entries[1].info.SameInode(Info("f")));
  EXPECT_EQ(entries[2].info.type, FileInfo::Type::kSymlink);
}

TEST_P(FsContract, ListingAFileIsNotFound) {
  Create("f", "x");
  EXPECT_EQ(fs_.List(Path("f")).error().code, Code::kNotFound);
}

TEST_P(FsContract, StatFollowsLinksAndLstatDoesNot) {
  Create("f", "123");
  scene_->Symlink(Path("l"), "f");
  EXPECT_TRUE(fs_.Stat(Path("l")).value()->SameInode(Info("f")));
  EXPECT_EQ(Info("l").type, FileInfo::Type::kSymlink);
  scene_->Symlink(Path("dangling"), "nowhere");
  EXPECT_FALSE(fs_.Stat(Path("dangling")).value());
  EXPECT_TRUE(fs_.Lstat(Path("dangling")).value());
}

TEST_P(FsContract, ALoopOfLinksIsAnInvalidArgument) {
  scene_->Symlink(Path("a"), "b");
  scene_->Symlink(Path("b"), "a");
  EXPECT_EQ(fs_.Stat(Path("a")).error().code, Code::kInvalidArgument);
}

TEST_P(FsContract, ATooLongNameIsAnInvalidArgument) {
  const std::string name(300, 'n');
  EXPECT_EQ(fs_.CreateNew(Path(name), "x", 0644).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.Stat(Path(name)).error().code, Code::kInvalidArgument);
}

TEST_P(FsContract, RealPathResolvesLinksAndDots) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  Create("d/f", "x");
  scene_->Symlink(Path("l"), "d");
  EXPECT_EQ(fs_.RealPath(Path("l/../d/./f")).value(), Path("d/f"));
  EXPECT_EQ(fs_.RealPath(Path("l/f")).value(), Path("d/f"));
}

TEST_P(FsContract, MakingAFolderTwiceIsSuccess) {
  EXPECT_TRUE(fs_.MakeDirectory(Path("d"), 0700).value());
  EXPECT_FALSE(fs_.MakeDirectory(Path("d"), 0755).value());
  EXPECT_EQ(Info("d").mode, 0700U);
  scene_->Symlink(Path("l"), "d");
  EXPECT_FALSE(fs_.MakeDirectory(Path("l"), 0755).value());
}

TEST_P(FsContract, MakingAFolderWhereAFileIsIsAConflict) {
  Create("f", "x");
  EXPECT_EQ(fs_.MakeDirectory(Path("f"), 0755).error().code, Code::kConflict);
  scene_->Symlink(Path("dangling"), "nowhere");
  EXPECT_EQ(fs_.MakeDirectory(Path("dangling"), 0755).error().code, Code::kConflict);
}

TEST_P(FsContract, MakingAFolderInAnAbsentOneIsNotFound) {
  EXPECT_EQ(fs_.MakeDirectory(Path("absent/d"), 0755).error().code, Code::kNotFound);
}

TEST_P(FsContract, ALinkIsASecondNameOfTheSameFile) {
  Create("f", "x", 0640);
  EXPECT_EQ(fs_.Link(Path("f"), Path("g")).value(), LinkOutcome::kLinked);
  EXPECT_TRUE(Info("f").SameInode(Info("g")));
  EXPECT_EQ(Info("f").links, 2U);
  ASSERT_TRUE(fs_.Remove(Path("f")).value());
  EXPECT_EQ(Read("g"), "x");
  EXPECT_EQ(Info("g").links, 1U);
}

TEST_P(FsContract, LinkAnswersWhatACallerExpects) {
  Create("f", "x");
  Create("g", "y");
  EXPECT_EQ(fs_.Link(Path("f"), Path("g")).value(), LinkOutcome::kExists);
  EXPECT_EQ(Read("g"), "y");
  EXPECT_EQ(fs_.Link(Path("absent"), Path("h")).value(), LinkOutcome::kSourceGone);
  EXPECT_EQ(fs_.Link(Path("absent/f"), Path("h")).value(), LinkOutcome::kSourceGone);
  EXPECT_EQ(fs_.Link(root_, Path("h")).value(), LinkOutcome::kNotPermitted) << "a folder";
  EXPECT_FALSE(fs_.Lstat(Path("h")).value());
}

TEST_P(FsContract, LinkingIntoAnAbsentFolderIsNotFound) {
  Create("f", "x");
  EXPECT_EQ(fs_.Link(Path("f"), Path("absent/g")).error().code, Code::kNotFound);
}

TEST_P(FsContract, LinkDoesNotFollowASymbolicLink) {
  Create("f", "x");
  scene_->Symlink(Path("l"), "f");
  ASSERT_EQ(fs_.Link(Path("l"), Path("m")).value(), LinkOutcome::kLinked);
  EXPECT_EQ(Info("m").type, FileInfo::Type::kSymlink);
}

TEST_P(FsContract, ACopyIsAnotherFileWithTheSameBytesModeAndGroup) {
  Create("f", std::string(70000, 'x'), 0640);
  EXPECT_TRUE(fs_.CopyNew(Path("f"), Path("g")).value());
  EXPECT_EQ(Read("g"), std::string(70000, 'x'));
  EXPECT_FALSE(Info("f").SameInode(Info("g")));
  EXPECT_EQ(Info("g").mode, 0640U);
  EXPECT_EQ(Info("g").gid, Info("f").gid);
}

TEST_P(FsContract, CopyingToATakenNameIsFalseAndChangesNothing) {
  Create("f", "x");
  Create("g", "y");
  EXPECT_FALSE(fs_.CopyNew(Path("f"), Path("g")).value());
  EXPECT_EQ(Read("g"), "y");
}

TEST_P(FsContract, CopyingWhatIsAbsentIsNotFound) {
  EXPECT_EQ(fs_.CopyNew(Path("absent"), Path("g")).error().code, Code::kNotFound);
  Create("f", "x");
  EXPECT_EQ(fs_.CopyNew(Path("f"), Path("absent/g")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.CopyNew(root_, Path("g")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.List(root_).value(), Names{"f"});
}

TEST_P(FsContract, AFolderOpensTheFilesBelowIt) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  ASSERT_TRUE(fs_.MakeDirectory(Path("d/e"), 0755).value());
  Create("d/e/f", "12345", 0640);
  const auto folder = fs_.OpenFolder(Path("d")).value();
  const auto file = folder->Open("e/f").value();
  EXPECT_TRUE(file->Info().SameInode(Info("d/e/f")));
  EXPECT_EQ(file->Info().mode, 0640U);
  EXPECT_EQ(file->Size(), 5);
  std::array<char, 3> buffer{};
  ASSERT_EQ(file->ReadAt(1, buffer.data(), 3).value(), 3U);
  EXPECT_EQ(std::string(buffer.data(), 3), "234");
  EXPECT_TRUE(folder->Open("./e//f"));
  EXPECT_EQ(folder->Open("e/absent").error().code, Code::kNotFound);
  EXPECT_EQ(folder->Open("absent/f").error().code, Code::kNotFound);
  EXPECT_EQ(folder->Open("e/f/below").error().code, Code::kNotFound) << "a file is no folder";
  EXPECT_EQ(fs_.OpenFolder(Path("absent")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.OpenFolder(Path("d/e/f")).error().code, Code::kNotFound);
}

TEST_P(FsContract, AFolderOpensNothingThroughALink) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  ASSERT_TRUE(fs_.MakeDirectory(Path("d/e"), 0755).value());
  ASSERT_TRUE(fs_.MakeDirectory(Path("outside"), 0755).value());
  Create("d/e/f", "mine");
  Create("outside/f", "foreign");
  scene_->Symlink(Path("d/last"), "e/f");
  scene_->Symlink(Path("d/inside"), "e");
  scene_->Symlink(Path("d/out"), "../outside");
  scene_->Symlink(Path("d/absolute"), Path("outside"));
  const auto folder = fs_.OpenFolder(Path("d")).value();
  for (const char* path : {"last", "inside/f", "out/f", "absolute/f", "../outside/f", "e/../e/f",
                           "..", "e", "", "/e/f"}) {
    const auto opened = folder->Open(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_EQ(opened.error().code, Code::kRefused) << path;
    EXPECT_FALSE(opened.error().where.empty()) << path;
  }
  scene_->Symlink(Path("to-d"), "d");
  EXPECT_TRUE(fs_.OpenFolder(Path("to-d")).value()->Open("e/f")) << "the folder itself may be one";
}

TEST_P(FsContract, AnOpenFolderOutlivesItsName) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  ASSERT_TRUE(fs_.MakeDirectory(Path("foreign"), 0755).value());
  Create("foreign/f", "foreign");
  const auto folder = fs_.OpenFolder(Path("d")).value();
  ASSERT_TRUE(fs_.RemoveDirectory(Path("d")).value());
  scene_->Symlink(Path("d"), "foreign");
  EXPECT_EQ(folder->Open("f").error().code, Code::kNotFound);
}

TEST_P(FsContract, WhatWasOpenedIsLinkedWhateverHasItsNameNow) {
  Create("f", "looked at", 0640);
  const auto file = fs_.OpenFolder(root_).value()->Open("f").value();
  ASSERT_EQ(fs_.Link(Path("f"), Path("kept")).value(), LinkOutcome::kLinked);
  ASSERT_TRUE(fs_.Remove(Path("f")).value());
  Create("f", "swapped");
  EXPECT_EQ(fs_.Link(*file, Path("g")).value(), LinkOutcome::kLinked);
  EXPECT_EQ(Read("g"), "looked at");
  EXPECT_TRUE(Info("g").SameInode(file->Info()));
  EXPECT_TRUE(fs_.CopyNew(*file, Path("h")).value());
  EXPECT_EQ(Read("h"), "looked at");
  EXPECT_EQ(Info("h").mode, 0640U);
  EXPECT_FALSE(Info("h").SameInode(file->Info()));
}

TEST_P(FsContract, LinkingWhatWasOpenedAnswersWhatACallerExpects) {
  Create("f", "x");
  Create("g", "y");
  const auto file = fs_.Open(Path("f")).value();
  EXPECT_EQ(fs_.Link(*file, Path("g")).value(), LinkOutcome::kExists);
  EXPECT_FALSE(fs_.CopyNew(*file, Path("g")).value());
  EXPECT_EQ(Read("g"), "y");
  EXPECT_EQ(fs_.Link(*file, Path("absent/g")).error().code, Code::kNotFound);
  EXPECT_EQ(fs_.CopyNew(*file, Path("absent/g")).error().code, Code::kNotFound);
}

TEST_P(FsContract, ModifiedIsSetToTheMillisecond) {
  Create("f", "x");
  for (const int64_t millis : {int64_t{1'234'567'890'123}, int64_t{0}, int64_t{-1}}) {
    ASSERT_TRUE(fs_.SetModified(Path("f"), InstantOfMillis(millis)));
    EXPECT_EQ(MillisOf(Info("f").modified), millis);
  }
  EXPECT_EQ(fs_.SetModified(Path("absent"), InstantOfMillis(0)).error().code, Code::kNotFound);
}

TEST_P(FsContract, ModifiedBelongsToTheFileAndNotToTheName) {
  Create("f", "x");
  ASSERT_EQ(fs_.Link(Path("f"), Path("g")).value(), LinkOutcome::kLinked);
  ASSERT_TRUE(fs_.SetModified(Path("g"), InstantOfMillis(5000)));
  EXPECT_EQ(MillisOf(Info("f").modified), 5000);
}

TEST_P(FsContract, RemovingTwiceIsFalse) {
  Create("f", "x");
  EXPECT_TRUE(fs_.Remove(Path("f")).value());
  EXPECT_FALSE(fs_.Remove(Path("f")).value());
  EXPECT_FALSE(fs_.Remove(Path("absent/f")).value());
}

TEST_P(FsContract, RemovingALinkSparesItsTarget) {
  Create("f", "x");
  scene_->Symlink(Path("l"), "f");
  EXPECT_TRUE(fs_.Remove(Path("l")).value());
  EXPECT_EQ(Read("f"), "x");
}

TEST_P(FsContract, RemoveTakesNoFolder) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  EXPECT_FALSE(fs_.Remove(Path("d")));
  EXPECT_TRUE(fs_.Stat(Path("d")).value());
}

TEST_P(FsContract, OnlyAnEmptyFolderIsRemoved) {
  ASSERT_TRUE(fs_.MakeDirectory(Path("d"), 0755).value());
  Create("d/f", "x");
  EXPECT_EQ(fs_.RemoveDirectory(Path("d")).error().code, Code::kConflict);
  EXPECT_EQ(Read("d/f"), "x");
  ASSERT_TRUE(fs_.Remove(Path("d/f")).value());
  EXPECT_TRUE(fs_.RemoveDirectory(Path("d")).value());
  EXPECT_FALSE(fs_.RemoveDirectory(Path("d")).value());
}

TEST_P(FsContract, RemoveDirectoryTakesNoFile) {
  Create("f", "x");
  EXPECT_FALSE(fs_.RemoveDirectory(Path("f")));
  EXPECT_EQ(Read("f"), "x");
}

TEST_P(FsContract, SyncingAFolderTwiceIsSuccess) {
  EXPECT_TRUE(fs_.SyncDirectory(root_));
  EXPECT_TRUE(fs_.SyncDirectory(root_));
  EXPECT_EQ(fs_.SyncDirectory(Path("absent")).error().code, Code::kNotFound);
}

TEST_P(FsContract, SyncingManyFoldersFailsIfOneIsAbsent) {
  std::vector<std::string> folders;
  for (int i = 0; i < 40; ++i) {
    folders.push_back(Path("d" + std::to_string(i)));
    EXPECT_TRUE(fs_.MakeDirectory(folders.back(), 0755).value());
  }
  EXPECT_TRUE(fs_.SyncDirectories(folders));
  EXPECT_TRUE(fs_.SyncDirectories({}));
  folders.insert(folders.begin() + 20, Path("absent"));
  EXPECT_EQ(fs_.SyncDirectories(folders).error().code, Code::kNotFound);
}

TEST_P(FsContract, AppendingMakesAndGoesOn) {
  {
    const auto file = fs_.OpenAppend(Path("f"), 0600).value();
    ASSERT_TRUE(file->Append("one\n"));
    ASSERT_TRUE(file->Sync());
  }
  EXPECT_EQ(Info("f").mode, 0600U);
  const auto file = fs_.OpenAppend(Path("f"), 0644).value();
  ASSERT_TRUE(file->Append("two\n"));
  EXPECT_EQ(Read("f"), "one\ntwo\n");
  EXPECT_EQ(Info("f").mode, 0600U);
}

TEST_P(FsContract, AppendingGoesOnAfterTruncating) {
  const auto file = fs_.OpenAppend(Path("f"), 0600).value();
  ASSERT_TRUE(file->Append("12345"));
  ASSERT_TRUE(file->Truncate(2));
  ASSERT_TRUE(file->Append("x"));
  EXPECT_EQ(Read("f"), "12x");
}

TEST_P(FsContract, AnAppendedFileHasOneWriterUntilItsHandleEnds) {
  auto first = fs_.OpenAppend(Path("f"), 0600).value();
  const auto second = fs_.OpenAppend(Path("f"), 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  first.reset();
  EXPECT_TRUE(fs_.OpenAppend(Path("f"), 0600));
}

TEST_P(FsContract, AppendingToAFolderOrALinkIsAnInvalidArgument) {
  EXPECT_EQ(fs_.OpenAppend(root_, 0600).error().code, Code::kInvalidArgument);
  scene_->Symlink(Path("l"), "f");
  EXPECT_EQ(fs_.OpenAppend(Path("l"), 0600).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(fs_.Lstat(Path("f")).value());
}

TEST_P(FsContract, AppendingInAnAbsentFolderIsNotFound) {
  EXPECT_EQ(fs_.OpenAppend(Path("absent/f"), 0600).error().code, Code::kNotFound);
}

TEST_P(FsContract, WithoutAnAclThereIsNone) { EXPECT_FALSE(fs_.HasExtendedAcl(root_).value()); }

TEST_P(FsContract, ThereIsSomeFreeSpace) { EXPECT_GT(fs_.FreeBytes(root_).value(), 0); }

}  // namespace
}  // namespace salvor::contract
