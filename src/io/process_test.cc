#include "io/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace salvor::io {
namespace {

Result<CommandResult> RunIt(const Command& command) { return PosixProcesses().Run(command); }

Result<CommandResult> Shell(const std::string& script) { return RunIt({{"sh", "-c", script}}); }

TEST(PosixProcesses, TellsStreamsAndExitCode) {
  auto result = Shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(result) << result.error().Message();
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
  EXPECT_EQ(result->exit_code, 3);
}

TEST(PosixProcesses, PassesWordsAsTheyAre) {
  auto result = RunIt({{"printf", "[%s]", "a b", "$HOME", "", "'"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "[a b][$HOME][][']");
}

TEST(PosixProcesses, FeedsMoreThanAPipeHolds) {
  Command command{{"sh", "-c", "cat; cat >/dev/null"}};
  command.input = std::string(700'000, 'x');
  auto result = RunIt(command);
  ASSERT_TRUE(result) << result.error().Message();
  EXPECT_EQ(result->output, command.input);
}

TEST(PosixProcesses, FilesInMemoryHaveTheirBytesAndCanBeReadTwice) {
  Command command{{"sh", "-c", "cat \"$1\" \"$2\" \"$1\" -", "sh", "first", "second"}};
  command.files = {{4, "one "}, {5, std::string("t\0wo ", 5)}};
  command.input = "in";
  auto result = RunIt(command);
  ASSERT_TRUE(result) << result.error().Message();
  EXPECT_EQ(result->output, std::string("one t\0wo one in", 15));
}

TEST(PosixProcesses, FileWithoutAWordIsRefused) {
  Command command{{"cat"}};
  command.files = {{1, "x"}};
  EXPECT_FALSE(RunIt(command));
}

TEST(PosixProcesses, AProgramThatDoesNotReadIsNoError) {
  Command command{{"true"}};
  command.input = std::string(1'000'000, 'x');
  auto result = RunIt(command);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 0);
}

TEST(PosixProcesses, WithoutInputThereIsNothingToRead) {
  auto result = RunIt({{"cat"}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "");
}

TEST(PosixProcesses, AddsAndReplacesVariables) {
  Command command{{"sh", "-c", "echo $SALVOR_A-$HOME-${PATH:+kept}"}};
  command.variables = {{"SALVOR_A", "a b"}, {"HOME", "/elsewhere"}};
  auto result = RunIt(command);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "a b-/elsewhere-kept\n");
}

TEST(PosixProcesses, ASignalIsAnExitCode) { EXPECT_EQ(Shell("kill -TERM $$")->exit_code, 143); }

TEST(PosixProcesses, AnAbsentProgramIsNotFound) {
  auto result = RunIt({{"salvor-no-such-program", "secret"}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kNotFound);
  EXPECT_EQ(result.error().Message().find("secret"), std::string::npos);
  EXPECT_EQ(RunIt({{"/dev/null"}}).error().code, Code::kPermission);
  EXPECT_EQ(RunIt({}).error().code, Code::kInvalidArgument);
}

TEST(PosixProcesses, ProgramInTheWorkingFolderIsNotRun) {
  const std::string folder = ::testing::TempDir() + "planted-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder + "/below");
  for (const std::string where : {"/planted-program", "/below/planted-program"}) {
    std::ofstream(folder + where) << "#!/bin/sh\necho planted\n";
    std::filesystem::permissions(folder + where, std::filesystem::perms::owner_all);
  }
  const std::string path = ::getenv("PATH");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  for (const char* relative : {"", ".", "below", "./below", "::"}) {
    ::setenv("PATH", (std::string(relative) + ":" + path + ":").c_str(), 1);
    const auto result = RunIt({{"planted-program"}});
    EXPECT_TRUE(!result && result.error().code == Code::kNotFound) << relative;
    EXPECT_TRUE(RunIt({{"true"}}));
  }
  ::setenv("PATH", (folder + "/below:" + path).c_str(), 1);
  const auto absolute = RunIt({{"planted-program"}});
  ::setenv("PATH", path.c_str(), 1);
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(absolute);
  EXPECT_EQ(absolute->output, "planted\n");
}

TEST(PosixProcesses, OnlyAProgramThatMayAskHasATerminal) {
  // Whether or not this test has one, a session of its own has none.
  const auto result = Shell("(: </dev/tty) 2>/dev/null && echo has one || echo has none");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "has none\n");
}

TEST(PosixProcesses, ErrorsThatAreShownAreNotKept) {
  Command command{{"sh", "-c", "echo seen >&2"}};
  command.shows_errors = true;
  const auto result = RunIt(command);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->errors, "");
}

TEST(PosixProcesses, EndsWhatTakesTooLongWithItsChildren) {
  const auto begin = std::chrono::steady_clock::now();
  Command command{{"sh", "-c", "sleep 20 & sleep 20"}};
  command.timeout = Millis(200);
  auto result = RunIt(command);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(PosixProcesses, EndsWhatClosesItsStreamsAndStays) {
  Command command{{"sh", "-c", "exec >/dev/null 2>&1; sleep 20"}};
  command.timeout = Millis(200);
  EXPECT_EQ(RunIt(command).error().code, Code::kUnavailable);
}

TEST(PosixProcesses, EndsWhatSaysTooMuch) {
  Command command{{"sh", "-c", "yes"}};
  command.max_output_bytes = 100'000;
  EXPECT_EQ(RunIt(command).error().code, Code::kUnavailable);
}

Command InShell(const std::string& script) {
  Command command;
  command.words = {"/bin/sh", "-c", script};
  return command;
}

TEST(RunningProgram, SaysItsFirstLineAndEndsWithItsObject) {
  PosixProcesses processes;
  auto program = processes.Start(InShell("echo $$; echo more; cat"));
  ASSERT_TRUE(program) << program.error().Message();
  const pid_t pid = std::stoi((*program)->FirstLine());
  EXPECT_EQ(::kill(pid, 0), 0);
  program->reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST(RunningProgram, OneThatEndsWithoutALineIsUnavailable) {
  PosixProcesses processes;
  const auto program = processes.Start(InShell("exit 0"));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Code::kUnavailable);
}

TEST(RunningProgram, OneThatSaysNothingIsNotWaitedForForEver) {
  PosixProcesses processes;
  Command command = InShell("exec cat");
  command.timeout = Millis(50);
  const auto program = processes.Start(command);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Code::kUnavailable);
}

TEST(RunningProgram, AbsentOneIsNotFound) {
  PosixProcesses processes;
  Command command;
  command.words = {"/nowhere/at-all"};
  const auto program = processes.Start(command);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace salvor::io
