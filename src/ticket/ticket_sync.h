// A case and its ticket: opened once, told of each step once, whatever gets lost on the way. The
// case's journal holds the ticket's key, what the ticket was told, and every attempt.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/activity.h"
#include "model/engine_words.h"
#include "model/statement.h"
#include "recovery/case_folder.h"
#include "ticket/tracker.h"

namespace salvor::ticket {

// How the texts are written, by whoever knows the markup.
struct TicketTexts {
  const model::EngineWords* words = nullptr;  // the table's engine's; borrowed
  std::string title;
  std::string mark;     // a part of the title by which the ticket is found again
  bool redact = false;  // `body` has no partition values; then no later comment has any
  std::function<std::string(const model::Anchor& head)> body;
  std::function<std::string(const std::vector<model::Activity>& activities,
                            const model::Anchor& head)>
      comment;
  // How a head is written in both.
  std::function<std::string(const model::Anchor& head)> head;
};

struct Opened {
  Ticket ticket;
  bool already = false;  // the journal knew it, or the tracker had it
};

// An index that lists new tickets late may take this long; before, nothing found means nothing.
inline constexpr Millis kIndexDelay{300'000};

// Opens the ticket, or finds the one that an earlier run, perhaps elsewhere, opened: it holds the
// plan's digest. With `key` the text goes as a comment on that ticket, which a person opened.
// kOutcomeUnknown: it may have been opened, and the tracker does not list it yet; run it again.
Result<Opened> OpenTicket(io::Fs& fs, const io::Clock& clock, const recovery::Case& incident,
                          const std::string& who, Tracker& tracker, const TicketTexts& wording,
                          const std::optional<std::string>& key);

// The key of the case's ticket, as the journal has it; nothing if there is none.
Result<std::optional<std::string>> TicketOf(const io::FsReader& fs, const recovery::Case& incident);

// Tells the ticket what was done since it was told last; `false` if that is nothing. May be called
// again: a comment whose reply was lost is looked for first.
Result<bool> TellTicket(io::Fs& fs, const io::Clock& clock, const recovery::Case& incident,
                        const std::string& who, Tracker& tracker, const TicketTexts& wording);

}  // namespace salvor::ticket
