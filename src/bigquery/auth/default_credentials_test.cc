#include "bigquery/auth/default_credentials.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bigquery/auth/scene_test.h"

namespace salvor::bigquery::auth {
namespace {

class DefaultCredentialsTest : public AuthTest {
 protected:
  // Where the credentials come from, or the error's message.
  std::string Found() {
    auto credentials = FindDefaultCredentials(Outside_());
    return credentials ? (*credentials)->Origin() : credentials.error().Message();
  }
  void Put(const std::string& path, const Json& content) { files_.Put(path, content.dump()); }
  void PutMetadataServer() {
    environment_.Set("GCE_METADATA_HOST", server_.Host());
    const http::Header flavor{"Metadata-Flavor", "Google"};
    const std::string folder = "/computeMetadata/v1/instance/service-accounts/default/";
    const auto answer = [this, flavor](const std::string& path, const std::string& body) {
      server_.On(path, [=](const httplib::Request& request) {
        if (request.get_header_value("Metadata-Flavor") != "Google") return Answer{403};
        return Answer{200, body, {flavor}};
      });
    };
    answer("/", "computeMetadata/");
    answer(folder + "token", R"({"access_token": "meta", "expires_in": 3000})");
    answer(folder + "email", "vm@project.iam.gserviceaccount.com");
  }
  static constexpr const char* kGcloud =
      "/home/ada/.config/gcloud/application_default_credentials.json";
};

TEST_F(DefaultCredentialsTest, TheVariableGoesBeforeGcloudAndGcloudBeforeTheMachine) {
  Put("/named.json", ServiceAccountFile());
  Put(kGcloud, UserFile());
  PutMetadataServer();
  environment_.Set("HOME", "/home/ada");
  environment_.Set("GOOGLE_APPLICATION_CREDENTIALS", "/named.json");
  EXPECT_EQ(Found(), "service_account in /named.json");
  environment_.Set("GOOGLE_APPLICATION_CREDENTIALS", "");
  EXPECT_EQ(Found(), "authorized_user in " + std::string(kGcloud));
  environment_.Set("CLOUDSDK_CONFIG", "/sdk");
  EXPECT_EQ(Found(), "metadata server");
  Put("/sdk/application_default_credentials.json", UserFile());
  EXPECT_EQ(Found(), "authorized_user in /sdk/application_default_credentials.json");
}

TEST_F(DefaultCredentialsTest, ANamedFileThatCannotBeUsedIsAnErrorAndNothingElseIsTried) {
  Put(kGcloud, UserFile());
  environment_.Set("HOME", "/home/ada");
  environment_.Set("GOOGLE_APPLICATION_CREDENTIALS", "/absent.json");
  auto absent = FindDefaultCredentials(Outside_());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Code::kNotFound);
  EXPECT_NE(absent.error().Message().find("/absent.json"), std::string::npos);
  EXPECT_NE(absent.error().Message().find("GOOGLE_APPLICATION_CREDENTIALS"), std::string::npos);

