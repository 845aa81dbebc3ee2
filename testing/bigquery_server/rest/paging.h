// Lists in pages: maxResults and pageToken.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "testing/bigquery_server/rest/call.h"

namespace salvor::testing::bigquery {

// Puts the page of `all` that the call asks for into body[member], and nextPageToken (or `token`)
// where more follow. The member is left out of an empty list's answer, as the service does. 400 for
// a token that this list did not give.
Status LayPage(const std::vector<Json>& all, const std::string& member, const Call& call,
               Json& body, const std::string& token = "nextPageToken");

// [from, to) of `count` for the call; to is the next token where it is less than count.
struct Page {
  size_t from = 0;
  size_t to = 0;
};
Result<Page> PageOf(const Call& call, size_t count, size_t largest);
std::string PageToken(size_t at);

}  // namespace salvor::testing::bigquery
