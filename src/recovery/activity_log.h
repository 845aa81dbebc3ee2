// The journal in plain words. Nothing here trusts the types in a line: its chain proves where it
// stands, not what it holds.
#pragma once

#include <string>
#include <vector>

#include "journal/chain.h"
#include "model/activity.h"
#include "model/engine_words.h"
#include "model/statement.h"

namespace salvor::recovery {

// One activity for each line, in order.
// Versions as `words` call them.
std::vector<model::Activity> ActivitiesOf(const std::vector<journal::Line>& lines,
                                          const model::EngineWords& words);

// Who planned, by the journal's own word; "" if it does not say.
std::string AuthorOf(const std::vector<journal::Line>& lines);
// Every override that a step named, each once, in order.
std::vector<std::string> OverridesOf(const std::vector<journal::Line>& lines);

// The last line, or {0, the plan's digest} where there is none.
model::Anchor HeadOf(const std::vector<journal::Line>& lines, const std::string& plan_digest);

}  // namespace salvor::recovery