  files_.Put("/locked.json", UserFile().dump(), 0000);
  environment_.Set("GOOGLE_APPLICATION_CREDENTIALS", "/locked.json");
  EXPECT_EQ(FindDefaultCredentials(Outside_()).error().code, Code::kPermission);
}

TEST_F(DefaultCredentialsTest, ABrokenGcloudFileIsAnError) {
  files_.Put(kGcloud, "{");
  environment_.Set("HOME", "/home/ada");
  PutMetadataServer();
  EXPECT_EQ(FindDefaultCredentials(Outside_()).error().code, Code::kInvalidArgument);
}

TEST_F(DefaultCredentialsTest, AnEmulatorGetsNoneAndNoneAreLookedFor) {
  environment_.Set("BIGQUERY_EMULATOR_HOST", "http://127.0.0.1:9050");
  environment_.Set("GOOGLE_APPLICATION_CREDENTIALS", "/absent.json");
  auto credentials = FindDefaultCredentials(Outside_());
  ASSERT_TRUE(credentials);
  EXPECT_TRUE((*credentials)->Authorize()->empty());
  EXPECT_EQ((*credentials)->Principal().value(), "");
  EXPECT_TRUE(files_.Accesses().empty());
}

TEST_F(DefaultCredentialsTest, TheMachinesAccountComesFromTheMetadataServer) {
  PutMetadataServer();
  environment_.Set("GOOGLE_CLOUD_QUOTA_PROJECT", "payer");
  auto credentials = FindDefaultCredentials(Outside_());
  ASSERT_TRUE(credentials) << credentials.error().Message();
  const auto headers = (*credentials)->Authorize();
  ASSERT_TRUE(headers) << headers.error().Message();
  EXPECT_EQ(headers->at(0).value, "Bearer meta");
  EXPECT_EQ(headers->at(1).value, "payer");
  EXPECT_EQ((*credentials)->Principal().value(), "vm@project.iam.gserviceaccount.com");
  EXPECT_EQ(server_.Requests()[1].target,
            "/computeMetadata/v1/instance/service-accounts/default/token?scopes="
            "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
}

TEST_F(DefaultCredentialsTest, AServerThatDoesNotSayThatItIsGooglesIsNone) {
  PutMetadataServer();
  server_.On("/", 200, {});
  EXPECT_EQ(FindDefaultCredentials(Outside_()).error().code, Code::kPermission);
  PutMetadataServer();
  auto credentials = FindDefaultCredentials(Outside_());
  ASSERT_TRUE(credentials);
  server_.OnToken("/computeMetadata/v1/instance/service-accounts/default/token", "forged");
  EXPECT_EQ((*credentials)->Authorize().error().code, Code::kCorrupt);
}

TEST_F(DefaultCredentialsTest, WithoutAnyTheMessageSaysWhatWasLookedAt) {
  environment_.Set("HOME", "/home/ada");
  environment_.Set("NO_GCE_CHECK", "true");
  auto credentials = FindDefaultCredentials(Outside_());
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code, Code::kPermission);
  EXPECT_NE(credentials.error().what.find(kGcloud), std::string::npos);
}

TEST_F(DefaultCredentialsTest, APersonsLoginIsRefreshed) {
  server_.OnToken("/token", "abc");
  Json file = UserFile();
  file["quota_project_id"] = "payer";
  auto credentials = Load(file);
  ASSERT_TRUE(credentials) << credentials.error().Message();
  const auto headers = (*credentials)->Authorize();
  ASSERT_TRUE(headers) << headers.error().Message();
  EXPECT_EQ(headers->at(0).value, "Bearer abc");
  EXPECT_EQ(headers->at(1).value, "payer");
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.get_param_value("grant_type"), "refresh_token");
  EXPECT_EQ(request.get_param_value("client_id"), "client");
  EXPECT_EQ(request.get_param_value("client_secret"), "hush-client");
  EXPECT_EQ(request.get_param_value("refresh_token"), "hush-refresh");
  EXPECT_EQ(request.params.size(), 4U);
}

TEST_F(DefaultCredentialsTest, TheVariablesQuotaProjectGoesBeforeTheFiles) {
  server_.OnToken("/token", "abc");
  Json file = UserFile();
  file["quota_project_id"] = "files";
  environment_.Set("GOOGLE_CLOUD_QUOTA_PROJECT", "variables");
  EXPECT_EQ((*Load(file))->Authorize()->at(1).value, "variables");
  environment_.Set("GOOGLE_CLOUD_QUOTA_PROJECT", "a\r\nX: b");
  EXPECT_EQ(Load(file).error().code, Code::kInvalidArgument);
}

TEST_F(DefaultCredentialsTest, AWorkforceLoginSendsItsClientInAHeader) {
  server_.OnToken("/oauthtoken", "abc");
  auto credentials = Load({{"type", "external_account_authorized_user"},
                           {"audience", "//iam.googleapis.com/locations/global/workforcePools/p"},
                           {"client_id", "client"},
                           {"client_secret", "hush"},
                           {"refresh_token", "hush-refresh"},
                           {"token_url", server_.Url("/oauthtoken")}});
  ASSERT_TRUE(credentials) << credentials.error().Message();
  EXPECT_EQ(Bearer(**credentials), "Bearer abc");
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.get_header_value("Authorization"), "Basic Y2xpZW50Omh1c2g=");
  EXPECT_EQ(request.get_param_value("refresh_token"), "hush-refresh");
  EXPECT_EQ(request.params.size(), 2U);
}

