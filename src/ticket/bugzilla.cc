#include <utility>

#include "http/url.h"
#include "ticket/exchange.h"
#include "ticket/trackers.h"

namespace salvor::ticket {
namespace {

using nlohmann::json;

json Member(const json& object, const char* name) {
  return object.is_object() ? object.value(name, json()) : json();
}

class Bugzilla final : public Tracker {
 public:
  Bugzilla(const Settings& settings, const Connection& connection)
      : settings_(settings),
        exchange_(connection.site, {{"X-BUGZILLA-API-KEY", connection.token}}, connection.token,
                  connection.client, connection.clock, connection.random, connection.watcher) {}

  Result<std::optional<Ticket>> Find(const std::string& mark, const std::string& text) override {
    const std::string query = http::FormatQuery({{"product", settings_.product},
                                                 {"summary", mark},
                                                 {"include_fields", "id,summary"},
                                                 {"limit", "20"}});
    SALVOR_TRY(const json answer, exchange_.Get("/rest/bug?" + query));
    for (const json& bug : Member(answer, "bugs")) {
      const std::string key = TextMember(bug, "id");
      if (!IsNumber(key) || TextMember(bug, "summary").find(mark) == std::string::npos) continue;
      SALVOR_TRY(const auto texts, Texts(key));
      if (!texts.empty() && texts.front().find(text) != std::string::npos) {
        return std::optional<Ticket>(At(key));
      }
    }
    return std::optional<Ticket>();
  }

  // A field that a server does not know is an error there, so `type` is sent only if it is named.
  Result<Ticket> Open(const std::string& title, const std::string& body) override {
    json bug{{"product", settings_.product},
             {"component", settings_.component},
             {"version", settings_.version},
             {"summary", title},
             {"description", body},
             {"op_sys", "All"},
             {"platform", "All"}};
    if (!settings_.issue_type.empty()) bug["type"] = settings_.issue_type;
    SALVOR_TRY(const json answer, exchange_.Post("/rest/bug", bug));
    const std::string key = TextMember(answer, "id");
    if (IsNumber(key)) return At(key);
    return Fail(Code::kOutcomeUnknown, "Bugzilla's answer names no bug", exchange_.Site(),
                "Run the same command again: it looks for the ticket first");
  }

  Result<std::vector<std::string>> Texts(const std::string& key) override {
    SALVOR_TRY(const json answer, exchange_.Get("/rest/bug/" + http::Escape(key) + "/comment"));
    std::vector<std::string> texts;
    for (const json& comment : Member(Member(Member(answer, "bugs"), key.c_str()), "comments")) {
      texts.push_back(TextMember(comment, "text"));
    }
    return texts;
  }

  Status Comment(const std::string& key, const std::string& body) override {
    SALVOR_TRY([[maybe_unused]] const json answer,
               exchange_.Post("/rest/bug/" + http::Escape(key) + "/comment", {{"comment", body}}));
    return Done{};
  }

  [[nodiscard]] Result<Ticket> Named(const std::string& key) const override {
    if (IsNumber(key)) return At(key);
    return Fail(Code::kInvalidArgument, "that is no number of a bug", key);
  }

 private:
  [[nodiscard]] Ticket At(const std::string& key) const {
    return {key, exchange_.Site() + "/show_bug.cgi?id=" + key};
  }

  Settings settings_;
  Exchange exchange_;
};

}  // namespace

std::unique_ptr<Tracker> MakeBugzilla(const Settings& settings, const Connection& connection) {
  return std::make_unique<Bugzilla>(settings, connection);
}

}  // namespace salvor::ticket
