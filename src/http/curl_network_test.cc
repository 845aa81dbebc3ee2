// TLS, proxies and the variables that name them.
#include <gtest/gtest.h>
#include <httplib.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "http/curl_client.h"
#include "http/key_test.h"
#include "http/raw_server_test.h"
#include "testing/scripted_environment.h"

namespace salvor::http {
namespace {

using ::salvor::testing::ScriptedEnvironment;

class TlsServer {
 public:
  TlsServer(const TestKey& key, const std::shared_ptr<X509>& certificate)
      : server_(certificate.get(), key.get()) {
    server_.Get("/", [this](const httplib::Request&, httplib::Response& response) {
      ++served_;
      response.set_content("secret", "text/plain");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~TlsServer() {
    server_.stop();
    thread_.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string Url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }
  [[nodiscard]] int Served() const { return served_; }

 private:
  httplib::SSLServer server_;
  std::atomic<int> served_ = 0;
  int port_ = 0;
  std::thread thread_;
};

class CurlTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "salvor-tls-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/ca.pem") << CertificatePem(certificate_);
    std::ofstream(folder_ + "/other.pem")
        << CertificatePem(MakeCertificate(MakeRsaKey(), "IP:127.0.0.1"));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static CurlOptions Trusting(const std::string& file) {
    CurlOptions options;
    options.ca_file = file;
    return options;
  }

  TestKey key_ = MakeRsaKey();
  std::shared_ptr<X509> certificate_ = MakeCertificate(key_, "IP:127.0.0.1");
  std::string folder_;
};

TEST_F(CurlTlsTest, ACertificateThatNobodyVouchesForIsRefused) {
  const TlsServer server(key_, certificate_);
  auto response = CurlClient(CurlOptions{}).Send({"GET", server.Url()});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kRefused) << response.error().Message();
  response = CurlClient(Trusting(folder_ + "/other.pem")).Send({"GET", server.Url()});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kRefused) << response.error().Message();
  EXPECT_EQ(server.Served(), 0);
}

TEST_F(CurlTlsTest, OneThatTheCaFileVouchesForIsTaken) {
  const TlsServer server(key_, certificate_);
  auto response = CurlClient(Trusting(folder_ + "/ca.pem")).Send({"GET", server.Url()});
  ASSERT_TRUE(response) << response.error().Message();
  EXPECT_EQ(response->body, "secret");
}

TEST_F(CurlTlsTest, OneForAnotherHostIsRefused) {
  const TlsServer server(key_, certificate_);
  auto response = CurlClient(Trusting(folder_ + "/ca.pem")).Send({"GET", server.Url("localhost")});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kRefused) << response.error().Message();
  EXPECT_EQ(server.Served(), 0);
}

TEST_F(CurlTlsTest, AnAbsentCaFileIsTheCallersMistake) {
  const TlsServer server(key_, certificate_);
  auto response = CurlClient(Trusting(folder_ + "/absent.pem")).Send({"GET", server.Url()});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kInvalidArgument) << response.error().Message();
}

TEST(CurlTls, AServerThatSpeaksNoTlsIsUnavailable) {
  RawServer server({[](RawServer::Connection& connection) {
    if (connection.Wait()) connection.Write(RawServer::kOk);
  }});
  auto response = CurlClient(CurlOptions{})
                      .Send({"POST", "https://127.0.0.1:" + std::to_string(server.Port()) + "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().Message();
}

TEST(CurlTls, AHandshakeThatNeverEndsIsUnavailable) {
  RawServer server({RawServer::Stall()});
  CurlOptions options;
  options.connect_timeout = Millis(200);
  auto response = CurlClient(options).Send(
      {"POST", "https://127.0.0.1:" + std::to_string(server.Port()) + "/"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().Message();
}

TEST(CurlProxy, PlainRequestsGoThroughIt) {
  RawServer proxy({RawServer::Say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nvia!")});
  CurlOptions options;
  options.http_proxy = proxy.Url();
  auto response = CurlClient(options).Send({"GET", "http://elsewhere.invalid/a"});
  ASSERT_TRUE(response) << response.error().Message();
  EXPECT_EQ(response->body, "via!");
  EXPECT_EQ(proxy.Text().substr(0, 35), "GET http://elsewhere.invalid/a HTTP");
}

TEST(CurlProxy, SeesNeitherCredentialsNorBodyOfATunnel) {
  RawServer proxy({RawServer::Say("HTTP/1.1 200 Connection established\r\n\r\n")});
  CurlOptions options;
  options.https_proxy = proxy.Url();
  auto response = CurlClient(options).Send(
      {"POST", "https://elsewhere.invalid/a", {{"Authorization", "Bearer secret"}}, "secret"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().Message();
  EXPECT_EQ(proxy.Text().substr(0, 31), "CONNECT elsewhere.invalid:443 H");
  EXPECT_EQ(proxy.Text().find("secret"), std::string::npos);
}

TEST(CurlProxy, AProxyThatRefusesLeavesTheRequestUnsent) {
  RawServer proxy({RawServer::Say("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")});
  CurlOptions options;
  options.https_proxy = proxy.Url();
  auto response = CurlClient(options).Send({"POST", "https://elsewhere.invalid/a"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable) << response.error().Message();
}

TEST(CurlProxy, IsNotAskedForThisMachineOrForNamedHosts) {
  RawServer proxy({RawServer::Ok()});
  RawServer server({RawServer::Ok()});
  CurlOptions options;
  options.http_proxy = proxy.Url();
  options.no_proxy = "unreachable.invalid";
  EXPECT_TRUE(CurlClient(options).Send({"GET", server.Url()}));
  EXPECT_FALSE(CurlClient(options).Send({"GET", "http://unreachable.invalid/"}));
  EXPECT_EQ(proxy.Requests(), 0);
  EXPECT_EQ(server.Requests(), 1);
}

TEST(CurlOptions, ComeFromTheUsualVariables) {
  const CurlOptions options = CurlOptionsFrom(ScriptedEnvironment{
      {"CURL_CA_BUNDLE", "/ca"},
      {"SSL_CERT_FILE", "/other"},
      {"SSL_CERT_DIR", "/folder"},
      {"HTTPS_PROXY", "http://p:1"},
      {"HTTP_PROXY", "http://forged:1"},
      {"ALL_PROXY", "http://p:2"},
      {"NO_PROXY", "a,b"},
  });
  EXPECT_EQ(options.ca_file, "/ca");
  EXPECT_EQ(options.ca_folder, "/folder");
  EXPECT_EQ(options.https_proxy, "http://p:1");
  EXPECT_EQ(options.http_proxy, "http://p:2");
  EXPECT_EQ(options.no_proxy, "a,b");
  EXPECT_EQ(CurlOptionsFrom(ScriptedEnvironment{{"SSL_CERT_FILE", "/c"}}).ca_file, "/c");
  EXPECT_EQ(
      CurlOptionsFrom(ScriptedEnvironment{{"https_proxy", "a"}, {"HTTPS_PROXY", "b"}}).https_proxy,
      "a");
}

// Otherwise libcurl would read the variables itself, behind the caller's back.
TEST(CurlOptions, AreAllThatCounts) {
  RawServer proxy({RawServer::Ok()});
  ASSERT_EQ(::setenv("http_proxy", proxy.Url().c_str(), 1), 0);
  EXPECT_FALSE(CurlClient(CurlOptions{}).Send({"GET", "http://elsewhere.invalid/"}));
  ::unsetenv("http_proxy");
  EXPECT_EQ(proxy.Requests(), 0);
}

}  // namespace
}  // namespace salvor::http
