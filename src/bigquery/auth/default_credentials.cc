#include "bigquery/auth/default_credentials.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "bigquery/auth/authorized_user.h"
#include "bigquery/auth/cached_credentials.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/external_account.h"
#include "bigquery/auth/impersonation.h"
#include "bigquery/auth/metadata_server.h"
#include "bigquery/auth/service_account.h"

namespace salvor::bigquery::auth {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{256} << 10U;
// An impersonation of an impersonation of …: `delegates` is the way to say that.
constexpr int kMaxNesting = 3;

class NoCredentials final : public Credentials {
 public:
  Result<std::vector<http::Header>> Authorize() override { return std::vector<http::Header>(); }
  void Reject(const std::vector<http::Header>& /*headers*/) override {}
  Result<std::string> Principal() override { return std::string(); }
  [[nodiscard]] std::string Origin() const override { return "none, as for an emulator"; }
};

// The variable's project goes before the file's, for what salvor itself asks: not for the source of
// an impersonation.
Result<std::string> QuotaProject(const Outside& outside, std::string named,
                                 const std::string& where, int nesting) {
  const std::string variable =
      nesting == 0 ? outside.environment.ValueOf("GOOGLE_CLOUD_QUOTA_PROJECT") : "";
  if (!variable.empty()) named = variable;
  const bool plain = std::all_of(named.begin(), named.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '_';
  });
  if (plain && named.size() <= 128) return named;
  return Fail(Code::kInvalidArgument, "the quota project is not a project's id",
              variable.empty() ? where : "GOOGLE_CLOUD_QUOTA_PROJECT");
}

Result<std::unique_ptr<Credentials>> MakeCredentials(const Outside& outside, Document file,
                                                     const std::string& path, int nesting);

Result<std::unique_ptr<TokenSource>> MakeImpersonatedAccount(const Outside& outside,
                                                             const Document& file,
                                                             const std::string& path, int nesting) {
  if (nesting >= kMaxNesting) {
    return Fail(file.Wrong("source_credentials within source_credentials, too often"));
  }
  Impersonation impersonation;
  SALVOR_TRY(impersonation.url, file.Text("service_account_impersonation_url"));
  SALVOR_TRY(impersonation.delegates, file.OptionalTexts("delegates"));
  SALVOR_TRY(Document source, file.Object("source_credentials"));
  Outside inner = outside;
  inner.scopes = {kImpersonationScope};
  SALVOR_TRY(auto credentials, MakeCredentials(inner, std::move(source), path, nesting + 1));
  return MakeImpersonation(outside, std::move(credentials), std::move(impersonation), file.Where());
}

Result<std::unique_ptr<TokenSource>> MakeSource(const Outside& outside, std::string_view type,
                                                const Document& file, const std::string& path,
                                                int nesting) {
  if (type == "service_account") return MakeServiceAccount(outside, file);
  if (type == "authorized_user") return MakeAuthorizedUser(outside, file);
  if (type == "external_account") return MakeExternalAccount(outside, file);
  if (type == "external_account_authorized_user") return MakeWorkforceUser(outside, file);
  if (type == "impersonated_service_account")
    return MakeImpersonatedAccount(outside, file, path, nesting);
  return Fail(Code::kUnsupported, "credentials of a type that salvor does not know", path,
              "Use a service account's key, gcloud auth application-default login, or a "
              "configuration of workload identity federation");
}

Result<std::unique_ptr<Credentials>> MakeCredentials(const Outside& outside, Document file,
                                                     const std::string& path, int nesting) {
  SALVOR_TRY(const std::string type, file.Text("type"));
  file.SetWhere(path + ", " + type);
  SALVOR_TRY(const std::string universe, file.OptionalText("universe_domain"));
  if (!universe.empty() && universe != "googleapis.com") {
    return Fail(Code::kUnsupported, "credentials of another universe than googleapis.com", path);
  }
  SALVOR_TRY(std::string project, file.OptionalText("quota_project_id"));
  SALVOR_TRY(project, QuotaProject(outside, std::move(project), path, nesting));
  SALVOR_TRY(auto source, MakeSource(outside, type, file, path, nesting));
  return std::make_unique<CachedCredentials>(outside, std::move(source), std::move(project),
                                             type + " in " + path);
}

// Nothing where neither variable says where gcloud keeps its files.
std::optional<std::string> GcloudFile(const io::Environment& environment) {
  constexpr const char* name = "application_default_credentials.json";
  const std::string folder = environment.ValueOf("CLOUDSDK_CONFIG");
  if (!folder.empty()) return io::JoinPath(folder, name);
  const std::string home = environment.ValueOf("HOME");
  if (home.empty()) return std::nullopt;
  return io::JoinPath(io::JoinPath(home, ".config/gcloud"), name);
}

}  // namespace

Result<std::unique_ptr<Credentials>> LoadCredentials(const Outside& outside,
                                                     const std::string& path) {
  SALVOR_TRY(std::string text, outside.files.ReadFile(path, kMaxFileBytes));
  const Secret bytes(std::move(text));
  auto file = Document::Parse(bytes.Reveal(), Code::kInvalidArgument, path);
  if (!file) return Fail(std::move(file).error());
  return MakeCredentials(outside, std::move(*file), path, 0);
}

Result<std::unique_ptr<Credentials>> FindDefaultCredentials(const Outside& outside) {
  if (!outside.environment.ValueOf("BIGQUERY_EMULATOR_HOST").empty()) {
    return std::make_unique<NoCredentials>();
  }
  const std::string named = outside.environment.ValueOf("GOOGLE_APPLICATION_CREDENTIALS");
  if (!named.empty()) {
    auto credentials = LoadCredentials(outside, named);
    if (credentials) return credentials;
    Error error = std::move(credentials).error();
    error.where += ", named by GOOGLE_APPLICATION_CREDENTIALS";
    if (error.next.empty()) {
      error.next =
          "Name a file that Google's console or gcloud wrote, or unset the variable to use "
          "gcloud's "
          "own";
    }
    return Fail(std::move(error));
  }
  const std::optional<std::string> gclouds = GcloudFile(outside.environment);
  if (gclouds) {
    SALVOR_TRY(const auto info, outside.files.Stat(*gclouds));
    if (info) {
      auto credentials = LoadCredentials(outside, *gclouds);
      if (credentials) return credentials;
      Error error = std::move(credentials).error();
      if (error.next.empty()) error.next = "Run gcloud auth application-default login anew";
      return Fail(std::move(error));
    }
  }
  if (HasMetadataServer(outside)) {
    SALVOR_TRY(std::string project, QuotaProject(outside, {}, {}, 0));
    return std::make_unique<CachedCredentials>(outside, MakeMetadataAccount(outside),
                                               std::move(project), "metadata server");
  }
  return Fail(
      Code::kPermission,
      "there are no Google credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, there is "
      "no " +
          gclouds.value_or("HOME") + ", and no metadata server answers",
      {},
      "Run gcloud auth application-default login, or let GOOGLE_APPLICATION_CREDENTIALS "
      "name a file");
}

}  // namespace salvor::bigquery::auth
