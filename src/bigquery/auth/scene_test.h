// A token server on this machine, and a world in which credentials find it.
#pragma once

#include <gtest/gtest.h>
#include <httplib.h>
#include <openssl/evp.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bigquery/auth/default_credentials.h"
#include "bigquery/auth/outside.h"
#include "http/curl_client.h"
#include "http/key_test.h"
#include "http/raw_server_test.h"
#include "http/web_server_test.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::bigquery::auth {

using Json = nlohmann::json;

struct Answer {
  int status = 200;
  std::string body = {};
  std::vector<http::Header> headers = {};
};

// Answers every path as it was told to, with 404 where it was not, and remembers what came.
class TokenServer {
 public:
  using Answerer = std::function<Answer(const httplib::Request&)>;

  TokenServer()
      : server_([this](httplib::Server& routes) {
          const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
            Serve(request, response);
          };
          routes.Get(".*", serve).Post(".*", serve);
        }) {}

  void On(const std::string& path, Answerer answerer) {
    const std::lock_guard lock(mutex_);
    answerers_[path] = std::move(answerer);
  }
  void On(const std::string& path, int status, const Json& body) {
    On(path, [=](const httplib::Request&) { return Answer{status, body.dump()}; });
  }
  // {"access_token": TOKEN, "expires_in": 3600} to whoever asks.
  void OnToken(const std::string& path, const std::string& token, int64_t seconds = 3'600) {
    On(path, 200, {{"access_token", token}, {"expires_in", seconds}, {"token_type", "Bearer"}});
  }

  [[nodiscard]] std::string Url(const std::string& path) const { return server_.Url(path); }
  [[nodiscard]] std::string Host() const { return server_.Host(); }
  [[nodiscard]] std::vector<httplib::Request> Requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] size_t Count() { return Requests().size(); }

 private:
  void Serve(const httplib::Request& request, httplib::Response& response) {
    Answerer answerer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      const auto found = answerers_.find(request.path);
      if (found != answerers_.end()) answerer = found->second;
    }
    const Answer answer = answerer ? answerer(request) : Answer{404};
    response.status = answer.status;
    response.body = answer.body;
    for (const http::Header& header : answer.headers) {
      response.set_header(header.name, header.value);
    }
  }

  std::mutex mutex_;
  std::map<std::string, Answerer> answerers_;
  std::vector<httplib::Request> requests_;
  http::WebServer server_;  // last: it calls Serve until it is gone
};

class ScriptedProcesses final : public io::Processes {
 public:
  Result<io::CommandResult> Run(const io::Command& command) override {
    commands.push_back(command);
    return result;
  }
  Result<std::unique_ptr<io::RunningProgram>> Start(const io::Command& command) override {
    return Fail(Code::kUnsupported, "nothing is started in this test", command.words.front());
  }
  std::vector<io::Command> commands;
  Result<io::CommandResult> result = io::CommandResult{};
};

class AuthTest : public ::testing::Test {
 protected:
  static constexpr const char* kFile = "/keys/file.json";

  // Credentials of a file with this content.
  Result<std::unique_ptr<Credentials>> Load(const Json& content) {
    files_.Put(kFile, content.dump());
    return LoadCredentials(Outside_(), kFile);
  }
  [[nodiscard]] Outside Outside_() {
    Outside outside{client_, files_, environment_, clock_, processes_};
    outside.token_info_url = server_.Url("/tokeninfo");
    return outside;
  }
  // The value of the Authorization header, or the error's message.
  static std::string Bearer(Credentials& credentials) {
    auto headers = credentials.Authorize();
    return headers ? headers->front().value : headers.error().Message();
  }

  static const http::TestKey& Key() {
    static const http::TestKey key = http::MakeRsaKey();
    return key;
  }
  Json ServiceAccountFile() {
    return {{"type", "service_account"},
            {"client_email", "robot@project.iam.gserviceaccount.com"},
            {"private_key", http::PrivatePem(Key())},
            {"private_key_id", "key-1"},
            {"token_uri", server_.Url("/token")}};
  }
  Json UserFile() {
    return {{"type", "authorized_user"},
            {"client_id", "client"},
            {"client_secret", "hush-client"},
            {"refresh_token", "hush-refresh"},
            {"token_uri", server_.Url("/token")}};
  }
  Json ExternalFile(const Json& source) {
    return {{"type", "external_account"},
            {"audience", "//iam.googleapis.com/pool"},
            {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
            {"token_url", server_.Url("/sts")},
            {"credential_source", source}};
  }
  [[nodiscard]] std::string ImpersonationUrl() const {
    return server_.Url("/v1/projects/-/serviceAccounts/other@p.iam.gserviceaccount.com") +
           ":generateAccessToken";
  }
  static constexpr const char* kImpersonationPath =
      "/v1/projects/-/serviceAccounts/other@p.iam.gserviceaccount.com:generateAccessToken";

  testing::ScriptedClock clock_;
  testing::MemFs files_{clock_};
  testing::ScriptedEnvironment environment_;
  ScriptedProcesses processes_;
  TokenServer server_;
  http::CurlClient client_{http::CurlOptions{}};  // last: the server waits for its connections
};

inline std::string FromBase64Url(std::string text) {
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  size_t padding = 0;
  while (text.size() % 4 != 0) {
    text += '=';
    ++padding;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  bytes.resize(bytes.size() - padding);
  return bytes;
}

// An independent look at a JSON Web Token: its parts, and whether the key signed it with RS256.
struct OpenedJwt {
  Json header;
  Json claims;
  bool genuine = false;

  static OpenedJwt Open(const std::string& text, const http::TestKey& key) {
    const size_t first = text.find('.');
    const size_t second = text.find('.', first + 1);
    const std::string body = text.substr(0, second);
    const std::string signature = FromBase64Url(text.substr(second + 1));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    const bool genuine =
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                         signature.size(), reinterpret_cast<const unsigned char*>(body.data()),
                         body.size()) == 1;
    return {Json::parse(FromBase64Url(text.substr(0, first))),
            Json::parse(FromBase64Url(text.substr(first + 1, second - first - 1))), genuine};
  }
};

}  // namespace salvor::bigquery::auth
