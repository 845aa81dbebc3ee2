#include "testing/bigquery_server/rest/paging.h"

#include <algorithm>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kLargestPage = 1000;
constexpr std::string_view kTokenPrefix = "PAGE";

}  // namespace

std::string PageToken(size_t at) { return std::string(kTokenPrefix) + std::to_string(at); }

Result<Page> PageOf(const Call& call, size_t count, size_t largest) {
  size_t size = largest;
  if (const std::string text = call.Query("maxResults"); !text.empty()) {
    const auto asked = ParseNumber(text);
    if (!asked || *asked < 0) return Refuse("invalid", "Invalid value for maxResults: " + text);
    size = std::min(largest, static_cast<size_t>(*asked));
  }
  Page page;
  std::string token = call.Query("pageToken");
  if (!token.empty()) {
    const auto at = token.starts_with(kTokenPrefix)
                        ? ParseNumber(std::string_view(token).substr(kTokenPrefix.size()))
                        : std::nullopt;
    if (!at || *at < 0 || static_cast<size_t>(*at) > count) {
      return Refuse("invalid", "Invalid page token");
    }
    page.from = static_cast<size_t>(*at);
  } else if (const auto start = ParseNumber(call.Query("startIndex"))) {
    page.from = std::min(count, static_cast<size_t>(std::max<int64_t>(0, *start)));
  }
  page.to = std::min(count, page.from + size);
  return page;
}

Status LayPage(const std::vector<Json>& all, const std::string& member, const Call& call,
               Json& body, const std::string& token) {
  SALVOR_TRY(const Page page, PageOf(call, all.size(), kLargestPage));
  for (size_t i = page.from; i < page.to; ++i) body[member].push_back(all[i]);
  if (page.to < all.size() && page.to > page.from) body[token] = PageToken(page.to);
  return Done{};
}

}  // namespace salvor::testing::bigquery
