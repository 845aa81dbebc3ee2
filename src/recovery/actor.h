// Who runs a verb, and what today's salvor.yaml asks of them before production is written.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "custody/review.h"
#include "io/clock.h"
#include "io/fs.h"
#include "io/process.h"
#include "journal/chain.h"
#include "model/statement.h"
#include "recovery/case_folder.h"
#include "warehouse/staging_store.h"

namespace salvor::recovery {

class Step;

struct Actor {
  model::Identity identity;                // checked, not typed
  std::optional<std::string> person = {};  // as review.people calls them
  custody::Rules rules = {};               // today's, for the case's table
  io::Processes* processes = nullptr;      // borrowed; ssh-keygen is run with it
};

// As the journal has it: {"kind","name","person"}.
nlohmann::json ToJson(const Actor& by);

// What custody needs to know of the journal: all of it, or line by line.
void AddToHistory(const journal::Line& line, custody::History& history);
custody::History HistoryOf(const Step& step);

// Reads the case's approvals, and the rejections that the private copy keeps, and weighs them for
// this verb at this moment. kRefused names everything that is missing. Nothing is asked of
// ssh-keygen where there is nothing to verify.
Result<custody::Finding> CheckReview(const io::FsReader& fs, const io::Clock& clock,
                                     const Case& incident, const Step& step, model::Verb verb,
                                     const Actor& by, warehouse::StagingStore& staging);

// All statements among the case's approvals, verified at `now`; none where there is no folder.
// Errors as custody::ReadApprovals and custody::VerifySignatures.
Result<std::vector<custody::VerifiedStatement>> VerifyApprovals(const io::FsReader& fs,
                                                                const Case& incident,
                                                                const Actor& by,
                                                                const custody::History& history,
                                                                Instant now);

// The statements of the plan's authors among the case's approvals, judged.
Result<std::vector<custody::VerifiedStatement>> VerifyAuthors(const io::FsReader& fs,
                                                              const Case& incident, const Actor& by,
                                                              Instant now);
// Which rule holds for the plan's author (custody::Finding), without asking who runs anything; what
// stands in the way of an answer, in words.
std::string AuthorRuleOf(const io::FsReader& fs, const Case& incident, const Actor& by,
                         Instant now);

// The same as members of the intent: "review", "author", "approvals", "unproven", "overrides".
void AddReview(const custody::Finding& finding, const Actor& by, nlohmann::json& intent);

}  // namespace salvor::recovery
