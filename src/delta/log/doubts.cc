#include "delta/log/doubts.h"

#include <fmt/format.h>

#include <utility>

#include "delta/log/history.h"

namespace salvor::delta {

// One text for each partition and kind: of a thousand files with the same fate, the first is told.
Status History::AttachDoubts() {
  struct Told {
    LoggedDoubt doubt;
    int64_t more = 0;
  };
  std::map<std::pair<uint32_t, DoubtKind>, Told> told;
  Status outcome = Done{};
  doubts_.Each([&](uint32_t values_id, DoubtKind kind, const LoggedDoubt& doubt) {
    if (!outcome) return;
    auto partition = PartitionOf(values_id);
    if (!partition) {
      outcome = Fail(std::move(partition).error());
      return;
    }
    const auto [at, is_new] = told.try_emplace({*partition, kind}, Told{doubt, 0});
    if (is_new) return;
    ++at->second.more;
    // What nobody may choose is the graver one.
    if (at->second.doubt.may_choose && !doubt.may_choose) at->second.doubt = doubt;
  });
  SALVOR_OK(outcome);
  for (auto& [subject, one] : told) {
    if (one.more > 0) one.doubt.text += fmt::format(" (and {} more like it)", one.more);
    partitions_[subject.first].doubts.push_back({std::move(one.doubt.text), one.doubt.may_choose});
  }
  return Done{};
}

}  // namespace salvor::delta
