// What only the real file system can show. What every Fs must do is in
// tests/contract/fs_contract_test.cc.
#include "io/posix_fs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace salvor::io {
namespace {

class PosixFsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "salvor-posix-fs-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] std::string Path(const std::string& name) const { return JoinPath(root_, name); }
  std::string Read(const std::string& name) {
    auto bytes = fs_.ReadFile(Path(name), 1 << 30);
    return bytes ? *bytes : "error: " + bytes.error().Message();
  }
  std::vector<std::string> Names() { return fs_.List(root_).value(); }

  PosixFs fs_;
  std::string root_;
};

class WithUmask {
 public:
  explicit WithUmask(mode_t mask) : before_(::umask(mask)) {}
  ~WithUmask() { ::umask(before_); }
  WithUmask(const WithUmask&) = delete;
  WithUmask& operator=(const WithUmask&) = delete;

 private:
  mode_t before_;
};

TEST_F(PosixFsTest, AnOwnersLeftoversAreTakenAwayAndThoseOfOthersAreLeft) {
  fs_.NameTemporaries("aa");
  for (const char* name :
       {".salvor-tmp-aa-1-0", ".salvor-tmp-aab-1-0", ".salvor-tmp-1-0", "aa-1-0"}) {
    std::ofstream(Path(name)) << "x";
  }
  RemoveTemporaries(fs_, root_, "aa");
  EXPECT_EQ(Names(),
            (std::vector<std::string>{".salvor-tmp-1-0", ".salvor-tmp-aab-1-0", "aa-1-0"}));
  RemoveTemporaries(fs_, Path("absent"), "aa");
}

TEST_F(PosixFsTest, WhatAnotherRunTakesAwayWhileItIsWrittenIsWrittenAgain) {
  fs_.NameTemporaries("aa");
  std::atomic<bool> done{false};
  std::atomic<int> taken{0};
  // Of the names that it sees every second one, so that no write is disturbed for ever.
  std::thread other([&] {
    std::set<std::string> seen;
    while (!done) {
      for (const std::string& name : Names()) {
        if (!name.starts_with(TemporaryPrefixOf("aa")) || !seen.insert(name).second) continue;
        if (seen.size() % 2 == 1 && ::unlink(Path(name).c_str()) == 0) ++taken;
      }
    }
  });
  constexpr int kMost = 20'000;
  const std::string bytes(1U << 16U, 'x');
  bool all = true;
  for (int i = 0; i < kMost && taken < 3; ++i) {
    const std::string path = Path("f" + std::to_string(i));
    all = all && fs_.CreateNew(path, bytes, 0600).value_or(false) && fs_.Replace(path, bytes, 0600);
    ASSERT_EQ(::unlink(path.c_str()), 0);
  }
  done = true;
  other.join();
  EXPECT_TRUE(all);
  EXPECT_GE(taken.load(), 3);
}

TEST_F(PosixFsTest, WhatAKilledRunLeavesBearsItsOwnersName) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    fs_.NameTemporaries("aa");
    ::signal(SIGXFSZ, SIG_DFL);  // ends it in the middle of a write
    const rlimit small{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    static_cast<void>(fs_.CreateNew(Path("f"), std::string(5000, 'x'), 0600));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(Names().size(), 1U);
  EXPECT_TRUE(Names().front().starts_with(TemporaryPrefixOf("aa"))) << Names().front();
  RemoveTemporaries(fs_, root_, "aa");
  EXPECT_TRUE(Names().empty());
}

TEST_F(PosixFsTest, ModesAreExactWhateverTheUmask) {
  const WithUmask umask(0077);
  ASSERT_TRUE(fs_.CreateNew(Path("created"), "x", 0644).value());
  ASSERT_TRUE(fs_.Replace(Path("replaced"), "x", 0664));
  ASSERT_TRUE(fs_.MakeDirectory(Path("folder"), 0775).value());
  ASSERT_TRUE(fs_.OpenAppend(Path("appended"), 0640));
  EXPECT_EQ(fs_.Stat(Path("created")).value()->mode, 0644U);
  EXPECT_EQ(fs_.Stat(Path("replaced")).value()->mode, 0664U);
  EXPECT_EQ(fs_.Stat(Path("folder")).value()->mode, 0775U);
  EXPECT_EQ(fs_.Stat(Path("appended")).value()->mode, 0640U);
}

