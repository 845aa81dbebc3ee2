#include "objects/aws/default_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "objects/aws/credential_process.h"
#include "objects/aws/scripted_aws_test.h"

namespace salvor::objects::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSts = "https://sts.eu-west-1.amazonaws.com/";
constexpr const char* kJson =
    R"({"AccessKeyId": "JID", "SecretAccessKey": "jsecret", "Token": "jtoken",
        "Expiration": "2026-03-04T06:06:07Z"})";

std::string StsAnswer(const std::string& action) {
  return "<R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>RID</AccessKeyId><SecretAccessKey>rsecret"
         "</SecretAccessKey><SessionToken>rtoken</SessionToken><Expiration>2026-03-04T06:06:07Z"
         "</Expiration></Credentials></" +
         action + "Result></R>";
}

std::string HeaderOf(const http::Request& request, std::string_view name) {
  for (const http::Header& header : request.headers) {
    if (http::SameName(header.name, name)) return header.value;
  }
  return {};
}

TEST(AwsCredentials, TheEnvironmentComesFirst) {
  AwsScene scene;
  scene.environment.Set("AWS_ACCESS_KEY_ID", "EID");
  scene.environment.Set("AWS_SECRET_ACCESS_KEY", "esecret");
  scene.environment.Set("AWS_SESSION_TOKEN", "etoken");
  scene.fs.Put("/h/.aws/credentials",
               "[default]\naws_access_key_id = PID\naws_secret_access_key = psecret\n");
  EXPECT_EQ(scene.Found(), "EID esecret etoken");
  EXPECT_TRUE(scene.client.seen.empty());
}

TEST(AwsCredentials, AProfileThatIsAskedForGoesBeforeTheEnvironment) {
  AwsScene scene;
  scene.environment.Set("AWS_ACCESS_KEY_ID", "EID");
  scene.environment.Set("AWS_SECRET_ACCESS_KEY", "esecret");
  scene.fs.Put("/h/.aws/credentials",
               "[dev]\naws_access_key_id = PID\naws_secret_access_key = psecret\n");
  EXPECT_EQ(scene.Found("dev"), "PID psecret ");
}

TEST(AwsCredentials, OfAWebIdentityAreNotSignedFor) {
  AwsScene scene;
  scene.environment.Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
  scene.environment.Set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
  scene.environment.Set("AWS_REGION", "eu-west-1");
  scene.fs.Put("/token", "web.token\n");
  scene.client.On(kSts, 200, StsAnswer("AssumeRoleWithWebIdentity"));
  EXPECT_EQ(scene.Found(), "RID rsecret rtoken");
  ASSERT_EQ(scene.client.seen.size(), 1U);
  EXPECT_EQ(HeaderOf(scene.client.seen[0], "Authorization"), "");
  EXPECT_THAT(scene.client.seen[0].body, HasSubstr("&WebIdentityToken=web.token"));
  EXPECT_THAT(scene.client.seen[0].body, HasSubstr("&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"));
}

TEST(AwsCredentials, OfARoleAreSignedForByItsSource) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config",
               "[profile job]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = x\n"
               "region = eu-west-1\n"
               "[profile base]\naws_access_key_id = PID\naws_secret_access_key = psecret\n");
  scene.environment.Set("AWS_PROFILE", "job");
  scene.client.On(kSts, 200, StsAnswer("AssumeRole"));
  EXPECT_EQ(scene.Found(), "RID rsecret rtoken");
  ASSERT_EQ(scene.client.seen.size(), 1U);
  EXPECT_THAT(HeaderOf(scene.client.seen[0], "Authorization"),
              HasSubstr("Credential=PID/20260304/eu-west-1/sts/aws4_request"));
  EXPECT_THAT(scene.client.seen[0].body, HasSubstr("&ExternalId=x"));
}

TEST(AwsCredentials, ARoleMayTakeItsOwnProfilesKeys) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config",
               "[default]\nrole_arn = arn:r\nsource_profile = default\nregion = eu-west-1\n"
               "aws_access_key_id = PID\naws_secret_access_key = psecret\n");
  scene.client.On(kSts, 200, StsAnswer("AssumeRole"));
  EXPECT_EQ(scene.Found(), "RID rsecret rtoken");
}

TEST(AwsCredentials, RolesThatLeadInACircleAreRefused) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config",
               "[profile a]\nrole_arn = arn:a\nsource_profile = b\n"
               "[profile b]\nrole_arn = arn:b\nsource_profile = a\n");
  EXPECT_THAT(scene.Found("a"), HasSubstr("no keys to be assumed with"));
}

