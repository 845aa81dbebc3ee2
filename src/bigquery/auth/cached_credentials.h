// Credentials that keep their token.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bigquery/auth/credentials.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {

// Does what Credentials promises, for any source. A token is renewed 5 minutes before it ends, or
// in the second half of its life if that is shorter. While one thread renews a token that still
// holds, the others go on with it; if renewing fails they all do, and it is tried again after half
// a minute.
class CachedCredentials final : public Credentials {
 public:
  // `quota_project` is the project to bill and to count against; "" for the credentials' own.
  CachedCredentials(const Outside& outside, std::unique_ptr<TokenSource> source,
                    std::string quota_project, std::string origin);

  Result<std::vector<http::Header>> Authorize() override;
  void Reject(const std::vector<http::Header>& headers) override;
  Result<std::string> Principal() override;
  [[nodiscard]] std::string Origin() const override { return origin_; }

 private:
  [[nodiscard]] std::vector<http::Header> Headers() const;
  [[nodiscard]] bool Holds(Instant now) const;
  void Keep(Result<Token> fetched);
  Result<std::string> AskWhoseTokenItIs();

  const Outside outside_;
  const std::unique_ptr<TokenSource> source_;
  const std::string quota_project_;
  const std::string origin_;

  std::mutex mutex_;
  std::condition_variable fetched_;
  bool fetching_ = false;
  uint64_t fetches_ = 0;  // finished
  std::optional<Token> token_;
  Instant renew_at_;
  std::optional<Error> failure_;  // of the last fetch

  std::mutex principal_mutex_;
  std::optional<std::string> principal_;
};

}  // namespace salvor::bigquery::auth
