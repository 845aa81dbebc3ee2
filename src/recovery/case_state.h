// Where a case stands, by its own files: what was done, what it waits for, and what comes next.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "model/engine_words.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"

namespace salvor::recovery {

enum class Stage {
  kPlanned,    // there is no private copy yet
  kWaiting,    // saved, and somebody must approve apply
  kRejected,   // somebody said that it must not run
  kReady,      // saved, and nothing stands in the way of apply
  kUncertain,  // apply or undo began, and its end is not in the journal
  kApplied,    // the rows are back; nobody proved it yet
  kUnproven,   // the last proof failed
  kProven,
  kUndone,  // apply was taken back: the plan is spent
  kClosed,  // the private copy was dropped
};

// "planned", "waiting", ... as --json has them.
std::string_view StageName(Stage stage);

struct CaseState {
  Stage stage = Stage::kPlanned;
  std::string text;                  // one line, for people
  std::vector<std::string> details;  // who approved what until when, who rejected it and why
  std::vector<std::string> next;  // commands to paste, the first one first; none where all is done
  // Before there is a private copy: after it, the first of what is planned may be gone.
  std::optional<Instant> deadline = {};
};

// Reads the case's folder and has signatures checked; asks no table, so what others did to it since
// is not known here. `by` says today's rules; who acts does not matter. kCorrupt if a line of the
// journal was changed; else as custody::VerifySignatures. Writes nothing.
Result<CaseState> StateOf(const io::FsReader& fs, const io::Clock& clock, const Case& incident,
                          const Actor& by, const model::EngineWords& words);

// {"stage","text","details","next","deadline"}
nlohmann::json ToJson(const CaseState& state);

}  // namespace salvor::recovery
