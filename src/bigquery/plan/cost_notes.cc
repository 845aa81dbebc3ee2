#include "bigquery/plan/cost_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/rest/partition_id.h"

namespace salvor::bigquery {
namespace {

using model::Examined;
using model::Mode;

// What a query reads of these rows. Neither metadata nor a dry run of all columns counts the
// pseudo-column of partitions by time of ingestion, of 8 bytes.
int64_t BytesRead(const Table& today, const model::Tally& rows) {
  constexpr int64_t kInstant = 8;
  return rows.bytes + (today.partitioning.ByIngestionTime() ? kInstant * rows.rows : 0);
}

// The partitions that a plan takes, by the way that they go.
struct Ways {
  std::map<int64_t, GroupBytes> groups;  // by query: from each instant
  int64_t by_query = 0;
  int64_t by_copy = 0;
  int64_t null = 0;
  int64_t replaced = 0;
  int64_t beside = 0;
};

void AddByQuery(const Table& today, const Examined& one, Ways& ways) {
  GroupBytes& group = ways.groups[one.snapshot.version];
  const Mode mode = one.wanted.mode;
  auto& parts = mode == Mode::kReplace  ? group.replace
                : mode == Mode::kBeside ? group.beside
                                        : group.fill;
  if (!parts) parts.emplace();
  const int64_t staged = BytesRead(today, one.restore);
  const int64_t present = BytesRead(today, one.now);
  parts->staged += staged;
  parts->present += present;
  parts->keys += mode == Mode::kAdd ? staged : present;
  ++ways.by_query;
  if (mode == Mode::kReplace) ++ways.replaced;
  if (mode == Mode::kBeside) ++ways.beside;
}

Ways WaysBack(const Table& today, bool by_name, const model::Examination& examination) {
  Ways ways;
  for (const Examined& one : examination.partitions) {
    if (!ComesBack(one)) continue;
    const auto id = PartitionIdOf(today, one.wanted.key);
    const bool null = id && *id == kNullId;
    if (!by_name && !null && one.wanted.mode == Mode::kAdd) {
      ++ways.by_copy;
      continue;
    }
    if (null) ++ways.null;
    AddByQuery(today, one, ways);
  }
  return ways;
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

struct Costs {
  int64_t writing = 0;
  int64_t comparing = 0;

  [[nodiscard]] int64_t Total() const { return writing + comparing; }
  // Each is held to the limit by itself.
  [[nodiscard]] int64_t Least() const { return std::max(writing, comparing); }
};

Costs CostsOf(const Ways& ways) {
  Costs costs;
  for (const auto& [at, group] : ways.groups) {
    costs.writing += BillOfWriting(group);
    costs.comparing += BillOfComparing(group);
  }
  return costs;
}

std::string ByCopy(int64_t partitions) {
  return Plural(partitions, "partition") + " by copy jobs: billed nothing";
}

// What somebody may choose who plans anew.
void OfferByName(const Table& today, const std::vector<size_t>& only_by_name,
                 model::Examination& examination) {
  Ways ways;
  for (const size_t index : only_by_name) AddByQuery(today, examination.partitions[index], ways);
  if (ways.by_query == 0) return;
  examination.notes.push_back(fmt::format(
      "--by-name would put {} back by one query, by column name, which asserts that what is to be "
      "filled is empty: at most about {} billed. Nobody chose it: this plan leaves them out",
      Plural(ways.by_query, "partition"), FormatBytes(CostsOf(ways).Total())));
}

}  // namespace

bool ComesBack(const Examined& one) {
  return one.refusal.empty() && one.files_gone == 0 && one.restore.files > 0;
}

void TellCost(const Table& today, bool by_name, int64_t max_bytes_billed,
              const std::vector<size_t>& only_by_name, model::Examination& examination) {
  const Ways ways = WaysBack(today, by_name, examination);
  OfferByName(today, only_by_name, examination);
  if (today.streaming && ways.by_query + ways.by_copy > 0) {
    examination.notes.push_back(
        "while the table has a streaming buffer, apply, verify and undo each count its rows by a "
        "query, and say before what that is billed (10 MB at least)");
  }
  if (ways.by_query == 0) {
    if (ways.by_copy > 0) examination.notes.push_back(ByCopy(ways.by_copy));
    return;
  }
  const Costs costs = CostsOf(ways);
  std::string line = fmt::format(
      "{} by one query, by column name ({}): at most about {} billed by apply",
      Plural(ways.by_query, "partition"), WhyByQuery(ways, by_name), FormatBytes(costs.Total()));
  if (ways.by_copy > 0) line += "; " + ByCopy(ways.by_copy);
  examination.warnings.push_back(std::move(line));
  if (ways.by_query > static_cast<int64_t>(kPartitionsInQuery)) {
    examination.warnings.push_back(
        fmt::format("that is more than the {} partitions that one query may change: apply will "
                    "refuse, and write nothing. Plan in portions (--partitions)",
                    FormatCount(static_cast<int64_t>(kPartitionsInQuery))));
  }
  if (costs.Least() <= max_bytes_billed) return;
  examination.warnings.push_back(
      fmt::format("that is more than --max-bytes-billed allows ({}): apply will refuse, and write "
                  "nothing, unless it is given --max-bytes-billed {}",
                  FormatBytes(max_bytes_billed), costs.Least()));
}

}  // namespace salvor::bigquery
