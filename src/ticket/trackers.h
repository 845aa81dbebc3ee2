// The three trackers, and what their names must look like.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ticket/tracker.h"

namespace salvor::ticket {

struct Connection {
  const std::string& site;
  const std::string& token;
  http::Client& client;
  const io::Clock& clock;
  const io::Random& random;
  const http::RetryWatcher& watcher;
};

// developer.atlassian.com: REST API 3 of the cloud, API 2 of a data center.
std::unique_ptr<Tracker> MakeJira(const Settings& settings, const Connection& connection);
// bugzilla.readthedocs.io: REST API, "Core API v1".
std::unique_ptr<Tracker> MakeBugzilla(const Settings& settings, const Connection& connection);
// docs.github.com/rest/issues; `url` is that of the API.
std::unique_ptr<Tracker> MakeGithub(const Settings& settings, const Connection& connection);

bool IsProjectKey(std::string_view key);   // "DSRE": capitals, digits and underscores
bool IsIssueKey(std::string_view key);     // "DSRE-12"
bool IsRepository(std::string_view name);  // "owner/name"

}  // namespace salvor::ticket
