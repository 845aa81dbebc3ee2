#include "bigquery/auth/service_account.h"

#include <gtest/gtest.h>

#include <string>

#include "bigquery/auth/scene_test.h"

namespace salvor::bigquery::auth {
namespace {

class ServiceAccountTest : public AuthTest {};

TEST_F(ServiceAccountTest, ExchangesAStatementSignedWithItsKey) {
  server_.OnToken("/token", "abc");
  auto credentials = Load(ServiceAccountFile());
  ASSERT_TRUE(credentials) << credentials.error().Message();
  EXPECT_EQ(Bearer(**credentials), "Bearer abc");

  ASSERT_EQ(server_.Count(), 1U);
  const httplib::Request request = server_.Requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.get_header_value("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.get_param_value("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const OpenedJwt jwt = OpenedJwt::Open(request.get_param_value("assertion"), Key());
  EXPECT_TRUE(jwt.genuine);
  EXPECT_FALSE(OpenedJwt::Open(request.get_param_value("assertion"), http::MakeRsaKey()).genuine);
  EXPECT_EQ(jwt.header, (Json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "key-1"}}));
  EXPECT_EQ(jwt.claims, (Json{{"iss", "robot@project.iam.gserviceaccount.com"},
                              {"scope", "https://www.googleapis.com/auth/cloud-platform"},
                              {"aud", server_.Url("/token")},
                              {"iat", 1'600'000'000},
                              {"exp", 1'600'003'600}}));
}

TEST_F(ServiceAccountTest, SignsAnewForEveryToken) {
  server_.OnToken("/token", "abc");
  auto credentials = Load(ServiceAccountFile());
  ASSERT_TRUE(credentials);
  ASSERT_EQ(Bearer(**credentials), "Bearer abc");
  clock_.Advance(Millis(3'600'000));
  ASSERT_EQ(Bearer(**credentials), "Bearer abc");
  ASSERT_EQ(server_.Count(), 2U);
  const auto second = OpenedJwt::Open(server_.Requests()[1].get_param_value("assertion"), Key());
  EXPECT_TRUE(second.genuine);
  EXPECT_EQ(second.claims["iat"], 1'600'003'600);
}

TEST_F(ServiceAccountTest, KnowsItsNameWithoutAsking) {
  auto credentials = Load(ServiceAccountFile());
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->Principal().value(), "robot@project.iam.gserviceaccount.com");
  EXPECT_EQ((*credentials)->Origin(), "service_account in /keys/file.json");
  EXPECT_EQ(server_.Count(), 0U);
}

TEST_F(ServiceAccountTest, ARefusalNamesFileTypeHostAndCodeAndNoMore) {
  server_.On("/token", 400, {{"error", "invalid_grant"}, {"error_description", "hush: told"}});
  auto credentials = Load(ServiceAccountFile());
  ASSERT_TRUE(credentials);
  auto headers = (*credentials)->Authorize();
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().code, Code::kPermission);
  EXPECT_EQ(headers.error().what, "the credentials were refused: HTTP 400, invalid_grant");
  EXPECT_EQ(headers.error().where, "/keys/file.json, service_account, 127.0.0.1");
}

TEST_F(ServiceAccountTest, AnErrorCodeThatIsNoneIsNotRepeated) {
  server_.On("/token", 400, {{"error", "eyJ.hush\x1b[31m"}});
  auto credentials = Load(ServiceAccountFile());
  ASSERT_TRUE(credentials);
  EXPECT_EQ((*credentials)->Authorize().error().what, "the credentials were refused: HTTP 400");
}

TEST_F(ServiceAccountTest, RefusesKeysThatCannotSign) {
  const auto with_key = [this](const Json& key) {
    Json file = ServiceAccountFile();
    file["private_key"] = key;
    return Load(file);
  };
  const std::string pem = http::PrivatePem(Key());
  const std::string encrypted = http::PemOf([](BIO* bio) {
    PEM_write_bio_PKCS8PrivateKey(bio, Key().get(), EVP_aes_128_cbc(), "pw", 2, nullptr, nullptr);
  });
  const std::string elliptic = http::PrivatePem({EVP_EC_gen("P-256"), EVP_PKEY_free});
  for (const Json& key :
       {Json(""), Json(7), Json(), Json("hush"), Json(pem.substr(0, 400)),
        Json(http::PrivatePem(http::MakeRsaKey(1'024))), Json(encrypted), Json(elliptic)}) {
    auto credentials = with_key(key);
    ASSERT_FALSE(credentials) << key;
    EXPECT_EQ(credentials.error().code, Code::kInvalidArgument);
    EXPECT_NE(credentials.error().what.find("private_key"), std::string::npos);
    EXPECT_EQ(credentials.error().Message().find("hush"), std::string::npos);
  }
  EXPECT_EQ(server_.Count(), 0U);
}

}  // namespace
}  // namespace salvor::bigquery::auth
