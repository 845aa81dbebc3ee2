#include <algorithm>
#include <utility>

#include "bigquery/auth/credentials.h"

namespace salvor::bigquery::auth {
namespace {

http::Request With(const http::Request& request, const std::vector<http::Header>& headers) {
  http::Request authorized = request;
  for (const http::Header& header : headers) {
    authorized.headers.erase(std::remove_if(authorized.headers.begin(), authorized.headers.end(),
                                            [&](const http::Header& old) {
                                              return http::SameName(old.name, header.name);
                                            }),
                             authorized.headers.end());
    authorized.headers.push_back(header);
  }
  return authorized;
}

}  // namespace

Result<http::Response> AuthorizedClient::Send(const http::Request& request) {
  SALVOR_TRY(const auto headers, credentials_.Authorize());
  SALVOR_TRY(auto response, client_.Send(With(request, headers)));
  if (response.status != 401 || headers.empty()) return response;
  credentials_.Reject(headers);
  SALVOR_TRY(const auto fresh, credentials_.Authorize());
  return client_.Send(With(request, fresh));
}

}  // namespace salvor::bigquery::auth
