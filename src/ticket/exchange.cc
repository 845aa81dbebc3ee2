#include "ticket/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/url.h"
#include "model/document.h"
#include "ticket/secret.h"

namespace salvor::ticket {
namespace {

using nlohmann::json;

constexpr Millis kTimeout{15'000};
// A recovery waits for this, so it gives up early: the comment is made up for at the next step.
constexpr http::RetryPolicy kPolicy{Millis{500}, Millis{4'000}, Millis{20'000}};
constexpr int64_t kLargestAnswer = int64_t{16} << 20U;
constexpr size_t kQuoted = 300;  // bytes of a tracker's own words in an error

// What a tracker says about a refusal: Jira's errorMessages and errors, Bugzilla's and GitHub's
// message.
std::string TrackerWords(const json& answer, const std::string& secret) {
  std::string words = TextMember(answer, "message");
  if (answer.is_object() && answer.contains("errorMessages") &&
      answer["errorMessages"].is_array()) {
    for (const json& one : answer["errorMessages"]) {
      if (one.is_string()) words += (words.empty() ? "" : "; ") + one.get<std::string>();
    }
  }
  if (answer.is_object() && answer.contains("errors") && answer["errors"].is_object()) {
    for (const auto& [name, value] : answer["errors"].items()) {
      if (!value.is_string()) continue;
      words += (words.empty() ? "" : "; ") + name + ": " + value.get<std::string>();
    }
  }
  if (GivesAway(words, secret)) return "(its words hold the token, and are not shown)";
  return words.substr(0, kQuoted);
}

Code CodeOf(int status) {
  if (status == 401 || status == 403) return Code::kPermission;
  // Moved (a repository that was renamed, an issue that was transferred): not followed, since the
  // token would go along.
  if (status >= 300 && status < 400) return Code::kNotFound;
  if (status == 404 || status == 410) return Code::kNotFound;
  if (status >= 400 && status < 500 && status != 408 && status != 429) {
    return Code::kInvalidArgument;
  }
  return Code::kUnavailable;
}

const char* NextOf(Code code) {
  switch (code) {
    case Code::kPermission:
      return "See that the token of salvor.yaml's tickets section is valid and may do this";
    case Code::kNotFound:
      return "See that url, project or repository in salvor.yaml are right, and that the token may "
             "see them";
    case Code::kInvalidArgument:
      return "Correct the tickets section of salvor.yaml";
    default:
      return "Run the same command again";
  }
}

}  // namespace

std::string TextMember(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_unsigned()) return std::to_string(found->get<uint64_t>());
  return {};
}

Result<std::string> CheckedSite(const std::string& url) {
  auto parsed = http::ParseUrl(url);
  if (!parsed) {
    return Fail(std::move(parsed).error().At("tickets: url").Next("Correct it in salvor.yaml"));
  }
  if (parsed->scheme != "https" && !parsed->IsLoopback()) {
    return Fail(Code::kRefused, "the tracker would be asked over plain HTTP, which shows the token",
                parsed->ForMessages(), "Write https in salvor.yaml");
  }
  std::string site = parsed->ForMessages();
  while (site.ends_with('/')) site.pop_back();
  return site;
}

bool IsNumber(const std::string& key) {
  return !key.empty() && key.size() <= 18 && key.front() != '0' &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Exchange::Exchange(std::string site, std::vector<http::Header> headers, std::string secret,
                   http::Client& client, const io::Clock& clock, const io::Random& random,
                   http::RetryWatcher watcher)
    : site_(std::move(site)),
      headers_(std::move(headers)),
      secret_(std::move(secret)),
      loop_(client, clock, random, kPolicy, std::move(watcher)) {
  if (std::none_of(headers_.begin(), headers_.end(), [](const http::Header& header) {
        return http::SameName(header.name, "Accept");
      })) {
    headers_.push_back({"Accept", "application/json"});
  }
  headers_.push_back({"Content-Type", "application/json"});
}

Result<json> Exchange::Get(const std::string& path) const {
  http::Request request;
  request.url = site_ + path;
  return Send(std::move(request), http::Idempotency::kIdempotent);
}

Result<json> Exchange::Post(const std::string& path, const json& body) const {
  http::Request request;
  request.method = "POST";
  request.url = site_ + path;
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return Send(std::move(request), http::Idempotency::kNotIdempotent);
}

Result<json> Exchange::Send(http::Request request, http::Idempotency idempotency) const {
  request.headers = headers_;
  request.timeout = kTimeout;
  request.max_body_bytes = kLargestAnswer;
  const bool wrote = idempotency == http::Idempotency::kNotIdempotent;
  SALVOR_TRY(const http::Response response,
             loop_.Send(request, idempotency, http::ClassifyByStatus));
  const std::string where = request.method + " " + request.url.substr(0, request.url.find('?'));
  return Classify(response, where, wrote);
}

Result<json> Exchange::Classify(const http::Response& response, const std::string& where,
                                bool wrote) const {
  auto answer = model::ParseDocument(response.body, "the tracker's answer");
  if (response.status < 200 || response.status >= 300) {
    const std::string words = answer ? TrackerWords(*answer, secret_) : std::string();
    const Code code = CodeOf(response.status);
    return Fail(code,
                fmt::format("the tracker answered HTTP {}{}{}", response.status,
                            words.empty() ? "" : ": ", words),
                where, NextOf(code));
  }
  // Bugzilla may say that something failed under a status that says the opposite.
  if (answer && answer->is_object() && answer->value("error", json()) == true) {
    return Fail(Code::kInvalidArgument, "the tracker refused: " + TrackerWords(*answer, secret_),
                where, NextOf(Code::kInvalidArgument));
  }
  if (answer) return answer;
  if (!wrote) return Fail(std::move(answer).error().At(where));
  return Fail(Code::kOutcomeUnknown, "the tracker's answer cannot be read: " + answer.error().what,
              where, "Run the same command again: it looks for the ticket first");
}

}  // namespace salvor::ticket
