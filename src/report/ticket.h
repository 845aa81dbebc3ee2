// The ticket on which a recovery is reviewed, and its comments.
#pragma once

#include <string>
#include <vector>

#include "model/activity.h"
#include "model/engine_words.h"
#include "model/plan.h"
#include "model/statement.h"
#include "report/markup.h"

namespace salvor::report {

struct TicketFacts {
  model::Plan plan;
  std::string digest;
  std::string folder;                         // the case, as a person would name it
  std::string author;                         // who planned; "" if nobody knows
  const model::EngineWords* words = nullptr;  // of the table's engine; never null
  std::vector<std::string> operations = {};   // that will run, word for word
  std::string no_operations = {};             // why there are none; may name partitions
  std::vector<std::string> overrides = {};    // named in plan or journal, "--allow-..."
  model::Anchor head = {};
  bool redact = false;  // no partition values, and nothing that may hold one
};

// "Restore 31 partitions of event_aggregates_v1 (salvor 0123456789ab)": one line, plain text, with
// the first 12 digits of the plan's digest, by which a tracker can be searched.
std::string TicketTitle(const TicketFacts& facts);

// What a reviewer needs: what was lost, when and by which operation, until when it can be read,
// what will run, what was checked, how to verify and undo it, and the plan's whole digest.
MarkedText TicketText(const TicketFacts& facts);

// What was done since the last comment, and the journal's head as an anchor: audit vouches for the
// journal up to a head that somebody else keeps.
MarkedText TicketComment(const std::string& digest, const std::vector<model::Activity>& activities,
                         const model::Anchor& head);

// "salvor-journal 12 <hash>": how a head is written in ticket and comments, to be found again.
std::string HeadMark(const model::Anchor& head);

}  // namespace salvor::report
