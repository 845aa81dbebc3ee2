#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "io/posix_fs.h"

namespace salvor::cli {
namespace {

// What a person gets to read on standard output.
std::string Output(const std::string& arguments) {
  const std::string command = std::string(SALVOR_BIN) + " " + arguments + " 2>/dev/null";
  std::string text;
  std::array<char, 4096> buffer{};
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), size);
  }
  pclose(pipe);
  return text;
}

int ExitOf(const std::string& arguments) {
  const std::string command = std::string(SALVOR_BIN) + " " + arguments + " >/dev/null 2>&1";
  return WEXITSTATUS(std::system(command.c_str()));
}

TEST(ExitCode, HelpAndDocsSayWhatTheTableSays) {
  const std::string help = Output("--help");
  auto page = io::PosixFs().ReadFile(SALVOR_SOURCE_DIR "/docs/exit-codes.md", 1 << 20);
  ASSERT_TRUE(page) << page.error().Message();
  for (const auto& [exit, meaning] : kExitMeanings) {
    const std::string number = std::to_string(static_cast<int>(exit));
    EXPECT_NE(help.find(number + "  " + std::string(meaning)), std::string::npos) << meaning;
    EXPECT_NE(page->find("| " + number + " | " + std::string(meaning) + " |"), std::string::npos)
        << meaning;
  }
}

TEST(ExitCode, WrongUseIsTwo) {
  EXPECT_EQ(ExitOf(""), 2);
  EXPECT_EQ(ExitOf("nonsense"), 2);
  EXPECT_EQ(ExitOf("status"), 2);
  EXPECT_EQ(ExitOf("plan"), 2);
  EXPECT_EQ(ExitOf("plan t --case c --event 1 --version 2"), 2);
  EXPECT_EQ(ExitOf("status . --since yesterday"), 2);
}

TEST(ExitCode, HelpAndVersionAreDone) {
  EXPECT_EQ(ExitOf("--help"), 0);
  EXPECT_EQ(ExitOf("plan --help"), 0);
  EXPECT_EQ(ExitOf("--version"), 0);
}

TEST(ExitCode, ErrorsMapToTheirNextAction) {
  EXPECT_EQ(ExitFor(Code::kStale), Exit::kRefused);
  EXPECT_EQ(ExitFor(Code::kRefused), Exit::kRefused);
  EXPECT_EQ(ExitFor(Code::kOutcomeUnknown), Exit::kUnknown);
  EXPECT_EQ(ExitFor(Code::kInvalidArgument), Exit::kUsage);
  EXPECT_EQ(ExitFor(Code::kCorrupt), Exit::kFailed);
}

}  // namespace
}  // namespace salvor::cli
