#include <gtest/gtest.h>

#include "io/fs.h"

namespace salvor::io {
namespace {

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
}

TEST(JoinPath, OfNoFolderIsTheNameAlone) { EXPECT_EQ(JoinPath("", "b"), "b"); }

TEST(ParentPath, IsTheFolderThatHoldsTheName) {
  EXPECT_EQ(ParentPath("a/b"), "a");
  EXPECT_EQ(ParentPath("/a/b/c"), "/a/b");
  EXPECT_EQ(ParentPath("a//b//"), "a");
}

TEST(ParentPath, OfABareNameIsTheWorkingFolder) { EXPECT_EQ(ParentPath("b"), "."); }

TEST(ParentPath, OfTheTopIsTheTop) {
  EXPECT_EQ(ParentPath("/b"), "/");
  EXPECT_EQ(ParentPath("/"), "/");
  EXPECT_EQ(ParentPath("//"), "/");
}

TEST(BaseName, IsTheLastPart) {
  EXPECT_EQ(BaseName("a/b"), "b");
  EXPECT_EQ(BaseName("a/b/"), "b");
  EXPECT_EQ(BaseName("b"), "b");
  EXPECT_EQ(BaseName("/b"), "b");
  EXPECT_EQ(BaseName("/"), "/");
}

}  // namespace
}  // namespace salvor::io
