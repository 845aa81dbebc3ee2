#include "report/proof_report.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "report/table.h"

namespace salvor::report {
namespace {

// How many partitions were compared in each way.
struct Ways {
  int64_t row_for_row = 0;
  int64_t copied = 0;
  int64_t counted = 0;
};

Ways WaysOf(const model::Proof& proof) {
  Ways ways;
  for (const model::PartitionProof& one : proof.partitions) {
    switch (one.compared_by) {
      case model::ComparedBy::kFingerprints:
      case model::ComparedBy::kRows:
        ++ways.row_for_row;
        break;
      case model::ComparedBy::kCopiedRows:
        ++ways.copied;
        break;
      case model::ComparedBy::kCounts:
        ++ways.counted;
        break;
    }
  }
  return ways;
}

// "row for row", or each way with the number of partitions where there are several.
std::string HowCompared(const Ways& ways) {
  const std::vector<std::pair<int64_t, std::string_view>> all{
      {ways.row_for_row, "row for row"},
      {ways.copied, "by the rows that the service says it copied and by both counts"},
      {ways.counted, "by both counts alone"}};
  const int64_t total = ways.row_for_row + ways.copied + ways.counted;
  std::string text;
  for (const auto& [count, way] : all) {
    if (count == 0) continue;
    if (count == total) return std::string(way);
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", Plural(count, "partition"), way);
  }
  return text;
}

}  // namespace

std::string ProofText(const model::Proof& proof, const model::EngineWords& words) {
  int64_t rows = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  int64_t replaced = 0;  // partitions, of which `read` could be compared row for row
  int64_t read = 0;
  int64_t saved = 0;  // rows
  using Align = Table::Align;
  Table problems({{"PARTITION", Align::kLeft},
                  {"PLANNED", Align::kRight},
                  {"PRIVATE COPY", Align::kRight},
                  {"TABLE", Align::kRight},
                  {"PROBLEM", Align::kLeft}});
  for (const model::PartitionProof& partition : proof.partitions) {
    rows += partition.restored.rows;
    if (partition.skipped) ++skipped;
    if (partition.replaced) {
      ++replaced;
      saved += partition.replaced->saved.rows;
      if (partition.replaced->had) ++read;
    }
    if (partition.proven) continue;
    ++failed;
    problems.Add({model::FormatKey(proof.columns, partition.key),
                  FormatCount(partition.planned_rows), FormatCount(partition.staged.rows),
                  FormatCount(partition.restored.rows), partition.problem});
  }
  const auto total = static_cast<int64_t>(proof.partitions.size());
  std::string text = proof.proven
                         ? fmt::format("proven: {} with {} equal the private copy, {}, {}\n",
                                       Plural(total, "partition"), Plural(rows, "row"),
                                       HowCompared(WaysOf(proof)), words.InVersion(proof.version))
                         : fmt::format("NOT proven: {} of {} differ {}\n", FormatCount(failed),
                                       Plural(total, "partition"), words.InVersion(proof.version));
  if (replaced > 0) {
    text += fmt::format("{} made room in {}: saved in the private copy, {}\n", Plural(saved, "row"),
                        Plural(replaced, "partition"),
                        read == replaced ? "and equal, row for row, to what the table had"
                                         : "by their counts where the table's files are gone");
  }
  if (skipped > 0) {
    text += fmt::format("{} had identical rows before apply, and were left alone\n",
                        Plural(skipped, "partition"));
  }
  if (!problems.Empty()) text += "\n" + problems.Format();
  text += "private copy: " + Printable(proof.staging) + "\n";
  for (const std::string& change : proof.changed_since) {
    text += "changed since: " + Printable(change) + "\n";
  }
  return text;
}

}  // namespace salvor::report
