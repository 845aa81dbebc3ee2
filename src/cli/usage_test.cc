#include "cli/usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"
#include "io/process.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Nearest, IsTheOneWithTheFewestSlips) {
  const std::vector<std::string> verbs{"status", "show", "persist", "plan", "clean"};
  EXPECT_EQ(Nearest("statsu", verbs), "status");
  EXPECT_EQ(Nearest("plna", verbs), "plan");
  EXPECT_EQ(Nearest("claen", verbs), "clean");
  EXPECT_EQ(Nearest("restore", verbs), "");
  EXPECT_EQ(Nearest("x", verbs), "");
  EXPECT_EQ(Nearest("", verbs), "");
}

class UsageTest : public ::testing::Test {
 protected:
  UsageTest() : fs_(clock_) {}
  // What standard error says of a command line that is used wrongly.
  std::string Wrong(std::vector<std::string> arguments) {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    EXPECT_EQ(RunProgram(std::move(arguments), {fs_, clock_, processes_, environment_}),
              static_cast<int>(Exit::kUsage));
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    return ::testing::internal::GetCapturedStderr();
  }

  salvor::testing::ScriptedClock clock_;
  salvor::testing::MemFs fs_;
  io::PosixProcesses processes_;
  salvor::testing::ScriptedEnvironment environment_;
};

TEST_F(UsageTest, UnknownVerbIsNamedWithTheNearest) {
  EXPECT_THAT(Wrong({"statsu", "/t"}),
              StartsWith("salvor: there is no verb 'statsu': did you mean status?\n\n"));
  EXPECT_THAT(Wrong({"restore", "/t"}), StartsWith("salvor: there is no verb 'restore'\n\n"));
  EXPECT_THAT(Wrong({"restore", "/t"}), HasSubstr("salvor plan TABLE --case DIR"));
}

TEST_F(UsageTest, UnknownFlagIsNamedWithTheNearest) {
  EXPECT_THAT(
      Wrong({"plan", "/t", "--case", "c", "--partition=a"}),
      StartsWith("salvor: salvor plan has no flag --partition: did you mean --partitions?"));
  EXPECT_THAT(Wrong({"status", "/t", "--jsno"}), HasSubstr("did you mean --json?"));
  EXPECT_THAT(Wrong({"status", "/t", "--zzzzzz"}), Not(HasSubstr("did you mean")));
}

TEST_F(UsageTest, NothingAtAllGetsTheShortPage) {
  EXPECT_THAT(Wrong({}), HasSubstr("salvor status TABLE"));
}

TEST_F(UsageTest, VerbThatLacksSomethingGetsItsExamples) {
  EXPECT_THAT(Wrong({"approve", "c"}), HasSubstr("salvor approve inc --as bob@example.com"));
  EXPECT_THAT(Wrong({"persist"}), HasSubstr("salvor persist --help"));
}

TEST_F(UsageTest, EscapesOfATerminalAreShown) {
  EXPECT_THAT(Wrong({"\x1b[31mx"}), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace salvor::cli
