#include <algorithm>
#include <string_view>
#include <utility>

#include "http/url.h"
#include "ticket/exchange.h"
#include "ticket/trackers.h"

namespace salvor::ticket {
namespace {

using nlohmann::json;

constexpr int kMostPages = 10;  // of 100 comments each
constexpr std::string_view kPublicApi = "https://api.github.com";
constexpr std::string_view kServerApi = "/api/v3";  // below an enterprise server's site

json Member(const json& object, const char* name) {
  return object.is_object() ? object.value(name, json()) : json();
}

std::string SiteForPeople(const std::string& api) {
  if (api == kPublicApi) return "https://github.com";
  if (api.ends_with(kServerApi)) return api.substr(0, api.size() - kServerApi.size());
  return api;
}

class Github final : public Tracker {
 public:
  Github(const Settings& settings, const Connection& connection)
      : repository_(settings.repository),
        exchange_(connection.site,
                  {{"Authorization", "Bearer " + connection.token},
                   {"Accept", "application/vnd.github+json"},
                   {"X-GitHub-Api-Version", "2022-11-28"}},
                  connection.token, connection.client, connection.clock, connection.random,
                  connection.watcher) {}

  // The list is up to date but holds only the newest; the search reaches all but may be late.
  Result<std::optional<Ticket>> Find(const std::string& mark, const std::string& text) override {
    SALVOR_TRY(const json newest, exchange_.Get(Issues() + "?" +
                                                http::FormatQuery({{"state", "all"},
                                                                   {"sort", "created"},
                                                                   {"direction", "desc"},
                                                                   {"per_page", "100"}})));
    if (auto found = Among(newest, mark, text)) return found;
    SALVOR_TRY(const json searched,
               exchange_.Get("/search/issues?" +
                             http::FormatQuery(
                                 {{"q", "\"" + mark + "\" in:title is:issue repo:" + repository_},
                                  {"per_page", "20"}})));
    return Among(Member(searched, "items"), mark, text);
  }

  Result<Ticket> Open(const std::string& title, const std::string& body) override {
    SALVOR_TRY(const json answer, exchange_.Post(Issues(), {{"title", title}, {"body", body}}));
    const std::string key = TextMember(answer, "number");
    if (IsNumber(key)) return At(key);
    return Fail(Code::kOutcomeUnknown, "GitHub's answer names no issue", exchange_.Site(),
                "Run the same command again: it looks for the ticket first");
  }

  Result<std::vector<std::string>> Texts(const std::string& key) override {
    const std::string issue = Issues() + "/" + http::Escape(key);
    SALVOR_TRY(const json answer, exchange_.Get(issue));
    std::vector<std::string> texts{TextMember(answer, "body")};
    for (int page = 1; page <= kMostPages; ++page) {
      SALVOR_TRY(const json comments,
                 exchange_.Get(issue + "/comments?per_page=100&page=" + std::to_string(page)));
      if (!comments.is_array()) {
        return Fail(Code::kCorrupt, "GitHub's answer is no list of comments", exchange_.Site());
      }
      for (const json& comment : comments) texts.push_back(TextMember(comment, "body"));
      if (comments.size() < 100) break;
    }
    return texts;
  }

  Status Comment(const std::string& key, const std::string& body) override {
    SALVOR_TRY([[maybe_unused]] const json answer,
               exchange_.Post(Issues() + "/" + http::Escape(key) + "/comments", {{"body", body}}));
    return Done{};
  }

  [[nodiscard]] Result<Ticket> Named(const std::string& key) const override {
    if (IsNumber(key)) return At(key);
    return Fail(Code::kInvalidArgument, "that is no number of an issue", key);
  }

 private:
  [[nodiscard]] std::string Issues() const { return "/repos/" + repository_ + "/issues"; }
  [[nodiscard]] Ticket At(const std::string& key) const {
    return {key, SiteForPeople(exchange_.Site()) + "/" + repository_ + "/issues/" + key};
  }
  // A pull request is listed as an issue too.
  [[nodiscard]] std::optional<Ticket> Among(const json& issues, const std::string& mark,
                                            const std::string& text) const {
    for (const json& issue : issues) {
      const std::string key = TextMember(issue, "number");
      if (IsNumber(key) && !issue.contains("pull_request") &&
          TextMember(issue, "title").find(mark) != std::string::npos &&
          TextMember(issue, "body").find(text) != std::string::npos) {
        return At(key);
      }
    }
    return std::nullopt;
  }

  std::string repository_;
  Exchange exchange_;
};

bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= 100 && part != "." && part != ".." &&
         std::all_of(part.begin(), part.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

bool IsRepository(std::string_view name) {
  const size_t slash = name.find('/');
  return slash != std::string_view::npos && IsNamePart(name.substr(0, slash)) &&
         IsNamePart(name.substr(slash + 1));
}

std::unique_ptr<Tracker> MakeGithub(const Settings& settings, const Connection& connection) {
  return std::make_unique<Github>(settings, connection);
}

}  // namespace salvor::ticket
