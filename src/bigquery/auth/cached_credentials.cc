#include "bigquery/auth/cached_credentials.h"

#include <algorithm>
#include <utility>

namespace salvor::bigquery::auth {
namespace {

constexpr Millis kEarly{300'000};
constexpr Millis kRetryEarly{30'000};
// A token that ends while a request travels is of no use.
constexpr Millis kTravel{10'000};

}  // namespace

CachedCredentials::CachedCredentials(const Outside& outside, std::unique_ptr<TokenSource> source,
                                     std::string quota_project, std::string origin)
    : outside_(outside),
      source_(std::move(source)),
      quota_project_(std::move(quota_project)),
      origin_(std::move(origin)) {}

std::vector<http::Header> CachedCredentials::Headers() const {
  std::vector<http::Header> headers{{"Authorization", "Bearer " + token_->value.Reveal()}};
  if (!quota_project_.empty()) headers.push_back({"X-Goog-User-Project", quota_project_});
  return headers;
}

bool CachedCredentials::Holds(Instant now) const {
  return token_.has_value() && now + kTravel < token_->expires;
}

Result<std::vector<http::Header>> CachedCredentials::Authorize() {
  std::unique_lock lock(mutex_);
  Instant now = outside_.clock.Now();
  if (Holds(now) && (fetching_ || now < renew_at_)) return Headers();
  if (fetching_) {
    const uint64_t before = fetches_;
    fetched_.wait(lock, [&] { return fetches_ != before; });
    if (failure_ && !token_) return Fail(*failure_);
    now = outside_.clock.Now();
    if (Holds(now)) return Headers();
    if (fetching_) return Fail(Code::kUnavailable, "tokens end as soon as they come", origin_);
  }
  fetching_ = true;
  lock.unlock();
  Result<Token> fetched = source_->Fetch();
  lock.lock();
  fetching_ = false;
  ++fetches_;
  Keep(std::move(fetched));
  fetched_.notify_all();
  if (failure_ && !token_) return Fail(*failure_);
  return Headers();
}

// Afterwards there is a token to go on with, or a failure and none.
void CachedCredentials::Keep(Result<Token> fetched) {
  const Instant now = outside_.clock.Now();
  if (fetched) {
    failure_.reset();
    token_ = std::move(fetched).value();
    const Millis life = std::max(token_->expires - now, Millis(0));
    renew_at_ = token_->expires - std::min(kEarly, life / 2);
    return;
  }
  failure_ = std::move(fetched).error();
  if (Holds(now)) {
    renew_at_ = now + kRetryEarly;
  } else {
    token_.reset();
  }
}

void CachedCredentials::Reject(const std::vector<http::Header>& headers) {
  const std::lock_guard lock(mutex_);
  if (!token_) return;
  const std::string kept = "Bearer " + token_->value.Reveal();
  const bool same = std::any_of(headers.begin(), headers.end(), [&](const http::Header& header) {
    return http::SameName(header.name, "Authorization") && header.value == kept;
  });
  if (same) token_.reset();
}

Result<std::string> CachedCredentials::Principal() {
  const std::lock_guard lock(principal_mutex_);
  if (!principal_) {
    SALVOR_TRY(std::string principal, source_->Principal());
    if (principal.empty()) {
      SALVOR_TRY(principal, AskWhoseTokenItIs());
    }
    principal_ = std::move(principal);
  }
  return *principal_;
}

Result<std::string> CachedCredentials::AskWhoseTokenItIs() {
  SALVOR_TRY(const auto headers, Authorize());
  http::Request request;
  request.method = "POST";
  request.url = outside_.token_info_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  // Not in the URL, which proxies and servers write into their logs.
  request.body = "access_token=" + headers.front().value.substr(std::string_view("Bearer ").size());
  request.timeout = Millis(30'000);
  auto answer = AskForDocument(outside_.client, request, origin_);
  Wipe(request.body);
  // A federated token is not known there: nobody says whose it is.
  if (!answer && answer.error().code == Code::kPermission) return std::string();
  if (!answer) return Fail(std::move(answer).error());
  SALVOR_TRY(const std::string email, answer->OptionalText("email"));
  return email;
}

}  // namespace salvor::bigquery::auth
