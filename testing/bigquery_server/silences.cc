#include "testing/bigquery_server/silences.h"

#include <algorithm>
#include <cassert>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

const std::vector<Silence>& KnownSilences() {
  static const std::vector<Silence> silences = {
      {"historical-copy-keeps-partitioning",
       {"no", "yes"},
       "Does a copy job from table@ms of a table that is there make one partitioned like it?"},
      {"partition-at-instant-as-copy-source",
       {"refused", "works"},
       "May table$P@ms be the source of a copy job?"},
      {"past-in-get",
       {"refused", "now", "then"},
       "Does tables.get answer table$P@ms with the rows of then, or of now, or not at all?"},
      {"special-partition-as-copy-destination",
       {"refused", "works"},
       "May $__NULL__ and $__UNPARTITIONED__ be the destination of a copy job?"},
      {"special-partition-as-copy-source",
       {"refused", "works"},
       "May $__NULL__ and $__UNPARTITIONED__ be the source of a copy job?"},
      {"clone-statement-bills", {"nothing", "minimum"}, "What does CREATE TABLE CLONE bill?"},
      {"restore-of-one-partition",
       {"refused", "works"},
       "May snapshot$P be the source of a copy job with operationType RESTORE?"},
      {"write-empty-counts-buffer",
       {"yes", "no"},
       "Do rows in the streaming buffer make WRITE_EMPTY find its destination not empty?"},
      {"write-empty-on-partition",
       {"duplicate", "invalid"},
       "The reason of a WRITE_EMPTY copy into a partition that has rows"},
      {"failed-job-id", {"stays-taken", "free"}, "Is the id of a job that failed taken for ever?"},
      {"partition-quota-reason",
       {"jobRateLimitExceeded", "rateLimitExceeded"},
       "The reason with which a job fails that updates a partition too soon"},
      {"inserting-transactions",
       {"both-commit", "second-fails"},
       "Two transactions that only insert into one partition at once: does the second one fail?"},
      {"jobs-view-bills",
       {"minimum", "more"},
       "Does reading INFORMATION_SCHEMA.JOBS bill the least of a query, or more?"},
      {"partitions-view",
       {"at-once", "late"},
       "Does INFORMATION_SCHEMA.PARTITIONS show a write right after it, or later?"},
      {"drop-in-jobs",
       {"named", "unnamed"},
       "Does INFORMATION_SCHEMA.JOBS name the table that a DROP statement dropped?"},
      {"job-in-list",
       {"at-once", "late"},
       "Does jobs.list show a job right after its insertion, and a script's children after it?"},
  };
  return silences;
}

Silences::Silences() {
  for (const Silence& silence : KnownSilences()) {
    answers_.emplace(silence.name, silence.answers.front());
  }
}

Status Silences::Set(std::string_view name, std::string_view answer) {
  for (const Silence& silence : KnownSilences()) {
    if (silence.name != name) continue;
    if (std::find(silence.answers.begin(), silence.answers.end(), answer) ==
        silence.answers.end()) {
      return Refuse("invalid", "the silence " + std::string(name) + " has no answer '" +
                                   std::string(answer) + "'");
    }
    answers_[std::string(name)] = std::string(answer);
    return Done{};
  }
  return Refuse("invalid", "there is no silence '" + std::string(name) + "'");
}

bool Silences::Is(std::string_view name, std::string_view answer) const {
  const auto found = answers_.find(name);
  assert(found != answers_.end());
  return found->second == answer;
}

}  // namespace salvor::testing::bigquery
