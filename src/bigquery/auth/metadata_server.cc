#include "bigquery/auth/metadata_server.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/strings.h"
#include "http/url.h"

namespace salvor::bigquery::auth {
namespace {

// An address, not a name: a name server in between has no say in who we are.
constexpr const char* kAddress = "169.254.169.254";
constexpr Millis kProbe{3'000};

std::string HostOf(const Outside& outside) {
  const std::string named = outside.environment.ValueOf("GCE_METADATA_HOST");
  return named.empty() ? kAddress : named;
}

http::Request RequestFor(const Outside& outside, const std::string& path) {
  http::Request request;
  request.url = "http://" + HostOf(outside) + path;
  request.headers = {{"Metadata-Flavor", "Google"}};
  request.timeout = Millis(10'000);
  request.max_body_bytes = int64_t{1} << 20U;
  return request;
}

bool IsGoogles(const http::Response& response) {
  return response.Get("Metadata-Flavor") == "Google";
}

// Lets nobody else's answer through.
class OnlyGoogles final : public http::Client {
 public:
  explicit OnlyGoogles(http::Client& client) : client_(client) {}
  Result<http::Response> Send(const http::Request& request) override {
    SALVOR_TRY(http::Response response, client_.Send(request));
    if (IsGoogles(response)) return response;
    return Fail(Code::kCorrupt, "the metadata server's answer is not marked as Google's");
  }

 private:
  http::Client& client_;
};

class MetadataAccount final : public TokenSource {
 public:
  explicit MetadataAccount(const Outside& outside) : outside_(outside) {}

  Result<Token> Fetch() override {
    const std::string scopes = http::Escape(Join(outside_.scopes, ","));
    OnlyGoogles client(outside_.client);
    const Instant asked = outside_.clock.Now();
    SALVOR_TRY(const Document answer,
               AskForDocument(client, RequestFor(outside_, kFolder + "token?scopes=" + scopes),
                              "metadata server"));
    return ReadToken(answer, asked);
  }

  Result<std::string> Principal() override {
    OnlyGoogles client(outside_.client);
    auto response = client.Send(RequestFor(outside_, kFolder + "email"));
    if (!response) {
      Error error = std::move(response).error();
      if (error.code == Code::kOutcomeUnknown) error.code = Code::kUnavailable;
      return Fail(std::move(error));
    }
    const std::string& email = response->body;
    const bool plain =
        std::all_of(email.begin(), email.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (response->status != 200 || !plain || email.size() > 256) return std::string();
    return email;
  }

 private:
  inline static const std::string kFolder =
      "/computeMetadata/v1/instance/service-accounts/default/";

  const Outside outside_;
};

}  // namespace

bool HasMetadataServer(const Outside& outside) {
  if (outside.environment.ValueOf("NO_GCE_CHECK") == "true") return false;
  http::Request request = RequestFor(outside, "/");
  request.timeout = kProbe;
  const auto response = outside.client.Send(request);
  return response && response->status == 200 && IsGoogles(*response);
}

std::unique_ptr<TokenSource> MakeMetadataAccount(const Outside& outside) {
  return std::make_unique<MetadataAccount>(outside);
}

}  // namespace salvor::bigquery::auth
