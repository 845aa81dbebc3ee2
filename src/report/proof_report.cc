#include "report/proof_report.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/table.h"

namespace salvor::report {
namespace {

std::string HowProven(int64_t total, int64_t counted) {
  if (counted == 0) return "row for row";
  const std::string by_counts = "by the rows that the service says it copied and by both counts";
  if (counted == total) return by_counts;
  return fmt::format("row for row, but for {} {}", Plural(counted, "partition"), by_counts);
}

}  // namespace

std::string ProofText(const model::Proof& proof, const model::EngineWords& words) {
  int64_t rows = 0;
  int64_t failed = 0;
  int64_t skipped = 0;
  using Align = Table::Align;
  Table problems({{"PARTITION", Align::kLeft},
                  {"PLANNED", Align::kRight},
                  {"PRIVATE COPY", Align::kRight},
                  {"TABLE", Align::kRight},
                  {"PROBLEM", Align::kLeft}});
  // An engine that copies by itself proves by its own report and by counts: no row is hashed.
  int64_t counted = 0;
  for (const model::PartitionProof& partition : proof.partitions) {
    rows += partition.restored.rows;
    if (partition.staged.sum.empty()) ++counted;
    if (partition.skipped) ++skipped;
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
                                       HowProven(total, counted), words.InVersion(proof.version))
                         : fmt::format("NOT proven: {} of {} differ {}\n", FormatCount(failed),
                                       Plural(total, "partition"), words.InVersion(proof.version));
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