TEST_F(DefaultCredentialsTest, AnImpersonatedAccountIsAskedForByItsSource) {
  server_.OnToken("/token", "source");
  server_.On(kImpersonationPath, 200,
             {{"accessToken", "target"}, {"expireTime", "2020-09-13T13:26:40.123456789Z"}});
  auto credentials = Load({{"type", "impersonated_service_account"},
                           {"service_account_impersonation_url", ImpersonationUrl()},
                           {"delegates", {"a@p.iam.gserviceaccount.com"}},
                           {"quota_project_id", "payer"},
                           {"source_credentials", ServiceAccountFile()}});
  ASSERT_TRUE(credentials) << credentials.error().Message();
  EXPECT_EQ(Bearer(**credentials), "Bearer target");
  EXPECT_EQ((*credentials)->Authorize()->at(1).value, "payer");
  EXPECT_EQ((*credentials)->Principal().value(), "other@p.iam.gserviceaccount.com");
  ASSERT_EQ(server_.Count(), 2U);
  const auto jwt = OpenedJwt::Open(server_.Requests()[0].get_param_value("assertion"), Key());
  EXPECT_EQ(jwt.claims["scope"], "https://www.googleapis.com/auth/iam");
  const httplib::Request request = server_.Requests()[1];
  EXPECT_EQ(request.get_header_value("Authorization"), "Bearer source");
  EXPECT_FALSE(request.has_header("X-Goog-User-Project"));
  EXPECT_EQ(Json::parse(request.body),
            (Json{{"scope", {"https://www.googleapis.com/auth/cloud-platform"}},
                  {"lifetime", "3600s"},
                  {"delegates", {"a@p.iam.gserviceaccount.com"}}}));
}

TEST_F(DefaultCredentialsTest, ARefusedImpersonationIsAPermissionThatIsMissing) {
  server_.OnToken("/token", "source");
  server_.On(kImpersonationPath, 403,
             {{"error", {{"code", 403}, {"status", "PERMISSION_DENIED"}, {"message", "hush"}}}});
  auto credentials = Load({{"type", "impersonated_service_account"},
                           {"service_account_impersonation_url", ImpersonationUrl()},
                           {"source_credentials", UserFile()}});
  ASSERT_TRUE(credentials);
  const auto headers = (*credentials)->Authorize();
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().code, Code::kPermission);
  EXPECT_EQ(headers.error().what, "the credentials were refused: HTTP 403, PERMISSION_DENIED");
}

TEST_F(DefaultCredentialsTest, SourcesWithinSourcesComeToAnEnd) {
  Json file = UserFile();
  for (int i = 0; i < 4; ++i) {
    file = {{"type", "impersonated_service_account"},
            {"service_account_impersonation_url", ImpersonationUrl()},
            {"source_credentials", file}};
    EXPECT_EQ(Load(file).has_value(), i < 3) << i;
  }
}

TEST_F(DefaultCredentialsTest, FilesOfStrangeContentAreRefusedWithoutRepeatingIt) {
  std::string deep = "{\"type\":";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  for (const std::string& content :
       {std::string(), std::string("hush"), std::string("[\"hush\"]"), std::string("{}"),
        std::string(R"({"type": 7})"), std::string(R"({"type": "authorized_user"})"), deep,
        R"({"type": "authorized_user", "hush": ")" + std::string(300'000, 'x') + "\"}"}) {
    files_.Put(kFile, content);
    auto credentials = LoadCredentials(Outside_(), kFile);
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Code::kInvalidArgument);
    EXPECT_NE(credentials.error().Message().find(kFile), std::string::npos);
    EXPECT_EQ(credentials.error().Message().find("hush"), std::string::npos);
  }
}

TEST_F(DefaultCredentialsTest, OtherTypesAndUniversesAreRefusedByName) {
  EXPECT_EQ(Load({{"type", "gdch_service_account"}}).error().code, Code::kUnsupported);
  Json file = UserFile();
  file["universe_domain"] = "example.cloud";
  EXPECT_EQ(Load(file).error().code, Code::kUnsupported);
  file["universe_domain"] = "googleapis.com";
  EXPECT_TRUE(Load(file));
}

