#include "io/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace salvor::io {
namespace {

TEST(InterruptDeathTest, SaysWhatWasBeingDoneAndHowToGoOn) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(
        {
          TellOnInterrupt("Go on with: salvor persist one\n");
          NoteForInterrupt("copying: 1 of 3");
          NoteForInterrupt("copying: 2 of 3");
          std::raise(signal);
        },
        ::testing::KilledBySignal(signal), "copying: 2 of 3\nGo on with: salvor persist one\n");
  }
}

TEST(InterruptDeathTest, SaysHowToGoOnBeforeAnythingWasToldToo) {
  EXPECT_EXIT(
      {
        TellOnInterrupt("Go on\n");
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "^\nGo on\n$");
}

TEST(InterruptDeathTest, LongNoteIsCut) {
  EXPECT_EXIT(
      {
        TellOnInterrupt("Go on\n");
        NoteForInterrupt(std::string(10'000, 'x'));
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "^\nx{200}\nGo on\n$");
}

TEST(InterruptDeathTest, IgnoredSignalStaysIgnored) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        TellOnInterrupt("Go on\n");
        std::raise(SIGHUP);
        std::_Exit(7);
      },
      ::testing::ExitedWithCode(7), "^$");
}

}  // namespace
}  // namespace salvor::io
