#include "ticket/tracker.h"

#include <algorithm>

#include "ticket/exchange.h"
#include "ticket/trackers.h"

namespace salvor::ticket {
namespace {

// A token that cannot stand in a header would be cut off or split one: nothing else is wrong with
// it that could be known here.
bool FitsHeader(const std::string& token) {
  return !token.empty() &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

tl::unexpected<Error> Missing(const std::string& name) {
  return Fail(Code::kInvalidArgument, "the tickets section names no usable " + name,
              "tickets: " + name, "Write it into salvor.yaml");
}

}  // namespace

Result<std::unique_ptr<Tracker>> MakeTracker(const Settings& settings, const std::string& token,
                                             http::Client& client, const io::Clock& clock,
                                             const io::Random& random,
                                             const http::RetryWatcher& watcher) {
  SALVOR_TRY(const std::string site, CheckedSite(settings.url));
  if (!FitsHeader(token)) {
    return Fail(Code::kInvalidArgument, "the tracker's token is empty, or holds a space or more",
                "tickets: token", "See that the file or the command gives the token and no more");
  }
  const Connection connection{site, token, client, clock, random, watcher};
  switch (settings.kind) {
    case Kind::kJira:
      if (!IsProjectKey(settings.project)) return Missing("project");
      if (settings.api != 2 && settings.api != 3) return Missing("api");
      return MakeJira(settings, connection);
    case Kind::kBugzilla:
      if (settings.product.empty()) return Missing("product");
      if (settings.component.empty()) return Missing("component");
      return MakeBugzilla(settings, connection);
    case Kind::kGithub:
      if (!IsRepository(settings.repository)) return Missing("repository");
      return MakeGithub(settings, connection);
  }
  return Missing("kind");
}

}  // namespace salvor::ticket
