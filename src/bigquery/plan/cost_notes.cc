#include "bigquery/plan/cost_notes.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

using model::Examined;
using model::Mode;

// The partitions that a plan takes, by the way that they go.
struct Ways {
  std::vector<size_t> by_query;
  int64_t by_copy = 0;
  int64_t null = 0;
  int64_t replaced = 0;
  int64_t beside = 0;
};

Ways WaysBack(const Table& today, bool by_name, const model::Examination& examination) {
  Ways ways;
  for (size_t i = 0; i < examination.partitions.size(); ++i) {
    const Examined& one = examination.partitions[i];
    if (!ComesBack(one)) continue;
    const auto id = PartitionIdOf(today, one.wanted.key);
    const bool null = id && *id == kNullId;
    if (!by_name && !null && one.wanted.mode == Mode::kAdd) {
      ++ways.by_copy;
      continue;
    }
    ways.by_query.push_back(i);
    if (null) ++ways.null;
    if (one.wanted.mode == Mode::kReplace) ++ways.replaced;
    if (one.wanted.mode == Mode::kBeside) ++ways.beside;
  }
  return ways;
}

std::string Partitions(const std::vector<size_t>& which) {
  return Plural(static_cast<int64_t>(which.size()), "partition");
}

std::string WhyByQuery(const Ways& ways, bool by_name) {
  std::string why = by_name ? "--by-name" : "";
  const auto add = [&](int64_t count, const char* what) {
    if (count > 0) why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", what, count);
  };
  add(ways.null, "no copy job can name __NULL__");
  add(ways.replaced, "partial, replaced under proof");
  add(ways.beside, "changed, put beside today's rows under proof");
  return why;
}

std::string ByCopy(int64_t partitions) {
  return Plural(partitions, "partition") + " by copy jobs: billed nothing";
}

// What somebody may choose who plans anew.
Status OfferByName(const std::vector<size_t>& only_by_name, const AskCosts& ask,
                   model::Examination& examination) {
  if (only_by_name.empty()) return Done{};
  SALVOR_TRY(const QueryCosts costs, ask(only_by_name));
  examination.notes.push_back(fmt::format(
      "--by-name would put {} back by one query, by column name, which asserts that what is to be "
      "filled is empty: at most about {} billed. Nobody chose it: this plan leaves them out",
      Partitions(only_by_name), FormatBytes(costs.Total())));
  return Done{};
}

}  // namespace

bool ComesBack(const Examined& one) {
  return one.refusal.empty() && one.files_gone == 0 && one.restore.files > 0;
}

Status TellCost(const Table& today, bool by_name, int64_t max_bytes_billed,
                const std::vector<size_t>& only_by_name, const AskCosts& ask,
                model::Examination& examination) {
  const Ways ways = WaysBack(today, by_name, examination);
  SALVOR_OK(OfferByName(only_by_name, ask, examination));
  if (today.streaming && (!ways.by_query.empty() || ways.by_copy > 0)) {
    examination.notes.push_back(
        "while the table has a streaming buffer, apply, verify and undo each count its rows by a "
        "query, and say before what that is billed (10 MB at least)");
  }
  if (ways.by_query.empty()) {
    if (ways.by_copy > 0) examination.notes.push_back(ByCopy(ways.by_copy));
    return Done{};
  }
  SALVOR_TRY(const QueryCosts costs, ask(ways.by_query));
  std::string line =
      fmt::format("{} by one query, by column name ({}): at most about {} billed by apply",
                  Partitions(ways.by_query), WhyByQuery(ways, by_name), FormatBytes(costs.Total()));
  if (ways.by_copy > 0) line += "; " + ByCopy(ways.by_copy);
  examination.warnings.push_back(std::move(line));
  if (ways.by_query.size() > kPartitionsInQuery) {
    examination.warnings.push_back(
        fmt::format("that is more than the {} partitions that one query may change: apply will "
                    "refuse, and write nothing. Plan in portions (--partitions)",
                    FormatCount(static_cast<int64_t>(kPartitionsInQuery))));
  }
  if (costs.Least() <= max_bytes_billed) return Done{};
  examination.warnings.push_back(
      fmt::format("that is more than --max-bytes-billed allows ({}): apply will refuse, and write "
                  "nothing, unless it is given --max-bytes-billed {}",
                  FormatBytes(max_bytes_billed), costs.Least()));
  return Done{};
}

}  // namespace salvor::bigquery