TEST_F(DefaultCredentialsTest, NoFileSendsSecretsToAStranger) {
  const auto with = [this](const std::string& uri) {
    Json file = UserFile();
    file["token_uri"] = uri;
    auto credentials = Load(file);
    return credentials ? "taken" : std::string(CodeName(credentials.error().code));
  };
  EXPECT_EQ(with("https://oauth2.googleapis.com/token"), "taken");
  EXPECT_EQ(with("https://sts.europe-west1.rep.googleapis.com/v1"), "taken");
  EXPECT_EQ(with("https://accounts.google.com/o/oauth2/token"), "taken");
  EXPECT_EQ(with("http://oauth2.googleapis.com/token"), "refused");
  EXPECT_EQ(with("https://example.com/token"), "refused");
  EXPECT_EQ(with("https://googleapis.com.example.com/token"), "refused");
  EXPECT_EQ(with("https://evilgoogleapis.com/token"), "refused");
  EXPECT_EQ(with("https://oauth2.googleapis.com@example.com/token"), "invalid_argument");
  EXPECT_EQ(with("http://169.254.169.254/token"), "refused");
  EXPECT_EQ(with("file:///etc/passwd"), "invalid_argument");
  environment_.Set("SALVOR_TRUSTED_TOKEN_HOSTS", "a.example, example.com");
  EXPECT_EQ(with("https://example.com/token"), "taken");
  EXPECT_EQ(with("http://example.com/token"), "refused");
  EXPECT_EQ(with("https://b.example.com/token"), "refused");
}

TEST_F(DefaultCredentialsTest, AnAnswerWithoutAUsableTokenIsCorrupt) {
  for (const Json& answer :
       {Json{{"expires_in", 1}}, Json{{"access_token", ""}}, Json{{"access_token", 5}},
        Json{{"access_token", "a b"}}, Json{{"access_token", "a\r\nX: y"}},
        Json{{"access_token", std::string(20'000, 'a')}}, Json{"list"},
        Json{{"access_token", "hush"}, {"expires_in", "soon"}},
        Json{{"access_token", "hush"}, {"token_type", "mac"}}}) {
    server_.On("/token", 200, answer);
    const auto headers = (*Load(UserFile()))->Authorize();
    ASSERT_FALSE(headers) << answer;
    EXPECT_EQ(headers.error().code, Code::kCorrupt);
    EXPECT_EQ(headers.error().Message().find("hush"), std::string::npos);
  }
}

TEST_F(DefaultCredentialsTest, ServersThatFailForNowAreUnavailable) {
  for (const int status : {500, 502, 503, 429}) {
    server_.On("/token", status, {});
    EXPECT_EQ((*Load(UserFile()))->Authorize().error().code, Code::kUnavailable) << status;
  }
  server_.On("/token", 400, {{"error", "internal_failure"}});
  EXPECT_EQ((*Load(UserFile()))->Authorize().error().code, Code::kUnavailable);
}

TEST_F(DefaultCredentialsTest, ALostReplyOfATokenServerIsNoUnknownOutcome) {
  http::RawServer silent({http::RawServer::Close()});
  Json file = UserFile();
  file["token_uri"] = silent.Url();
  const auto headers = (*Load(file))->Authorize();
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().code, Code::kUnavailable);
  EXPECT_EQ(silent.Requests(), 1);
  EXPECT_EQ(headers.error().Message().find("hush"), std::string::npos);
}

TEST_F(DefaultCredentialsTest, ALoginThatHasEndedSaysHowToLogInAgain) {
  server_.On("/token", 400, {{"error", "invalid_grant"}, {"error_subtype", "invalid_rapt"}});
  const auto headers = (*Load(UserFile()))->Authorize();
  ASSERT_FALSE(headers);
  EXPECT_NE(headers.error().what.find("invalid_grant, invalid_rapt"), std::string::npos);
  EXPECT_NE(headers.error().next.find("gcloud auth application-default login"), std::string::npos);
}

}  // namespace
}  // namespace salvor::bigquery::auth
