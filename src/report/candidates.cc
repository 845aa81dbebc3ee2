#include "report/candidates.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace salvor::report {
namespace {

constexpr size_t kMostTold = 5;

std::string Told(const model::Candidate& one) {
  std::string text = one.operation + " by " + (one.who.empty() ? "somebody" : one.who);
  text += fmt::format(" ({}, ended {}", one.job, FormatInstant(one.at));
  if (one.rows) text += ", says that it removed " + Plural(*one.rows, "row");
  return text + (one.fits ? ", fits)" : ")");
}

}  // namespace

void AddCandidates(const model::Event& event, nlohmann::json& entry) {
  if (event.not_before) entry["not_before"] = FormatInstant(*event.not_before);
  for (const model::Candidate& one : event.candidates) {
    entry["candidates"].push_back(
        {{"job", one.job},
         {"operation", one.operation},
         {"who", one.who},
         {"at", FormatInstant(one.at)},
         {"rows_removed", one.rows ? nlohmann::json(*one.rows) : nlohmann::json(nullptr)},
         {"fits", one.fits}});
  }
}

std::string CandidatesText(const model::Inventory& inventory) {
  std::string text;
  for (const model::Event& event : inventory.events) {
    std::string line;
    if (event.not_before) {
      line = fmt::format("between {} and {}", FormatInstant(*event.not_before),
                         FormatInstant(event.at));
    }
    const size_t told = std::min(event.candidates.size(), kMostTold);
    for (size_t i = 0; i < told; ++i) {
      line += (line.empty() ? "" : "; ") + Printable(Told(event.candidates[i]));
    }
    if (event.candidates.size() > told) {
      line += fmt::format("; and {} more", event.candidates.size() - told);
    }
    if (!line.empty()) text += fmt::format("event {}: {}\n", event.version, line);
  }
  return text;
}

}  // namespace salvor::report
