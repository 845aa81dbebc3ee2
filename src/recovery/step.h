// One step of a recovery on one case: intent is journaled and synced, the act follows, its outcome
// is journaled. The journal is locked from Begin until the step is destroyed, so that two people
// cannot work on one case at once.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "io/clock.h"
#include "io/fs.h"
#include "journal/journal.h"
#include "recovery/actor.h"
#include "recovery/case_folder.h"

namespace salvor::recovery {

// A member of what an earlier run journaled, or null: the chain proves who wrote it, not its type.
nlohmann::json Member(const journal::Line& line, const char* name);

class Step {
 public:
  // Opens and checks the journal. kConflict while another process works on the case, kCorrupt if a
  // line of the journal was changed, kRefused if everybody may change the case. `who` is the
  // person's name as the system knows it.
  static Result<Step> Begin(io::Fs& fs, const io::Clock& clock, const Case& incident,
                            std::string name, std::string who);
  // The same, with who that is: the intent says it under "who" and "identity".
  static Result<Step> Begin(io::Fs& fs, const io::Clock& clock, const Case& incident,
                            std::string name, const Actor& by);

  // What earlier runs did, oldest first.
  [[nodiscard]] const std::vector<journal::Line>& Past() const;
  // The last outcome of a step by result ("done"); nothing if there is none.
  [[nodiscard]] const journal::Line* LastDone(const std::string& step) const;

  Status Intend(nlohmann::json data);
  Status Note(nlohmann::json data);
  // Journals {"result":"done", ...data}.
  Status Finish(nlohmann::json data);
  // Journals the error as "not done" or, for kOutcomeUnknown, "unknown", and hands it back. A
  // journal that cannot be written does not hide the error.
  Error Failed(Error error);

 private:
  Step(std::unique_ptr<journal::Journal> journal, std::string name, std::string who);

  std::unique_ptr<journal::Journal> journal_;
  std::string name_;
  std::string who_;
  nlohmann::json identity_;
};

}  // namespace salvor::recovery