TEST(AwsCredentials, OfAProgram) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config",
               "[default]\ncredential_process = /bin/keys --for \"a b\" 'c\\d'\n");
  scene.processes.result.output = kJson;
  EXPECT_EQ(scene.Found(), "JID jsecret jtoken");
  EXPECT_THAT(scene.processes.seen, ElementsAre(ElementsAre("/bin/keys", "--for", "a b", "c\\d")));
}

TEST(AwsCredentials, WhatAProgramSaysIsNotRepeated) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config", "[default]\ncredential_process = keys\n");
  scene.processes.result.output = R"({"AccessKeyId": "JID", "SecretAccessKey": 7})";
  EXPECT_THAT(scene.Found(), HasSubstr("a field of the keys is no text"));
  scene.processes.result = {3, "jsecret", "jsecret"};
  EXPECT_THAT(scene.Found(), HasSubstr("exit code 3"));
  EXPECT_THAT(scene.Found(), Not(HasSubstr("jsecret")));
}

TEST(AwsCredentials, OfSingleSignOnComeFromAwssOwnProgram) {
  AwsScene scene;
  scene.fs.Put("/h/.aws/config", "[profile dev]\nsso_session = s\n");
  scene.processes.result.output = kJson;
  EXPECT_EQ(scene.Found("dev"), "JID jsecret jtoken");
  EXPECT_THAT(scene.processes.seen,
              ElementsAre(ElementsAre("aws", "configure", "export-credentials", "--profile", "dev",
                                      "--format", "process")));
}

TEST(AwsCredentials, OfAContainer) {
  AwsScene scene;
  scene.environment.Set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/c");
  scene.client.On("http://169.254.170.2/v2/c", 200, kJson);
  EXPECT_EQ(scene.Found(), "JID jsecret jtoken");
}

TEST(AwsCredentials, OfAPodCarryItsToken) {
  AwsScene scene;
  scene.environment.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/c");
  scene.environment.Set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/pod");
  scene.fs.Put("/pod", "pod.token\n");
  scene.client.On("http://169.254.170.23/v1/c", 200, kJson);
  EXPECT_EQ(scene.Found(), "JID jsecret jtoken");
  EXPECT_EQ(HeaderOf(scene.client.seen.at(0), "Authorization"), "pod.token");
}

TEST(AwsCredentials, AContainersAddressElsewhereMustBeEncrypted) {
  AwsScene scene;
  scene.environment.Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://keys.example/v1");
  EXPECT_THAT(scene.Found(), HasSubstr("unencrypted from keys.example"));
  EXPECT_TRUE(scene.client.seen.empty());
}

TEST(AwsCredentials, OfAnInstanceNeedASession) {
  AwsScene scene;
  scene.environment.Set("AWS_EC2_METADATA_DISABLED", "");
  const std::string host = "http://169.254.169.254/latest/";
  scene.client.On(host + "api/token", 200, "session");
  scene.client.On(host + "meta-data/iam/security-credentials/", 200, "the role\n");
  scene.client.On(host + "meta-data/iam/security-credentials/the%20role", 200, kJson);
  EXPECT_EQ(scene.Found(), "JID jsecret jtoken");
  EXPECT_EQ(scene.client.seen.front().method, "PUT");
  EXPECT_EQ(HeaderOf(scene.client.seen.back(), "X-aws-ec2-metadata-token"), "session");
}

TEST(AwsCredentials, NoneIsSaidWithWhereWasLooked) {
  AwsScene scene;
  const auto none = scene.FindAny();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kPermission);
  EXPECT_THAT(none.error().what, HasSubstr("/h/.aws/credentials and /h/.aws/config"));
  EXPECT_EQ(scene.FindAny("absent").error().code, Code::kNotFound);
}

TEST(AwsCredentials, ARefusalOfStsIsPermissionAndRepeatsNothing) {
  AwsScene scene;
  scene.environment.Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/token");
  scene.environment.Set("AWS_ROLE_ARN", "arn:r");
  scene.environment.Set("AWS_REGION", "eu-west-1");
  scene.fs.Put("/token", "web.token");
  scene.client.On(kSts, 403, "<Error>web.token</Error>");
  const auto keys = (*scene.FindAny())->Get();
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Code::kPermission);
  EXPECT_THAT(keys.error().Message(), Not(HasSubstr("web.token")));
}

TEST(AwsCredentials, WordsAreSplitAsAShellDoes) {
  EXPECT_THAT(*SplitWords(R"(a  b\ c "d \" e" '' f'g'h)", "w"),
              ElementsAre("a", "b c", "d \" e", "", "fgh"));
  EXPECT_FALSE(SplitWords("a 'b", "w"));
  EXPECT_FALSE(SplitWords("  ", "w"));
}

}  // namespace
}  // namespace salvor::objects::aws
