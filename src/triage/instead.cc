// --replace: what stands there now makes room for what stood there before.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "triage/describe.h"
#include "triage/verdict.h"

namespace salvor::triage {
namespace {

using model::Disposition;
using model::EngineWords;
using model::Finding;
using model::Mode;
using model::PastContent;

std::string RowsNow(const Finding& finding) {
  return fmt::format("the {} that it has now are saved first and leave the table",
                     Plural(finding.now.rows, "row"));
}

// Only a person knows which of them is meant.
Verdict AskWhich(const Finding& finding) {
  const std::string older =
      finding.older_contents > 0
          ? fmt::format(" ({} older)", Plural(finding.older_contents, "content"))
          : "";
  return {Disposition::kReview,
          fmt::format("it had {} before the {} of now{}, so a person must say which is meant",
                      Plural(static_cast<int64_t>(finding.contents.size()), "content"),
                      Plural(finding.now.rows, "row"), older)};
}

}  // namespace

std::vector<PastContent> EarlierContents(const model::PartitionRecord& record,
                                         const Finding& finding) {
  std::vector<PastContent> contents = record.contents;
  const int64_t good = finding.last_good_version;
  const bool known = std::any_of(contents.begin(), contents.end(),
                                 [&](const PastContent& one) { return one.last_version == good; });
  if (good < 0 || known) return contents;
  // Rows of what is there went since, and that was no replacement.
  PastContent whole;
  whole.last_version = good;
  whole.tally = finding.before;
  const auto place = std::find_if(contents.begin(), contents.end(),
                                  [&](const PastContent& one) { return one.last_version > good; });
  contents.insert(place, std::move(whole));
  return contents;
}

Verdict DecideInstead(const Finding& finding, const Choice& choice, const model::Event* event,
                      const EngineWords& words) {
  if (event != nullptr) {
    return Restore(finding, Mode::kInstead, event->version - 1,
                   Describe(*event, words) + " was asked for; " + RowsNow(finding));
  }
  if (choice.version) {
    return Restore(finding, Mode::kInstead, *choice.version,
                   words.Version(*choice.version) + " was asked for; " + RowsNow(finding));
  }
  const bool several = finding.contents.size() > 1 || finding.older_contents > 0;
  if (several && !choice.latest) return AskWhich(finding);
  if (finding.contents.empty()) {
    return {Disposition::kLeave,
            "nothing else stood in it as far as was looked: --version or --as-of names the rows "
            "that it is to have"};
  }
  const PastContent& chosen = finding.contents.back();
  return Restore(finding, Mode::kInstead, chosen.last_version,
                 fmt::format("{} before {}{}; {}", Plural(chosen.tally.rows, "row"),
                             chosen.last_version == finding.last_good_version
                                 ? DescribeLoss(finding, words)
                                 : words.EventOf(chosen.last_version + 1),
                             several ? " (the newest of what it had, as --latest says)" : "",
                             RowsNow(finding)));
}

}  // namespace salvor::triage
