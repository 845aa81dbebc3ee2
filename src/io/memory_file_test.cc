#include "io/memory_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace salvor::io {
namespace {

TEST(MemoryFile, IsReadByItsPathAndGoneWithIt) {
  std::string path;
  {
    const auto file = MakeMemoryFile();
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->Append("ro"));
    ASSERT_TRUE((*file)->Append("ws"));
    path = (*file)->Path();
    std::ifstream read(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(read), {}), "rows");
  }
  EXPECT_FALSE(std::ifstream(path).is_open());
}

}  // namespace
}  // namespace salvor::io
