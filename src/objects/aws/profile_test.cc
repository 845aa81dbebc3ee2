#include "objects/aws/profile.h"

#include <gtest/gtest.h>

#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::objects::aws {
namespace {

using ::salvor::testing::MemFs;
using ::salvor::testing::ScriptedClock;
using ::salvor::testing::ScriptedEnvironment;

TEST(Profiles, SectionsHaveSettingsAndNestedOnes) {
  const auto sections = ParseSections(
      "# first\n[default]\nRegion = eu-west-1   ; said\n\n[profile  dev]\ns3 =\n"
      "  addressing_style = path\n  max=1\nregion=x\n",
      "f");
  ASSERT_TRUE(sections) << sections.error().Message();
  EXPECT_EQ(sections->at("default").at("region"), "eu-west-1");
  const Settings& dev = sections->at("profile dev");
  EXPECT_EQ(ValueOf(dev, "s3.addressing_style"), "path");
  EXPECT_EQ(ValueOf(dev, "region"), "x");
  EXPECT_EQ(ValueOf(dev, "absent"), "");
}

TEST(Profiles, ASecretMayHoldAHash) {
  const auto sections = ParseSections("[a]\naws_secret_access_key = x#y/z=\n", "f");
  ASSERT_TRUE(sections);
  EXPECT_EQ(sections->at("a").at("aws_secret_access_key"), "x#y/z=");
}

TEST(Profiles, AnErrorNamesTheLineAndRepeatsNothing) {
  const auto sections = ParseSections("[a]\nsecret stuff\n", "f");
  ASSERT_FALSE(sections);
  EXPECT_EQ(sections.error().where, "f:2");
  EXPECT_EQ(sections.error().Message().find("stuff"), std::string::npos);
  EXPECT_FALSE(ParseSections("a=1\n", "f"));
  EXPECT_FALSE(ParseSections("[a\n", "f"));
}

TEST(Profiles, TheCredentialsFileGoesBefore) {
  const ScriptedClock clock;
  MemFs fs(clock);
  fs.Put("/h/.aws/credentials", "[dev]\naws_access_key_id = one\n");
  fs.Put("/h/.aws/config",
         "[profile dev]\naws_access_key_id = two\nregion = r\nservices = here\n"
         "[services here]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n");
  const ScriptedEnvironment environment{{"HOME", "/h"}};
  const auto profiles = Profiles::Load(fs, environment);
  ASSERT_TRUE(profiles) << profiles.error().Message();
  const auto dev = profiles->Find("dev");
  ASSERT_TRUE(dev);
  EXPECT_EQ(ValueOf(*dev, "aws_access_key_id"), "one");
  EXPECT_EQ(ValueOf(*dev, "region"), "r");
  EXPECT_EQ(profiles->Service(*dev, "s3.endpoint_url"), "http://127.0.0.1:1");
  EXPECT_FALSE(profiles->Find("other"));
}

TEST(Profiles, VariablesNameTheFiles) {
  const ScriptedClock clock;
  MemFs fs(clock);
  fs.Put("/c", "[default]\nregion = r\n");
  const ScriptedEnvironment environment{{"HOME", "/h"}, {"AWS_CONFIG_FILE", "/c"}};
  const auto profiles = Profiles::Load(fs, environment);
  ASSERT_TRUE(profiles);
  EXPECT_EQ(ValueOf(*profiles->Find("default"), "region"), "r");
}

TEST(Profiles, WithoutFilesThereAreNone) {
  const ScriptedClock clock;
  const MemFs fs(clock);
  const ScriptedEnvironment environment;
  const auto profiles = Profiles::Load(fs, environment);
  ASSERT_TRUE(profiles);
  EXPECT_FALSE(profiles->Find("default"));
}

}  // namespace
}  // namespace salvor::objects::aws
