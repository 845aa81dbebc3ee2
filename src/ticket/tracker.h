// The seam to a team's tracker: Jira, Bugzilla or GitHub's issues. What it answers is hostile until
// checked: a key that is not of the tracker's form, a ticket that does not hold what it should, a
// document that is too large or too deep are kCorrupt.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "http/retry.h"
#include "io/clock.h"
#include "io/random.h"

namespace salvor::ticket {

enum class Kind { kJira, kBugzilla, kGithub };

// As salvor.yaml says it, under `tickets`.
struct Settings {
  Kind kind = Kind::kJira;
  std::string url;              // of the site: "https://example.atlassian.net"
  std::string project = {};     // Jira: its key
  std::string issue_type = {};  // Jira: empty means "Task"; Bugzilla: its type, if it has any
  int api = 3;                  // Jira: 3 for the cloud, 2 for a data center
  std::string user = {};        // Jira's cloud: the token belongs to this e-mail address
  std::string product = {};     // Bugzilla
  std::string component = {};   // Bugzilla
  std::string version = "unspecified";  // Bugzilla
  std::string repository = {};          // GitHub: "owner/name"
};

struct Ticket {
  std::string key;  // "DSRE-12", "1234567", "42": checked to be of that form
  std::string url;  // to look at; made from the settings, never from an answer

  bool operator==(const Ticket&) const = default;
};

// Not thread-safe. Errors are those of http::RetryLoop, and: kPermission (401, 403), kNotFound
// (404), kInvalidArgument (400 and the like: the settings do not fit, and the error quotes the
// tracker), kCorrupt. None of them holds the token.
class Tracker {
 public:
  virtual ~Tracker() = default;
  // The ticket that has `mark` in its title and `text` in its first text, if the tracker finds one
  // now: an index may be late by minutes.
  virtual Result<std::optional<Ticket>> Find(const std::string& mark, const std::string& text) = 0;
  // A new ticket; `body` is in the tracker's markup (Jira with API 3: a document as JSON). Sent
  // once. kOutcomeUnknown: it may be there; Find will tell.
  virtual Result<Ticket> Open(const std::string& title, const std::string& body) = 0;
  // The first text and all comments, as far as they can be read as plain text.
  virtual Result<std::vector<std::string>> Texts(const std::string& key) = 0;
  // Sent once. kOutcomeUnknown: it may be there; Texts will tell.
  virtual Status Comment(const std::string& key, const std::string& body) = 0;
  // The ticket of that key, as a person names it; kInvalidArgument if it has no such form.
  [[nodiscard]] virtual Result<Ticket> Named(const std::string& key) const = 0;
};

// The token goes into a header and nowhere else. kInvalidArgument: a setting is missing or has a
// form that cannot be; kRefused: plain HTTP to another machine. All references outlive the tracker.
Result<std::unique_ptr<Tracker>> MakeTracker(const Settings& settings, const std::string& token,
                                             http::Client& client, const io::Clock& clock,
                                             const io::Random& random,
                                             const http::RetryWatcher& watcher = {});

}  // namespace salvor::ticket
