// The private copy: root/<plan's digest>. Making it touches nothing in production.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/plan.h"

namespace salvor::warehouse {

// One piece of the private copy as the engine described it once it was verified, in its own units:
// whoever changes the piece afterwards changes one of these.
struct CopySeen {
  std::string name;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t modified = 0;
  std::string digest = {};  // of the content, where the engine has it without reading rows
};

struct Persisted {
  std::string place;     // for people and for the proof
  bool already = false;  // a complete copy was there
  int64_t files = 0;
  int64_t linked = 0;
  int64_t copied = 0;
  std::string privacy;  // what was checked: "folder mode 0700, owner root, no ACL, parents safe"
  std::vector<std::string> warnings = {};  // what apply will make of this copy, while there is time
  std::vector<CopySeen> seen = {};  // for the journal; empty where the engine has other means
  std::string replaced_place = {};  // where today's rows that make room are saved; "" for none
};

class StagingStore {
 public:
  virtual ~StagingStore() = default;
  // Checks privacy before the first byte and again after the last (kRefused, by name), then copies
  // exactly the content that the plan names (kStale if its digests differ, kTooLate if pieces are
  // gone, naming them). May be killed anywhere and called again: it goes on, and a complete copy is
  // checked and kept. Durable on return.
  virtual Result<Persisted> Persist(const model::Plan& plan, const std::string& plan_digest) = 0;
  // Why Persist would refuse this plan as things are, a line each with what to do. Asks only; an
  // engine that finds such things while it examines a table has nothing to add.
  virtual Result<std::vector<std::string>> WhyNotPersisted(const model::Plan& /*plan*/) {
    return std::vector<std::string>();
  }
  // A complete copy, checked for privacy and for presence of every piece; nothing if there is none.
  virtual Result<std::optional<Persisted>> Find(const model::Plan& plan,
                                                const std::string& plan_digest) = 0;
  // A person rejected the plan: the statement's digest (64 digits) is kept where the copy lies, so
  // that an older folder of the case, which knows of no rejection, does not apply. `false`, and
  // nothing is kept, where there is no copy yet, or only a part of one, and no place for it. The
  // same again is success. Durable on return; goes with the copy, if there was one.
  virtual Result<bool> MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                                    const std::string& statement) = 0;
  // The statements that are marked, sorted; none where there is no copy.
  virtual Result<std::vector<std::string>> Rejections(const model::Plan& plan,
                                                      const std::string& plan_digest) = 0;
  // Is what there is of the copy still what Persist verified? `seen` is what the journal has of it,
  // empty in a case without. kRefused if it is not, or if nobody can tell, naming what differs and
  // what to do. What is to be kept in the journal from now on, where something differed and the
  // content was proven to be the same; else nothing. For nothing billed unless something differs.
  virtual Result<std::vector<CopySeen>> CheckUnchanged(const model::Plan& /*plan*/,
                                                       const std::string& /*plan_digest*/,
                                                       const std::vector<CopySeen>& /*seen*/) {
    return std::vector<CopySeen>();
  }
};

// The only handle that can drop something, and only what Persist of this plan made.
class StagingDropper {
 public:
  virtual ~StagingDropper() = default;
  // `false` if nothing was there. May be killed anywhere and called again.
  virtual Result<bool> Drop(const model::Plan& plan, const std::string& plan_digest) = 0;
};

}  // namespace salvor::warehouse
