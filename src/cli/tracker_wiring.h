// From salvor.yaml's tickets section to a tracker that can be asked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/session.h"
#include "http/client.h"
#include "recovery/case_folder.h"
#include "ticket/ticket_sync.h"
#include "ticket/tracker.h"

namespace salvor::cli {

struct Wiring {
  std::unique_ptr<http::Client> client;  // outlive the tracker
  std::unique_ptr<http::Client> waiting;
  std::unique_ptr<ticket::Tracker> tracker;
  ticket::TicketTexts wording;
};

struct Connected {
  std::unique_ptr<http::Client> client;  // outlive the tracker
  std::unique_ptr<http::Client> waiting;
  std::unique_ptr<ticket::Tracker> tracker;
};

// Nothing where salvor.yaml has no such section. The token is read from its file, or printed by its
// program: kPermission, kNotFound, kUnavailable or kInvalidArgument if that fails.
Result<std::optional<Connected>> ConnectTracker(Session& session);
// The same, with what the case's ticket says.
Result<std::optional<Wiring>> WireTracker(Session& session, const recovery::Case& incident,
                                          bool redact);

// After a step, whatever came of it: tells the case's ticket, if it has one. What goes wrong is
// said on standard error and in the journal, and changes neither the result nor the exit code.
Result<Exit> TellingTicket(Session& session, const std::string& folder, Result<Exit> result);

}  // namespace salvor::cli