TEST_F(PosixFsTest, MadeFoldersInheritTheSetGroupIdBit) {
  ASSERT_EQ(::chmod(root_.c_str(), 02755), 0);
  ASSERT_TRUE(fs_.MakeDirectory(Path("folder"), 0755).value());
  EXPECT_EQ(fs_.Stat(Path("folder")).value()->mode, 02755U);
}

TEST_F(PosixFsTest, NoTemporaryFileIsLeftBehind) {
  ASSERT_TRUE(fs_.CreateNew(Path("a"), "x", 0600).value());
  ASSERT_FALSE(fs_.CreateNew(Path("a"), "y", 0600).value());
  ASSERT_TRUE(fs_.Replace(Path("b"), "x", 0600));
  ASSERT_TRUE(fs_.CopyNew(Path("a"), Path("c")).value());
  ASSERT_FALSE(fs_.CopyNew(Path("a"), Path("b")).value());
  EXPECT_EQ(Names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(fs_.Stat(Path("a")).value()->links, 1U);
}

TEST_F(PosixFsTest, TemporaryFilesOfAKilledRunAreNoObstacle) {
  const std::string stem = std::string(kTemporaryPrefix) + std::to_string(::getpid()) + "-";
  for (int number = 0; number < 3; ++number) {
    ASSERT_TRUE(fs_.CreateNew(Path(stem + std::to_string(number + 10)), "torn", 0600).value());
  }
  PosixFs again;
  for (int number = 0; number < 15; ++number) {
    ASSERT_TRUE(again.CreateNew(Path("f" + std::to_string(number)), "x", 0600).value());
  }
  EXPECT_EQ(Read("f14"), "x");
}

TEST_F(PosixFsTest, OfManyThreadsThatCreateOneNameExactlyOneWins) {
  constexpr int kThreads = 8;
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      const auto created =
          fs_.CreateNew(Path("one"), std::string(100000, char('a' + number)), 0600);
      if (created && *created) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  const std::string bytes = Read("one");
  EXPECT_EQ(bytes, std::string(100000, bytes[0]));
}

TEST_F(PosixFsTest, APipeIsRefusedAndDoesNotHang) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(fs_.ReadFile(Path("pipe"), 10).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.Open(Path("pipe")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.CopyNew(Path("pipe"), Path("copy")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.OpenAppend(Path("pipe"), 0600).error().code, Code::kInvalidArgument);
}

TEST_F(PosixFsTest, AppendingThroughASymbolicLinkIsRefused) {
  ASSERT_EQ(::symlink(Path("elsewhere").c_str(), Path("link").c_str()), 0);
  EXPECT_EQ(fs_.OpenAppend(Path("link"), 0600).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(fs_.Lstat(Path("elsewhere")).value());
}

TEST_F(PosixFsTest, ReplaceTakesTheNameOfASymbolicLinkAndSparesItsTarget) {
  ASSERT_TRUE(fs_.CreateNew(Path("target"), "old", 0600).value());
  ASSERT_EQ(::symlink(Path("target").c_str(), Path("link").c_str()), 0);
  ASSERT_TRUE(fs_.Replace(Path("link"), "new", 0600));
  EXPECT_EQ(Read("target"), "old");
  EXPECT_EQ(fs_.Lstat(Path("link")).value()->type, FileInfo::Type::kFile);
}

TEST_F(PosixFsTest, ALoopOfLinksIsAnInvalidArgument) {
  ASSERT_EQ(::symlink("b", Path("a").c_str()), 0);
  ASSERT_EQ(::symlink("a", Path("b").c_str()), 0);
  EXPECT_EQ(fs_.Stat(Path("a")).error().code, Code::kInvalidArgument);
  EXPECT_EQ(fs_.Lstat(Path("a")).value()->type, FileInfo::Type::kSymlink);
}

TEST_F(PosixFsTest, ATooLongNameIsAnInvalidArgument) {
  const auto created = fs_.CreateNew(Path(std::string(300, 'n')), "x", 0600);
  EXPECT_EQ(created.error().code, Code::kInvalidArgument);
  EXPECT_EQ(created.error().where, Path(std::string(300, 'n')));
}

TEST_F(PosixFsTest, ACopyOfManyPiecesIsTheSame) {
  std::string bytes(5 * (1 << 20) + 17, '\0');
  for (size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<char>(at * 31 % 251);
  ASSERT_TRUE(fs_.CreateNew(Path("a"), bytes, 0640).value());
  ASSERT_TRUE(fs_.CopyNew(Path("a"), Path("b")).value());
  EXPECT_EQ(Read("b"), bytes);
  EXPECT_FALSE(fs_.Stat(Path("a")).value()->SameInode(*fs_.Stat(Path("b")).value()));
}

TEST_F(PosixFsTest, ACopyToAnotherFileSystemIsTheSame) {
  std::string pattern = "/dev/shm/salvor-posix-fs-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) GTEST_SKIP() << "no second file system";
  ASSERT_TRUE(fs_.CreateNew(Path("a"), std::string(300000, 'q'), 0604).value());
  const std::string there = JoinPath(pattern, "a");
  if (fs_.Stat(pattern).value()->device != fs_.Stat(root_).value()->device) {
    EXPECT_EQ(fs_.Link(Path("a"), there).value(), LinkOutcome::kOtherDevice);
  }
  EXPECT_TRUE(fs_.CopyNew(Path("a"), there).value());
  EXPECT_EQ(fs_.ReadFile(there, 1 << 20).value(), std::string(300000, 'q'));
  EXPECT_EQ(fs_.Stat(there).value()->mode, 0604U);
  std::filesystem::remove_all(pattern);
}

TEST_F(PosixFsTest, WhatHasNoNameAnyMoreIsNotLinked) {
  ASSERT_TRUE(fs_.CreateNew(Path("a"), "x", 0644).value());
  const auto file = fs_.Open(Path("a")).value();
  ASSERT_TRUE(fs_.Remove(Path("a")).value());
  EXPECT_EQ(fs_.Link(*file, Path("b")).value(), LinkOutcome::kSourceGone);
  EXPECT_TRUE(fs_.CopyNew(*file, Path("b")).value());
  EXPECT_EQ(Read("b"), "x");
}

TEST_F(PosixFsTest, ACopyLosesSetUserIdBits) {
  ASSERT_TRUE(fs_.CreateNew(Path("a"), "x", 0644).value());
  ASSERT_EQ(::chmod(Path("a").c_str(), 06755), 0);
  ASSERT_TRUE(fs_.CopyNew(Path("a"), Path("b")).value());
  EXPECT_EQ(fs_.Stat(Path("b")).value()->mode, 0755U);
}

// Root may write everywhere: acts as somebody else meanwhile.
class AsNobody {
 public:
  AsNobody() : before_(::geteuid()) {
    if (before_ == 0) {
      EXPECT_EQ(::seteuid(kNobody), 0);
    }
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(before_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  uid_t before_;
};

TEST_F(PosixFsTest, WithoutTheRightEveryWriteIsAPermissionError) {
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  ASSERT_TRUE(fs_.MakeDirectory(Path("closed"), 0500).value());
  ASSERT_TRUE(fs_.CreateNew(Path("secret"), "x", 0400).value());
  {
    const AsNobody nobody;
    for (const Error& error : {fs_.CreateNew(Path("closed/f"), "x", 0600).error(),
                               fs_.Replace(Path("closed/f"), "x", 0600).error(),
                               fs_.MakeDirectory(Path("closed/d"), 0700).error(),
                               fs_.OpenAppend(Path("closed/f"), 0600).error()}) {
      EXPECT_EQ(error.code, Code::kPermission) << error.Message();
      EXPECT_FALSE(error.next.empty());
    }
  }
  EXPECT_TRUE(fs_.List(Path("closed")).value().empty());
}

TEST_F(PosixFsTest, AFullDiskIsUnavailableAndSaysWhatToDo) {
  const auto opened = fs_.OpenAppend("/dev/full", 0600);
  EXPECT_EQ(opened.error().code, Code::kInvalidArgument);  // a device, not a file
}

TEST_F(PosixFsTest, ALimitOfAFilesSizeIsUnavailableAndNoSignalAndNothingIsLost) {
  ASSERT_TRUE(fs_.CreateNew(Path("old"), "old", 0600).value());
  auto append = fs_.OpenAppend(Path("journal"), 0600);
  ASSERT_TRUE(append) << append.error().Message();
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  rlimit small = old;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string large(5000, 'x');
  const auto created = fs_.CreateNew(Path("large"), large, 0600);
  const auto replaced = fs_.Replace(Path("old"), large, 0600);
  const auto appended = (*append)->Append(large);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ASSERT_FALSE(created);
  ASSERT_FALSE(replaced);
  ASSERT_FALSE(appended);
  for (const Error& error : {created.error(), replaced.error(), appended.error()}) {
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_NE(error.next.find("ulimit -f"), std::string::npos) << error.Message();
  }
  EXPECT_EQ(Names(), (std::vector<std::string>{"journal", "old"})) << "nothing is left of it";
  EXPECT_EQ(fs_.ReadFile(Path("old"), 100).value(), "old");
}

// The bytes of a POSIX ACL attribute, from (tag, permissions) pairs.
std::string Acl(const std::vector<std::pair<int, int>>& entries) {
  std::string bytes("\2\0\0\0", 4);
  for (const auto& [tag, permissions] : entries) {
    bytes += static_cast<char>(tag);
    bytes += '\0';
    bytes += static_cast<char>(permissions);
    bytes += '\0';
    const bool names_somebody = tag == 2 || tag == 8;
    bytes += names_somebody ? std::string("\x01\x02\0\0", 4) : std::string(4, '\xff');
  }
  return bytes;
}

class AclTest : public PosixFsTest {
 protected:
  bool SetAcl(const char* name, const std::string& acl) {
    return ::setxattr(root_.c_str(), name, acl.data(), acl.size(), 0) == 0;
  }
};

TEST_F(AclTest, NoAclIsNotExtended) { EXPECT_FALSE(fs_.HasExtendedAcl(root_).value()); }

TEST_F(AclTest, OfAnAbsentPathIsNotFound) {
  EXPECT_EQ(fs_.HasExtendedAcl(Path("absent")).error().code, Code::kNotFound);
}

TEST_F(AclTest, ANamedUserIsExtended) {
  if (!SetAcl("system.posix_acl_access", Acl({{1, 7}, {2, 4}, {4, 0}, {16, 4}, {32, 0}}))) {
    GTEST_SKIP() << "no ACLs on this file system";
  }
  EXPECT_TRUE(fs_.HasExtendedAcl(root_).value());
}

TEST_F(AclTest, ADefaultAclThatOpensNewFilesIsExtended) {
  if (!SetAcl("system.posix_acl_default", Acl({{1, 7}, {4, 0}, {32, 5}}))) {
    GTEST_SKIP() << "no ACLs on this file system";
  }
  EXPECT_TRUE(fs_.HasExtendedAcl(root_).value());
}

TEST_F(AclTest, ADefaultAclThatMirrorsTheModeIsNotExtended) {
  if (!SetAcl("system.posix_acl_default", Acl({{1, 7}, {4, 0}, {32, 0}}))) {
    GTEST_SKIP() << "no ACLs on this file system";
  }
  EXPECT_FALSE(fs_.HasExtendedAcl(root_).value());
}

}  // namespace
}  // namespace salvor::io
