#include "bigquery/auth/external_account.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "bigquery/auth/scene_test.h"
#include "bigquery/auth/subject_program.h"

namespace salvor::bigquery::auth {
namespace {

class ExternalAccountTest : public AuthTest {
 protected:
  // The subject token that the token server was sent, or the error's message.
  std::string SubjectOf(const Json& source) {
    server_.OnToken("/sts", "abc");
    auto credentials = Load(ExternalFile(source));
    if (!credentials) return credentials.error().Message();
    auto headers = (*credentials)->Authorize();
    if (!headers) return headers.error().Message();
    return server_.Requests().back().get_param_value("subject_token");
  }
};

TEST_F(ExternalAccountTest, ExchangesTheTokenOfAFile) {
  files_.Put("/var/token", "subject\n");
  server_.OnToken("/sts", "abc");
  auto credentials = Load(ExternalFile({{"file", "/var/token"}}));
  ASSERT_TRUE(credentials) << credentials.error().Message();
  EXPECT_EQ(Bearer(**credentials), "Bearer abc");
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.get_param_value("grant_type"),
            "urn:ietf:params:oauth:grant-type:token-exchange");
  EXPECT_EQ(request.get_param_value("audience"), "//iam.googleapis.com/pool");
  EXPECT_EQ(request.get_param_value("scope"), "https://www.googleapis.com/auth/cloud-platform");
  EXPECT_EQ(request.get_param_value("requested_token_type"),
            "urn:ietf:params:oauth:token-type:access_token");
  EXPECT_EQ(request.get_param_value("subject_token"), "subject");
  EXPECT_EQ(request.get_param_value("subject_token_type"), "urn:ietf:params:oauth:token-type:jwt");
  EXPECT_EQ(request.params.size(), 6U);
  EXPECT_FALSE(request.has_header("Authorization"));
}

TEST_F(ExternalAccountTest, ReadsTheFileAnewForEveryToken) {
  files_.Put("/var/token", "first");
  server_.OnToken("/sts", "abc");
  auto credentials = Load(ExternalFile({{"file", "/var/token"}}));
  ASSERT_TRUE(credentials);
  ASSERT_TRUE((*credentials)->Authorize());
  files_.Put("/var/token", "second");
  clock_.Advance(Millis(3'600'000));
  ASSERT_TRUE((*credentials)->Authorize());
  EXPECT_EQ(server_.Requests().back().get_param_value("subject_token"), "second");
}

TEST_F(ExternalAccountTest, TakesTheTokenOutOfJson) {
  files_.Put("/var/token", R"({"id": {"token": "x"}, "jwt": "subject"})");
  const Json format{{"type", "json"}, {"subject_token_field_name", "jwt"}};
  EXPECT_EQ(SubjectOf({{"file", "/var/token"}, {"format", format}}), "subject");
  files_.Put("/var/token", R"({"other": "hush"})");
  const std::string message = SubjectOf({{"file", "/var/token"}, {"format", format}});
  EXPECT_NE(message.find("there is no 'jwt' (/var/token, /keys/file.json, external_account)"),
            std::string::npos)
      << message;
  EXPECT_EQ(message.find("hush"), std::string::npos);
}

TEST_F(ExternalAccountTest, AsksAnAddressWithItsHeaders) {
  server_.On("/identity", [](const httplib::Request& request) {
    return request.get_header_value("Metadata") == "True" ? Answer{200, R"({"t": "subject"})"}
                                                          : Answer{400};
  });
  EXPECT_EQ(SubjectOf({{"url", server_.Url("/identity?resource=a")},
                       {"headers", {{"Metadata", "True"}}},
                       {"format", {{"type", "json"}, {"subject_token_field_name", "t"}}}}),
            "subject");
  EXPECT_NE(SubjectOf({{"url", server_.Url("/identity?resource=a")}}).find("HTTP 400"),
            std::string::npos);
}

TEST_F(ExternalAccountTest, AsksOnlyWhereATokenMayComeFrom) {
  const auto code = [this](const std::string& url) {
    auto credentials = Load(ExternalFile({{"url", url}}));
    return credentials ? "taken" : std::string(CodeName(credentials.error().code));
  };
  EXPECT_EQ(code("https://idp.example.com/token"), "taken");
  EXPECT_EQ(code("http://169.254.169.254/metadata/identity"), "taken");
  EXPECT_EQ(code("http://idp.example.com/token"), "refused");
  EXPECT_EQ(code("http://10.0.0.1/"), "refused");
  EXPECT_EQ(code("file:///etc/passwd"), "invalid_argument");
}

// A file from outside could otherwise have any local file sent to whoever wrote it.
TEST_F(ExternalAccountTest, ALocalFileGoesToNoStranger) {
  files_.Put("/home/ada/.ssh/id", "hush");
  Json file = ExternalFile({{"file", "/home/ada/.ssh/id"}});
  file["token_url"] = "https://sts.example.com/v1/token";
  files_.ForgetAccesses();
  EXPECT_EQ(Load(file).error().code, Code::kRefused);
  file["token_url"] = server_.Url("/sts");
  file["service_account_impersonation_url"] =
      "https://iam.example.com/v1/serviceAccounts/a@b:generateAccessToken";
  EXPECT_EQ(Load(file).error().code, Code::kRefused);
  for (const auto& access : files_.Accesses()) EXPECT_EQ(access.path, kFile);
}

TEST_F(ExternalAccountTest, ImpersonatesWhereTheFileSaysSo) {
  files_.Put("/var/token", "subject");
  server_.OnToken("/sts", "federated");
  server_.On(kImpersonationPath, 200,
             {{"accessToken", "target"}, {"expireTime", "2020-09-13T13:26:40Z"}});
  Json file = ExternalFile({{"file", "/var/token"}});
  file["service_account_impersonation_url"] = ImpersonationUrl();
  file["service_account_impersonation"] = {{"token_lifetime_seconds", 2'800}};
  auto credentials = Load(file);
  ASSERT_TRUE(credentials) << credentials.error().Message();
  EXPECT_EQ(Bearer(**credentials), "Bearer target");
  EXPECT_EQ((*credentials)->Principal().value(), "other@p.iam.gserviceaccount.com");
  ASSERT_EQ(server_.Count(), 2U);
  EXPECT_EQ(server_.Requests()[0].get_param_value("scope"), "https://www.googleapis.com/auth/iam");
  EXPECT_EQ(server_.Requests()[1].get_header_value("Authorization"), "Bearer federated");
  EXPECT_EQ(Json::parse(server_.Requests()[1].body)["lifetime"], "2800s");

  file["service_account_impersonation"] = {{"token_lifetime_seconds", 50'000}};
  EXPECT_EQ(Load(file).error().code, Code::kInvalidArgument);
  file["service_account_impersonation_url"] = server_.Url("/x");
  EXPECT_EQ(Load(file).error().code, Code::kInvalidArgument);
}

TEST_F(ExternalAccountTest, AWorkforcePoolNamesItsProjectOrItsClient) {
  files_.Put("/var/token", "subject");
  server_.OnToken("/sts", "abc");
  Json file = ExternalFile({{"file", "/var/token"}});
  file["workforce_pool_user_project"] = "123";
  ASSERT_TRUE((*Load(file))->Authorize());
  // Escaped twice, of which the server undid one.
  EXPECT_EQ(server_.Requests()[0].get_param_value("options"),
            "%7B%22userProject%22%3A%22123%22%7D");
  file["client_id"] = "client";
  file["client_secret"] = "hush";
  ASSERT_TRUE((*Load(file))->Authorize());
  EXPECT_FALSE(server_.Requests()[1].has_param("options"));
  EXPECT_EQ(server_.Requests()[1].get_header_value("Authorization"), "Basic Y2xpZW50Omh1c2g=");
}

TEST_F(ExternalAccountTest, SourcesThatSalvorDoesNotKnowAreRefusedByName) {
  auto aws = Load(ExternalFile({{"environment_id", "aws1"}, {"region_url", "http://x/"}}));
  ASSERT_FALSE(aws);
  EXPECT_EQ(aws.error().code, Code::kUnsupported);
  EXPECT_NE(aws.error().what.find("AWS"), std::string::npos);
  EXPECT_EQ(Load(ExternalFile({{"certificate", Json::object()}})).error().code, Code::kUnsupported);
  EXPECT_EQ(Load(ExternalFile(Json::object())).error().code, Code::kInvalidArgument);
  EXPECT_EQ(Load(ExternalFile("text")).error().code, Code::kInvalidArgument);
}

TEST_F(ExternalAccountTest, AnAbsentOrEmptyTokenIsAnError) {
  EXPECT_NE(SubjectOf({{"file", "/absent"}}).find("/absent"), std::string::npos);
  files_.Put("/var/token", " \n");
  EXPECT_NE(SubjectOf({{"file", "/var/token"}}).find("empty"), std::string::npos);
  EXPECT_EQ(server_.Count(), 0U);
}

class SubjectProgramTest : public ExternalAccountTest {
 protected:
  void Say(const Json& answer) { processes_.result = io::CommandResult{0, answer.dump(), "hush"}; }
  static Json Program(const Json& more = Json::object()) {
    Json executable{{"command", "/opt/tokens --for 'a b'"}};
    executable.update(more);
    return {{"executable", executable}};
  }
  Json Good() {
    return {{"version", 1},
            {"success", true},
            {"token_type", "urn:ietf:params:oauth:token-type:id_token"},
            {"id_token", "subject"},
            {"expiration_time", 1'600'000'100}};
  }
  void Allow() { environment_.Set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1"); }
};

TEST_F(SubjectProgramTest, IsRunOnlyWhereThePersonAllowsIt) {
  Say(Good());
  for (const char* const value : {"", "0", "true", "yes"}) {
    environment_.Set("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", value);
    EXPECT_EQ(Load(ExternalFile(Program())).error().code, Code::kRefused);
  }
  EXPECT_TRUE(processes_.commands.empty());
  Allow();
  EXPECT_EQ(SubjectOf(Program()), "subject");
  EXPECT_EQ(processes_.commands.size(), 1U);
}

TEST_F(SubjectProgramTest, IsToldWhatTheTokenIsFor) {
  Allow();
  Say(Good());
  Json file = ExternalFile(Program({{"timeout_millis", 7'000}, {"output_file", "/out"}}));
  file["service_account_impersonation_url"] = ImpersonationUrl();
  auto credentials = Load(file);
  ASSERT_TRUE(credentials) << credentials.error().Message();
  static_cast<void>((*credentials)->Authorize());
  ASSERT_EQ(processes_.commands.size(), 1U);
  const io::Command& command = processes_.commands[0];
  EXPECT_EQ(command.words, (std::vector<std::string>{"/opt/tokens", "--for", "a b"}));
  EXPECT_EQ(command.timeout, Millis(7'000));
  const std::vector<std::pair<std::string, std::string>> variables{
      {"GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", "//iam.googleapis.com/pool"},
      {"GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", "urn:ietf:params:oauth:token-type:jwt"},
      {"GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0"},
      {"GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL", "other@p.iam.gserviceaccount.com"},
      {"GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE", "/out"}};
  EXPECT_EQ(command.variables, variables);
}

TEST_F(SubjectProgramTest, WhatItLeftIsUsedAsLongAsItHolds) {
  Allow();
  Json kept = Good();
  kept["id_token"] = "kept";
  files_.Put("/out", kept.dump());
  Say(Good());
  EXPECT_EQ(SubjectOf(Program({{"output_file", "/out"}})), "kept");
  EXPECT_TRUE(processes_.commands.empty());
  kept["expiration_time"] = 1'600'000'000;
  files_.Put("/out", kept.dump());
  EXPECT_EQ(SubjectOf(Program({{"output_file", "/out"}})), "subject");
  kept.erase("expiration_time");
  files_.Put("/out", kept.dump());
  EXPECT_EQ(SubjectOf(Program({{"output_file", "/out"}})), "subject");
  EXPECT_EQ(processes_.commands.size(), 2U);
}

TEST_F(SubjectProgramTest, SaysSamlToo) {
  Allow();
  Json answer = Good();
  answer["token_type"] = "urn:ietf:params:oauth:token-type:saml2";
  answer["saml_response"] = "assertion";
  Say(answer);
  EXPECT_EQ(SubjectOf(Program()), "assertion");
}

TEST_F(SubjectProgramTest, NoUsableAnswerIsAnErrorThatDoesNotRepeatIt) {
  Allow();
  const auto expect = [this](const Json& change, const std::string& part) {
    Json answer = Good();
    answer.merge_patch(change);
    Say(answer);
    const std::string message = SubjectOf(Program());
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find("hush"), std::string::npos) << message;
  };
  expect({{"success", false}, {"code", "401"}, {"message", "hush"}}, "has no token");
  expect({{"success", "hush"}}, "'success'");
  expect({{"version", 2}}, "another version");
  expect({{"version", nullptr}}, "'version'");
  expect({{"expiration_time", 1'600'000'000}}, "expired");
  expect({{"token_type", "hush"}}, "token_type");
  expect({{"id_token", nullptr}}, "'id_token'");
  processes_.result = io::CommandResult{3, "hush", "hush"};
  EXPECT_NE(SubjectOf(Program()).find("exit code 3"), std::string::npos);
  processes_.result = io::CommandResult{0, "hush", ""};
  EXPECT_EQ(SubjectOf(Program()).find("hush"), std::string::npos);
  EXPECT_EQ(server_.Count(), 0U);
}

TEST_F(SubjectProgramTest, ItsTimeHasBounds) {
  Allow();
  EXPECT_TRUE(Load(ExternalFile(Program({{"timeout_millis", 5'000}}))));
  EXPECT_FALSE(Load(ExternalFile(Program({{"timeout_millis", 4'999}}))));
  EXPECT_FALSE(Load(ExternalFile(Program({{"timeout_millis", 120'001}}))));
  EXPECT_FALSE(Load(ExternalFile(Program({{"timeout_millis", "soon"}}))));
}

TEST(SplitCommand, SplitsAsAShellDoesAndExpandsNothing) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(SplitCommand("a  b\tc").value(), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitCommand(R"(a 'b c' "d \"e\"" f\ g '' h'i'j)").value(),
            (Words{"a", "b c", "d \"e\"", "f g", "", "hij"}));
  EXPECT_EQ(SplitCommand(R"(a $HOME `b` *; '\n' "\n")").value(),
            (Words{"a", "$HOME", "`b`", "*;", "\\n", "\\n"}));
  for (const char* const line : {"", "  ", "a 'b", "a \"b", "''"}) {
    EXPECT_FALSE(SplitCommand(line)) << line;
  }
}

}  // namespace
}  // namespace salvor::bigquery::auth
