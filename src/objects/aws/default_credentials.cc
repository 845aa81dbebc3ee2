#include "objects/aws/default_credentials.h"

#include <openssl/crypto.h>

#include <set>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "objects/aws/assume_role.h"
#include "objects/aws/cached_keys.h"
#include "objects/aws/credential_process.h"
#include "objects/aws/metadata.h"

namespace salvor::objects::aws {
namespace {

constexpr int64_t kShortestRole = 900;
constexpr int64_t kLongestRole = 43'200;

std::string OrDefault(std::string text, const char* fallback) {
  return text.empty() ? fallback : std::move(text);
}

Result<std::string> StsOf(const Outside& outside, const Profiles& profiles, const Settings& profile,
                          const std::string& region) {
  std::string configured = outside.environment.ValueOf("AWS_ENDPOINT_URL_STS");
  if (configured.empty()) configured = outside.environment.ValueOf("AWS_ENDPOINT_URL");
  if (configured.empty()) configured = profiles.Service(profile, "sts.endpoint_url");
  if (configured.empty()) configured = ValueOf(profile, "endpoint_url");
  if (LowerCase(outside.environment.ValueOf("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) == "true")
    configured.clear();
  return StsEndpoint(region, configured);
}

// One profile, and those that it takes its keys from.
class ProfileReader {
 public:
  ProfileReader(const Outside& outside, const Profiles& profiles)
      : outside_(outside), profiles_(profiles) {}

  // Null where the profile names no credentials.
  Result<std::unique_ptr<Credentials>> Read(const std::string& name) {
    const auto profile = profiles_.Find(name);
    const std::string where = "profile " + name + " of " + profiles_.Where();
    if (!profile) return std::unique_ptr<Credentials>();
    if (!seen_.insert(name).second) {
      return Fail(Code::kInvalidArgument, "its source_profile leads back to itself", where);
    }
    if (!ValueOf(*profile, "role_arn").empty()) return ReadRole(*profile, where);
    return ReadOwn(name, *profile, where);
  }

 private:
  Result<std::unique_ptr<Credentials>> ReadOwn(const std::string& name, const Settings& profile,
                                               const std::string& where) {
    Keys keys;
    keys.id = ValueOf(profile, "aws_access_key_id");
    keys.secret = ValueOf(profile, "aws_secret_access_key");
    keys.token = ValueOf(profile, "aws_session_token");
    if (!keys.id.empty() && !keys.secret.empty())
      return std::make_unique<StaticKeys>(std::move(keys), where);
    if (!keys.id.empty() || !keys.secret.empty()) {
      return Fail(Code::kInvalidArgument,
                  "it has only one of aws_access_key_id and aws_secret_access_key", where);
    }
    if (const std::string program = ValueOf(profile, "credential_process"); !program.empty()) {
      SALVOR_TRY(std::vector<std::string> words, SplitWords(program, where));
      return Cached(MakeProgramKeys(outside_, std::move(words), where), where);
    }
    if (!ValueOf(profile, "sso_session").empty() || !ValueOf(profile, "sso_start_url").empty()) {
      return Cached(MakeProgramKeys(outside_,
                                    {"aws", "configure", "export-credentials", "--profile", name,
                                     "--format", "process"},
                                    where),
                    where);
    }
    return std::unique_ptr<Credentials>();
  }

  Result<std::unique_ptr<Credentials>> ReadRole(const Settings& profile, const std::string& where) {
    Role role;
    role.arn = ValueOf(profile, "role_arn");
    role.session = OrDefault(ValueOf(profile, "role_session_name"), "salvor");
    role.external_id = ValueOf(profile, "external_id");
    if (const std::string text = ValueOf(profile, "duration_seconds"); !text.empty()) {
      role.seconds = ParseInt64(text).value_or(0);
      if (role.seconds < kShortestRole || role.seconds > kLongestRole)
        return Fail(Code::kInvalidArgument, "duration_seconds is not from 900 to 43200", where);
    }
    if (!ValueOf(profile, "mfa_serial").empty()) {
      return Fail(Code::kUnsupported, "the role wants a code of a second factor", where,
                  "Get keys by aws sts assume-role, and give them in the environment");
    }
    const std::string region = OrDefault(RegionOf(outside_.environment, profile), "us-east-1");
    SALVOR_TRY(std::string endpoint, StsOf(outside_, profiles_, profile, region));
    if (const std::string file = ValueOf(profile, "web_identity_token_file"); !file.empty())
      return Cached(MakeWebIdentity(outside_, std::move(endpoint), std::move(role), file), where);
    SALVOR_TRY(std::unique_ptr<Credentials> source, SourceOf(profile, where));
    return Cached(
        MakeAssumedRole(outside_, std::move(endpoint), region, std::move(role), std::move(source)),
        where);
  }

  Result<std::unique_ptr<Credentials>> SourceOf(const Settings& profile, const std::string& where) {
    const std::string named = ValueOf(profile, "source_profile");
    const std::string place = ValueOf(profile, "credential_source");
    std::unique_ptr<Credentials> source;
    if (!named.empty()) {
      const auto own = profiles_.Find(named);
      // A profile that names itself has keys of its own beside the role.
      if (own && seen_.contains(named)) {
        SALVOR_TRY(source, ReadOwn(named, *own, where));
      } else {
        SALVOR_TRY(source, Read(named));
      }
    } else if (place == "Environment") {
      source = FromVariables(outside_.environment);
    } else if (place == "EcsContainer") {
      SALVOR_TRY(auto keys, FindContainerKeys(outside_));
      if (keys) source = Cached(std::move(keys), "the container's credentials");
    } else if (place == "Ec2InstanceMetadata") {
      if (auto keys = FindInstanceKeys(outside_))
        source = Cached(std::move(keys), "the instance's metadata");
    }
    if (source == nullptr) {
      return Fail(Code::kPermission, "the role has no keys to be assumed with", where,
                  "Check source_profile or credential_source there");
    }
    return source;
  }

 public:
  std::unique_ptr<Credentials> Cached(std::unique_ptr<KeySource> source, std::string where) const {
    return std::make_unique<CachedKeys>(outside_.clock, std::move(source), std::move(where));
  }
  // Null where they are not set.
  static std::unique_ptr<Credentials> FromVariables(const io::Environment& environment) {
    Keys keys;
    keys.id = environment.ValueOf("AWS_ACCESS_KEY_ID");
    keys.secret = environment.ValueOf("AWS_SECRET_ACCESS_KEY");
    keys.token = environment.ValueOf("AWS_SESSION_TOKEN");
    if (keys.id.empty() || keys.secret.empty()) return nullptr;
    return std::make_unique<StaticKeys>(std::move(keys), "AWS_ACCESS_KEY_ID in the environment");
  }

 private:
  const Outside& outside_;
  const Profiles& profiles_;
  std::set<std::string> seen_;
};

Result<std::unique_ptr<Credentials>> FromWebIdentity(const Outside& outside,
                                                     const Profiles& profiles,
                                                     const Settings& profile) {
  const std::string file = outside.environment.ValueOf("AWS_WEB_IDENTITY_TOKEN_FILE");
  Role role;
  role.arn = outside.environment.ValueOf("AWS_ROLE_ARN");
  role.session = OrDefault(outside.environment.ValueOf("AWS_ROLE_SESSION_NAME"), "salvor");
  if (file.empty() || role.arn.empty()) return std::unique_ptr<Credentials>();
  const std::string region = OrDefault(RegionOf(outside.environment, profile), "us-east-1");
  SALVOR_TRY(std::string endpoint, StsOf(outside, profiles, profile, region));
  return ProfileReader(outside, profiles)
      .Cached(MakeWebIdentity(outside, std::move(endpoint), std::move(role), file),
              "AWS_WEB_IDENTITY_TOKEN_FILE, " + file);
}

}  // namespace

std::string ProfileName(const io::Environment& environment, const std::string& asked) {
  return OrDefault(asked.empty() ? environment.ValueOf("AWS_PROFILE") : asked, "default");
}

std::string RegionOf(const io::Environment& environment, const Settings& profile) {
  for (const char* const name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string value = environment.ValueOf(name); !value.empty()) return value;
  }
  return ValueOf(profile, "region");
}

Result<std::unique_ptr<Credentials>> FindCredentials(const Outside& outside,
                                                     const Profiles& profiles,
                                                     const std::string& asked_profile) {
  const std::string name = ProfileName(outside.environment, asked_profile);
  const auto profile = profiles.Find(name);
  if (!profile && name != "default") {
    return Fail(Code::kNotFound, "there is no profile '" + name + "'", profiles.Where(),
                "Name one that aws configure list-profiles shows");
  }
  if (asked_profile.empty()) {
    if (auto found = ProfileReader::FromVariables(outside.environment)) return found;
    SALVOR_TRY(auto found, FromWebIdentity(outside, profiles, profile.value_or(Settings())));
    if (found) return found;
  }
  ProfileReader reader(outside, profiles);
  SALVOR_TRY(auto of_profile, reader.Read(name));
  if (of_profile) return of_profile;
  SALVOR_TRY(auto container, FindContainerKeys(outside));
  if (container) return reader.Cached(std::move(container), "the container's credentials");
  if (auto instance = FindInstanceKeys(outside))
    return reader.Cached(std::move(instance), "the instance's metadata");
  return Fail(Code::kPermission,
              "there are no AWS credentials: not in the environment, not in profile " + name +
                  " of " + profiles.Where() + ", and no metadata server answers",
              {},
              "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in AWS_PROFILE");
}

}  // namespace salvor::objects::aws
