#include "bigquery/auth/service_account.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <utility>

#include "base/strings.h"
#include "bigquery/auth/address.h"
#include "bigquery/auth/secret.h"

namespace salvor::bigquery::auth {
namespace {

constexpr const char* kGoogleTokenUri = "https://oauth2.googleapis.com/token";
constexpr int64_t kLifeSeconds = 3'600;  // the longest that Google takes

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// OpenSSL's own would ask on the terminal.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return 0; }

Result<Key> ReadKey(const Document& file) {
  SALVOR_TRY(std::string text, file.Text("private_key"));
  const Secret pem(std::move(text));
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.Reveal().data(), static_cast<int>(pem.Reveal().size())));
  Key key(bio == nullptr ? nullptr
                         : PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, nullptr));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_bits(key.get()) < 2'048) {
    return Fail(file.Wrong("'private_key' is no RSA key of 2,048 bits or more in PEM form"));
  }
  return key;
}

class ServiceAccount final : public TokenSource {
 public:
  ServiceAccount(const Outside& outside, Key key, std::string key_id, std::string email,
                 std::string token_uri, std::string where)
      : outside_(outside),
        key_(std::move(key)),
        key_id_(std::move(key_id)),
        email_(std::move(email)),
        token_uri_(std::move(token_uri)),
        where_(std::move(where)) {}

  Result<Token> Fetch() override {
    SALVOR_TRY(const Secret statement, SignedStatement());
    return AskForToken(outside_, token_uri_,
                       {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                        {"assertion", statement.Reveal()}},
                       {}, where_);
  }
  Result<std::string> Principal() override { return email_; }

 private:
  // RFC 7515 with RS256, the claims of RFC 7523, section 3, and Google's scope.
  Result<Secret> SignedStatement() {
    const int64_t now = MillisOf(outside_.clock.Now()) / 1'000;
    nlohmann::json header{{"alg", "RS256"}, {"typ", "JWT"}};
    if (!key_id_.empty()) header["kid"] = key_id_;
    const nlohmann::json claims{{"iss", email_},
                                {"scope", Join(outside_.scopes, " ")},
                                {"aud", token_uri_},
                                {"iat", now},
                                {"exp", now + kLifeSeconds}};
    const auto dump = [](const nlohmann::json& json) {
      return Base64Url(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    };
    const std::string text = dump(header) + "." + dump(claims);
    const std::string signature = Sign(text);
    if (signature.empty()) return Fail(Code::kInternal, "OpenSSL could not sign", where_);
    return Secret(text + "." + Base64Url(signature));
  }

  [[nodiscard]] std::string Sign(const std::string& text) const {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    size_t size = 0;
    if (context == nullptr ||
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
      return {};
    }
    std::string signature(size, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(signature.data());
    if (EVP_DigestSign(context.get(), out, &size, bytes, text.size()) != 1) return {};
    signature.resize(size);
    return signature;
  }

  const Outside outside_;
  const Key key_;
  const std::string key_id_;
  const std::string email_;
  const std::string token_uri_;
  const std::string where_;
};

}  // namespace

Result<std::unique_ptr<TokenSource>> MakeServiceAccount(const Outside& outside,
                                                        const Document& file) {
  SALVOR_TRY(std::string email, file.Text("client_email"));
  SALVOR_TRY(std::string key_id, file.OptionalText("private_key_id"));
  SALVOR_TRY(std::string token_uri, file.OptionalText("token_uri"));
  if (token_uri.empty()) token_uri = kGoogleTokenUri;
  SALVOR_OK(CheckTokenEndpoint(token_uri, "token_uri", file.Where(), outside.environment));
  SALVOR_TRY(Key key, ReadKey(file));
  return std::make_unique<ServiceAccount>(outside, std::move(key), std::move(key_id),
                                          std::move(email), std::move(token_uri), file.Where());
}

}  // namespace salvor::bigquery::auth
