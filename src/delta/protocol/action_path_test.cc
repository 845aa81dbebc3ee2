#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "delta/protocol/action.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kRoot = "/lake/t";

void ExpectRefused(std::string_view path, bool allow_outside) {
  const auto local = LocalPath(kRoot, path, allow_outside);
  ASSERT_FALSE(local) << *local;
  EXPECT_EQ(local.error().code, Code::kRefused) << path;
}

TEST(LocalPathTest, PathBelowTheTableIsItsFile) {
  const auto local = LocalPath(kRoot, "d=New%20York/a.parquet", /*allow_outside=*/false);
  ASSERT_TRUE(local) << local.error().Message();
  EXPECT_EQ(*local, "/lake/t/d=New York/a.parquet");
}

TEST(LocalPathTest, ParentStepIsRefusedHoweverItIsWritten) {
  for (const std::string_view path :
       {"../secret", "d=a/../../secret", "%2E%2E/secret", "d=a%2F..%2F..%2Fsecret",
        "/lake/t/../secret", "file:///lake/t/../secret", "d=a/.."}) {
    ExpectRefused(path, /*allow_outside=*/false);
    ExpectRefused(path, /*allow_outside=*/true);
  }
}

TEST(LocalPathTest, FileOutsideTheTableIsOnlyThereForThoseWhoAllowIt) {
  for (const std::string_view path : {"/lake/other/a.parquet", "/lake/tt", "file:///etc/passwd"}) {
    ExpectRefused(path, /*allow_outside=*/false);
    EXPECT_TRUE(LocalPath(kRoot, path, /*allow_outside=*/true)) << path;
  }
}

}  // namespace
}  // namespace salvor::delta
