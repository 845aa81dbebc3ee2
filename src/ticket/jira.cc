#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "http/url.h"
#include "ticket/exchange.h"
#include "ticket/trackers.h"

namespace salvor::ticket {
namespace {

using nlohmann::json;

std::string Base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

// In the cloud an API token is the password of its owner; a personal access token stands alone.
std::string Authorization(const Settings& settings, const std::string& token) {
  if (settings.user.empty()) return "Bearer " + token;
  return "Basic " + Base64(settings.user + ":" + token);
}

// All text of a document (or of plain wiki markup), in order.
std::string PlainText(const json& body) {
  if (body.is_string()) return body.get<std::string>();
  std::string text;
  if (body.is_object()) {
    text = TextMember(body, "text");
    if (const auto content = body.find("content"); content != body.end()) {
      text += PlainText(*content);
    }
  } else if (body.is_array()) {
    for (const json& one : body) text += PlainText(one);
  }
  return text;
}

json Member(const json& object, const char* name) {
  return object.is_object() ? object.value(name, json()) : json();
}

class Jira final : public Tracker {
 public:
  Jira(const Settings& settings, const Connection& connection)
      : settings_(settings),
        root_("/rest/api/" + std::to_string(settings.api)),
        exchange_(connection.site, {{"Authorization", Authorization(settings, connection.token)}},
                  connection.token, connection.client, connection.clock, connection.random,
                  connection.watcher) {}

  Result<std::optional<Ticket>> Find(const std::string& mark, const std::string& text) override {
    const std::string query =
        http::FormatQuery({{"jql", "project = \"" + settings_.project + "\" AND summary ~ \"" +
                                       mark + "\" ORDER BY created DESC"},
                           {"fields", "summary,description"},
                           {"maxResults", "20"}});
    SALVOR_TRY(const json answer,
               exchange_.Get(root_ + (settings_.api == 3 ? "/search/jql?" : "/search?") + query));
    for (const json& issue : Member(answer, "issues")) {
      const json fields = Member(issue, "fields");
      const std::string key = TextMember(issue, "key");
      if (!IsIssueKey(key) || TextMember(fields, "summary").find(mark) == std::string::npos ||
          PlainText(Member(fields, "description")).find(text) == std::string::npos) {
        continue;
      }
      return std::optional<Ticket>(At(key));
    }
    return std::optional<Ticket>();
  }

  Result<Ticket> Open(const std::string& title, const std::string& body) override {
    const json fields{
        {"project", {{"key", settings_.project}}},
        {"issuetype", {{"name", settings_.issue_type.empty() ? "Task" : settings_.issue_type}}},
        {"summary", title},
        {"description", Body(body)}};
    SALVOR_TRY(const json answer, exchange_.Post(root_ + "/issue", {{"fields", fields}}));
    const std::string key = TextMember(answer, "key");
    if (IsIssueKey(key)) return At(key);
    return Fail(Code::kOutcomeUnknown, "Jira's answer names no ticket", exchange_.Site(),
                "Run the same command again: it looks for the ticket first");
  }

  Result<std::vector<std::string>> Texts(const std::string& key) override {
    const std::string issue = root_ + "/issue/" + http::Escape(key);
    SALVOR_TRY(const json answer, exchange_.Get(issue + "?fields=description"));
    std::vector<std::string> texts{PlainText(Member(Member(answer, "fields"), "description"))};
    SALVOR_TRY(const json comments,
               exchange_.Get(issue + "/comment?orderBy=-created&maxResults=100"));
    for (const json& comment : Member(comments, "comments")) {
      texts.push_back(PlainText(Member(comment, "body")));
    }
    return texts;
  }

  Status Comment(const std::string& key, const std::string& body) override {
    SALVOR_TRY(
        [[maybe_unused]] const json answer,
        exchange_.Post(root_ + "/issue/" + http::Escape(key) + "/comment", {{"body", Body(body)}}));
    return Done{};
  }

  [[nodiscard]] Result<Ticket> Named(const std::string& key) const override {
    if (IsIssueKey(key)) return At(key);
    return Fail(Code::kInvalidArgument, "that is no key of a Jira ticket, such as DSRE-12", key);
  }

 private:
  [[nodiscard]] Ticket At(const std::string& key) const {
    return {key, exchange_.Site() + "/browse/" + key};
  }
  [[nodiscard]] json Body(const std::string& body) const {
    return settings_.api == 3 ? json::parse(body, nullptr, /*allow_exceptions=*/false) : json(body);
  }

  Settings settings_;
  std::string root_;
  Exchange exchange_;
};

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool IsProjectKey(std::string_view key) {
  return key.size() >= 2 && key.size() <= 64 && IsCapital(key.front()) &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return IsCapital(c) || IsDigit(c) || c == '_'; });
}

bool IsIssueKey(std::string_view key) {
  const size_t dash = key.find('-');
  return dash != std::string_view::npos && IsProjectKey(key.substr(0, dash)) &&
         IsNumber(std::string(key.substr(dash + 1)));
}

std::unique_ptr<Tracker> MakeJira(const Settings& settings, const Connection& connection) {
  return std::make_unique<Jira>(settings, connection);
}

}  // namespace salvor::ticket
